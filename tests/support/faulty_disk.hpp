#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <sqlite3.h>

namespace vigia::test {

/// The disk under SQLite, with faults: stands before the system's for every database that is opened
/// while it exists, and must outlive those. Any thread.
class FaultyDisk {
public:
    FaultyDisk();
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    /// The `number`-th write or sync from now on, and each after it, is an I/O error.
    void fail_from(unsigned number);
    /// A write that makes a file longer finds no room while `full` says so.
    void fill(std::function<bool()> full);
    /// Writes wait until heal().
    void hold();
    void heal();

    /// Writes and syncs since the last fault was set.
    unsigned writes() const;

    // For the files: what a write meets, SQLITE_OK or a fault; and what really has them.
    int before_write(bool grows);
    sqlite3_vfs& system() { return system_; }

private:
    sqlite3_vfs& system_;
    sqlite3_vfs vfs_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    unsigned writes_ = 0;
    unsigned fails_from_ = 0;  ///< 0: never
    std::function<bool()> full_;
    bool held_ = false;
};

}  // namespace vigia::test
