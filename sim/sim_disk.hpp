#pragma once

#include "base/rng.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::sim {

/// The disk under SQLite, in memory, whose power can go: stands before the system's for every
/// database that is opened while it exists, and must outlive those. One thread.
class SimDisk {
public:
    /// One file. What was written since the last sync is remembered change by change.
    class File {
    public:
        const std::string& bytes() const { return bytes_; }
        void write(std::size_t offset, std::string_view bytes);
        void resize(std::size_t size);
        void sync() { unsynced_.clear(); }
        /// As it is found after the power went: of every change since the last sync, each sector
        /// is there or is not.
        File after_power_loss(Rng& rng) const;

        /// SQLite's index of the log, which processes share in memory.
        std::vector<std::unique_ptr<std::string>> shared;

    private:
        struct Change {
            std::size_t offset = 0;
            std::string before;  ///< from there to the file's end, or as far as was written
            std::string after;
            std::size_t size_before = 0;
            std::size_t size_after = 0;
        };

        std::string bytes_;
        std::vector<Change> unsynced_;
    };
    using Files = std::map<std::string, std::shared_ptr<File>>;

    SimDisk();
    ~SimDisk();
    SimDisk(const SimDisk&) = delete;
    SimDisk& operator=(const SimDisk&) = delete;

    /// A copy of what a killed process leaves: whatever it has written.
    Files contents() const;
    /// A copy of what a cut of the power leaves.
    Files contents_after_power_loss(Rng& rng) const;
    /// Precondition: no database is open.
    void replace(Files files) { files_ = std::move(files); }

    /// The power goes at the `number`-th change or sync from now on, counted from 1: that one fails
    /// and may be there all the same, those after it fail.
    void cut_power_at(unsigned number) { changes_left_ = number; }
    bool has_power() const { return !changes_left_ || *changes_left_ > 0; }
    void restore_power() { changes_left_.reset(); }

    // For SQLite's methods.
    std::shared_ptr<File> find_or_make(const std::string& path);
    bool contains(const std::string& path) const { return files_.contains(path); }
    void remove(const std::string& path) { files_.erase(path); }
    /// Does `what` while there is power; false: there is none, now at the latest.
    bool change(const std::function<void()>& what);

private:
    sqlite3_vfs& system_;
    sqlite3_vfs vfs_;
    Files files_;
    std::optional<unsigned> changes_left_;
};

}  // namespace vigia::sim
