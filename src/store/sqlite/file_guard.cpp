#include "store/sqlite/file_guard.hpp"

#include "store/store.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace vigia::sqlite {
namespace {

constexpr int kOwnerOnly = S_IRUSR | S_IWUSR;
constexpr unsigned kCallsBetweenTries = 100;

Error system_error(StoreErrc code, int error) {
    const boost::system::error_code why(error, boost::system::generic_category());
    return Error{make_error_code(code), why.message()};
}

}  // namespace

void make_private_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
    if (file >= 0) ::close(file);
}

bool may_write(const std::string& path) {
    return ::eaccess(path.c_str(), R_OK | W_OK) == 0 || errno != EACCES;
}

void remove_file(const std::string& path) {
    ::unlink(path.c_str());
}

FileIdentity identity_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino};
}

FileLock::FileLock(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0) identity_ = {status.st_dev, status.st_ino};
}

void FileLock::swap(FileLock& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(identity_, other.identity_);
}

Result<FileLock> FileLock::take(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
    if (file < 0) return system_error(StoreErrc::unavailable, errno);
    FileLock lock(path, file);
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
    return system_error(errno == EWOULDBLOCK ? StoreErrc::held : StoreErrc::unavailable, errno);
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void Reserve::fill() {
    if (full_ || calls_++ % kCallsBetweenTries != 0) return;
    const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
    if (file < 0) return;
    full_ = ::posix_fallocate(file, 0, kBytes) == 0;
    ::close(file);
    if (!full_) remove_file(path_);
}

bool Reserve::give_up(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || status.st_size != kBytes) return false;
    remove_file(path);
    return true;
}

bool Reserve::spend() {
    const bool had = std::exchange(full_, false);
    remove_file(path_);
    calls_ = 1;  // not again at once: the room is needed
    return had;
}

}  // namespace vigia::sqlite
