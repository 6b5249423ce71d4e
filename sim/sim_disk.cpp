#include "sim/sim_disk.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace vigia::sim {

namespace {

/// What a disk writes whole.
constexpr std::size_t kSector = 512;

/// As SQLite wants it: begins with its own part, and is made in memory that it provides.
struct OpenFile {
    sqlite3_file base;
    SimDisk* disk;
    std::shared_ptr<SimDisk::File> file;
};

OpenFile& opened(sqlite3_file* file) {
    return *reinterpret_cast<OpenFile*>(file);
}
SimDisk::File& content(sqlite3_file* file) {
    return *opened(file).file;
}
SimDisk& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<SimDisk*>(vfs->pAppData);
}

int close(sqlite3_file* file) {
    opened(file).~OpenFile();
    return SQLITE_OK;
}

int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
    const std::string& bytes = content(file).bytes();
    const auto wanted = static_cast<std::size_t>(count);
    const auto begin = std::min(static_cast<std::size_t>(offset), bytes.size());
    const std::size_t there = std::min(wanted, bytes.size() - begin);
    std::memcpy(to, bytes.data() + begin, there);
    std::memset(static_cast<char*>(to) + there, 0, wanted - there);
    return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
    const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(count));
    const bool done = opened(file).disk->change(
        [&] { content(file).write(static_cast<std::size_t>(offset), bytes); });
    return done ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    const bool done =
        opened(file).disk->change([&] { content(file).resize(static_cast<std::size_t>(size)); });
    return done ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int sync(sqlite3_file* file, int) {
    if (!opened(file).disk->change([] {})) return SQLITE_IOERR_FSYNC;
    content(file).sync();
    return SQLITE_OK;
}

int size(sqlite3_file* file, sqlite3_int64* out) {
    *out = static_cast<sqlite3_int64>(content(file).bytes().size());
    return SQLITE_OK;
}

// One connection at a time: nobody to lock out.
int lock(sqlite3_file*, int) {
    return SQLITE_OK;
}
int is_reserved(sqlite3_file*, int* out) {
    *out = 0;
    return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file*) {
    return static_cast<int>(kSector);
}
int characteristics(sqlite3_file*) {
    return 0;
}

int map_shared(sqlite3_file* file, int region, int bytes, int extend, void volatile** out) {
    auto& regions = content(file).shared;
    const auto index = static_cast<std::size_t>(region);
    *out = nullptr;
    if (regions.size() <= index && extend == 0) return SQLITE_OK;
    while (regions.size() <= index) {
        regions.push_back(std::make_unique<std::string>(static_cast<std::size_t>(bytes), '\0'));
    }
    *out = regions[index]->data();
    return SQLITE_OK;
}
int lock_shared(sqlite3_file*, int, int, int) {
    return SQLITE_OK;
}
void barrier(sqlite3_file*) {}
int unmap_shared(sqlite3_file* file, int remove) {
    if (remove != 0) content(file).shared.clear();
    return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods{
    2,  // without the later ones: no mapped files
    &close,      &read,        &write,       &truncate,     &sync,        &size,
    &lock,       &lock,        &is_reserved, &control,      &sector_size, &characteristics,
    &map_shared, &lock_shared, &barrier,     &unmap_shared, nullptr,      nullptr,
};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    SimDisk& disk = disk_of(vfs);
    // A file without a name is SQLite's own, for a moment.
    auto content = name != nullptr ? disk.find_or_make(name) : std::make_shared<SimDisk::File>();
    new (file) OpenFile{{&kMethods}, &disk, std::move(content)};
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* name, int) {
    SimDisk& disk = disk_of(vfs);
    return disk.change([&] { disk.remove(name); }) ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

int access(sqlite3_vfs* vfs, const char* name, int, int* out) {
    *out = disk_of(vfs).contains(name) ? 1 : 0;
    return SQLITE_OK;
}

}  // namespace

void SimDisk::File::write(std::size_t offset, std::string_view bytes) {
    const std::size_t before = bytes_.size();
    const std::size_t after = std::max(before, offset + bytes.size());
    std::string old = offset < before ? bytes_.substr(offset, bytes.size()) : std::string();
    unsynced_.push_back({offset, std::move(old), std::string(bytes), before, after});
    bytes_.resize(after);
    bytes_.replace(offset, bytes.size(), bytes);
}

void SimDisk::File::resize(std::size_t size) {
    const std::size_t before = bytes_.size();
    std::string old = size < before ? bytes_.substr(size) : std::string();
    unsynced_.push_back({size, std::move(old), {}, before, size});
    bytes_.resize(size);
}

SimDisk::File SimDisk::File::after_power_loss(Rng& rng) const {
    File found;
    found.bytes_ = bytes_;
    for (auto change = unsynced_.rbegin(); change != unsynced_.rend(); ++change) {
        found.bytes_.resize(change->size_before);
        found.bytes_.replace(change->offset, change->before.size(), change->before);
    }
    for (const Change& change : unsynced_) {
        if (change.after.empty() && rng.below(2) == 0) found.bytes_.resize(change.size_after);
        for (std::size_t at = 0; at < change.after.size(); at += kSector) {
            if (rng.below(2) == 0) continue;
            const std::string sector = change.after.substr(at, kSector);
            const std::size_t offset = change.offset + at;
            found.bytes_.resize(std::max(found.bytes_.size(), offset + sector.size()));
            found.bytes_.replace(offset, sector.size(), sector);
        }
    }
    return found;
}

SimDisk::SimDisk() : system_(*::sqlite3_vfs_find(nullptr)), vfs_(system_) {
    vfs_.zName = "sim-disk";
    vfs_.szOsFile = static_cast<int>(sizeof(OpenFile));
    vfs_.pAppData = this;
    vfs_.xOpen = &open;
    vfs_.xDelete = &sim::remove;
    vfs_.xAccess = &access;
    constexpr int kDefault = 1;
    if (::sqlite3_vfs_register(&vfs_, kDefault) != SQLITE_OK) throw std::runtime_error("no VFS");
}

SimDisk::~SimDisk() {
    ::sqlite3_vfs_unregister(&vfs_);
}

SimDisk::Files SimDisk::contents() const {
    Files copy;
    for (const auto& [path, file] : files_) {
        auto& found = copy[path] = std::make_shared<File>();
        found->write(0, file->bytes());
        found->sync();
    }
    return copy;
}

SimDisk::Files SimDisk::contents_after_power_loss(Rng& rng) const {
    Files copy;
    for (const auto& [path, file] : files_) {
        copy[path] = std::make_shared<File>(file->after_power_loss(rng));
    }
    return copy;
}

std::shared_ptr<SimDisk::File> SimDisk::find_or_make(const std::string& path) {
    std::shared_ptr<File>& file = files_[path];
    if (!file) file = std::make_shared<File>();
    return file;
}

bool SimDisk::change(const std::function<void()>& what) {
    if (!has_power()) return false;
    if (changes_left_) --*changes_left_;
    what();
    return has_power();
}

}  // namespace vigia::sim
