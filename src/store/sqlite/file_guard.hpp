#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>

/// What stands beside a store's file.
namespace vigia::sqlite {

/// Makes an empty file that only its owner reads, unless there is one. What goes wrong, SQLite
/// finds as well and says better.
void make_private_file(const std::string& path);

/// False if its mode, or that of a directory above, forbids us to read or write it.
bool may_write(const std::string& path);

void remove_file(const std::string& path);

/// Which file a name stands for; the name of none equals nothing.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;

    bool exists() const { return number != 0; }
    friend bool operator==(const FileIdentity& a, const FileIdentity& b) {
        return a.exists() && a.device == b.device && a.number == b.number;
    }
};
FileIdentity identity_of(const std::string& path);

/// A lock that one process has, on a file of its own: closing any descriptor of the store's would
/// let go of SQLite's locks. It ends with the process, however that ends.
class FileLock {
public:
    /// Errors: `held` by another instance; `unavailable`, the file cannot be made.
    static Result<FileLock> take(const std::string& path);
    FileLock(FileLock&& other) noexcept { swap(other); }
    FileLock& operator=(FileLock&& other) noexcept {
        swap(other);
        return *this;
    }
    ~FileLock();

    /// False once the file is removed or replaced: then somebody else may have a lock as well.
    bool stands() const { return identity_of(path_) == identity_; }

private:
    FileLock(std::string path, int descriptor);
    void swap(FileLock& other) noexcept;

    std::string path_;
    int descriptor_ = -1;
    FileIdentity identity_;
};

/// Room on the disk, held by a file of zeros until it is needed. One thread.
class Reserve {
public:
    static constexpr long kBytes = 4L * 1024 * 1024;

    explicit Reserve(std::string path) : path_(std::move(path)) {}

    /// Takes the room, if it has not got it and a while has passed since it last tried. Without
    /// room, none.
    void fill();
    /// Gives the room back to the disk. False: there was none.
    bool spend();
    /// The same with one that an earlier process left.
    static bool give_up(const std::string& path);
    bool held() const { return full_; }

private:
    std::string path_;
    bool full_ = false;
    unsigned calls_ = 0;
};

}  // namespace vigia::sqlite
