#include "tests/support/faulty_disk.hpp"

#include <new>
#include <stdexcept>
#include <utility>

namespace vigia::test {
namespace {

/// As SQLite wants it: the system's own file lies behind this one.
struct File {
    sqlite3_file base;
    FaultyDisk* disk;
};

sqlite3_file* behind(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
}
FaultyDisk& disk_of(sqlite3_file* file) {
    return *reinterpret_cast<File*>(file)->disk;
}

/// A method that only passes on.
template <auto Member, class... Args>
int pass(sqlite3_file* file, Args... args) {
    return (behind(file)->pMethods->*Member)(behind(file), args...);
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    sqlite3_int64 size = 0;
    behind(file)->pMethods->xFileSize(behind(file), &size);
    const int fault = disk_of(file).before_write(offset + count > size);
    if (fault != SQLITE_OK) return fault;
    return behind(file)->pMethods->xWrite(behind(file), bytes, count, offset);
}

int sync(sqlite3_file* file, int flags) {
    const int fault = disk_of(file).before_write(false);
    if (fault != SQLITE_OK) return SQLITE_IOERR_FSYNC;
    return behind(file)->pMethods->xSync(behind(file), flags);
}

/// May make the index of the log longer, on the disk as well.
int map_shm(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
    if (extend != 0 && disk_of(file).before_write(true) != SQLITE_OK) return SQLITE_IOERR_SHMSIZE;
    return behind(file)->pMethods->xShmMap(behind(file), region, size, extend, out);
}

void shm_barrier(sqlite3_file* file) {
    behind(file)->pMethods->xShmBarrier(behind(file));
}

constexpr sqlite3_io_methods kMethods{
    2,  // without the later ones: no mapped files
    &pass<&sqlite3_io_methods::xClose>,
    &pass<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    &write,
    &pass<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    &sync,
    &pass<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    &pass<&sqlite3_io_methods::xLock, int>,
    &pass<&sqlite3_io_methods::xUnlock, int>,
    &pass<&sqlite3_io_methods::xCheckReservedLock, int*>,
    &pass<&sqlite3_io_methods::xFileControl, int, void*>,
    &pass<&sqlite3_io_methods::xSectorSize>,
    &pass<&sqlite3_io_methods::xDeviceCharacteristics>,
    &map_shm,
    &pass<&sqlite3_io_methods::xShmLock, int, int, int>,
    &shm_barrier,
    &pass<&sqlite3_io_methods::xShmUnmap, int>,
    nullptr,
    nullptr,
};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* const mine = new (file) File{};
    mine->disk = static_cast<FaultyDisk*>(vfs->pAppData);
    sqlite3_vfs& system = mine->disk->system();
    const int code = system.xOpen(&system, name, behind(file), flags, out_flags);
    if (behind(file)->pMethods != nullptr) mine->base.pMethods = &kMethods;
    return code;
}

}  // namespace

FaultyDisk::FaultyDisk() : system_(*::sqlite3_vfs_find(nullptr)), vfs_(system_) {
    vfs_.zName = "faulty-disk";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + system_.szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = &open;
    constexpr int kDefault = 1;
    if (::sqlite3_vfs_register(&vfs_, kDefault) != SQLITE_OK) throw std::runtime_error("no VFS");
}

FaultyDisk::~FaultyDisk() {
    ::sqlite3_vfs_unregister(&vfs_);
}

void FaultyDisk::fail_from(unsigned number) {
    const std::lock_guard lock(mutex_);
    writes_ = 0;
    fails_from_ = number;
}

void FaultyDisk::fill(std::function<bool()> full) {
    const std::lock_guard lock(mutex_);
    writes_ = 0;
    full_ = std::move(full);
}

void FaultyDisk::hold() {
    const std::lock_guard lock(mutex_);
    writes_ = 0;
    held_ = true;
}

void FaultyDisk::heal() {
    {
        const std::lock_guard lock(mutex_);
        fails_from_ = 0;
        full_ = nullptr;
        held_ = false;
    }
    changed_.notify_all();
}

unsigned FaultyDisk::writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
}

int FaultyDisk::before_write(bool grows) {
    std::unique_lock lock(mutex_);
    ++writes_;
    changed_.wait(lock, [this] { return !held_; });
    if (fails_from_ > 0 && writes_ >= fails_from_) return SQLITE_IOERR_WRITE;
    return grows && full_ && full_() ? SQLITE_FULL : SQLITE_OK;
}

}  // namespace vigia::test
