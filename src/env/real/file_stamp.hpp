#pragma once

#include <ctime>
#include <sys/stat.h>
#include <sys/types.h>

namespace vigia {

/// Tells whether a file has changed since it was looked at.
struct FileStamp {
    timespec modified{};
    ino_t inode = 0;
    off_t size = 0;

    bool operator==(const FileStamp& other) const {
        return modified.tv_sec == other.modified.tv_sec &&
               modified.tv_nsec == other.modified.tv_nsec && inode == other.inode &&
               size == other.size;
    }
};

inline FileStamp stamp_of(const struct stat& status) {
    return {status.st_mtim, status.st_ino, status.st_size};
}

/// The stamp of nothing if there is no such file.
inline FileStamp stamp_of(const char* path) {
    struct stat status {};
    return ::stat(path, &status) == 0 ? stamp_of(status) : FileStamp{};
}

}  // namespace vigia
