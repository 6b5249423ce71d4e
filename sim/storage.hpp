#pragma once

#include "sim/sim_disk.hpp"
#include "store/memory_store.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace vigia::sim {

/// What keeps the store from one life to the next: memory, or SQLite's file on a SimDisk.
class Storage {
public:
    explicit Storage(bool on_disk);
    ~Storage();
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    /// The store of a life that begins; until close().
    Store& open();
    /// An orderly end of the life; the power may go in it.
    void close(Rng& rng);

    /// The life ends here: what is written from now on, by its unwinding, was not.
    void crash(Rng& rng);
    /// The power goes in the middle of a write; in memory there is none.
    void cut_power_at(unsigned change);
    bool has_power() const { return !disk_ || disk_->has_power(); }

private:
    MemoryStore memory_;
    std::optional<SimDisk> disk_;
    std::filesystem::path directory_;  ///< of what stands beside the file: lock, reserve
    std::unique_ptr<Store> opened_;
    std::optional<SimDisk::Files> survivors_;  ///< of a crash, until the next open()
};

}  // namespace vigia::sim
