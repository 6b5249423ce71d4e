#pragma once

#include "base/result.hpp"
#include "core/retention.hpp"
#include "store/store.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vigia {

/// A store in an SQLite file, called from one thread at a time; every call blocks. What a
/// SqliteStore's thread works with, and the simulation without one.
///
/// Beside the file `PATH` stand its log, `PATH-wal` and `PATH-shm`; `PATH.lock`, held as long as
/// this exists and never removed; `PATH.reserve`, room for all but results when the disk is
/// full; and `PATH.vN`, the copy made before version N of the file was brought to a newer one. All
/// of them are readable by their owner only.
///
/// The history is kept as long as the Retention says (docs/adr/0010-history.md). It takes part in
/// every commit, but what is wrong with it holds up none: damage in it costs the history until the
/// next open(), and while the reserve is not there it does without what is committed.
///
/// All but results are on the disk when commit() returns; those survive the end of the process at
/// once, and a power failure from the next sync on.
class SqliteFile {
public:
    /// Opens the file, or makes it, and brings it to this program's version. Errors, with what
    /// SQLite or the system said as detail; the file is then as it was: `held`, `foreign`,
    /// `damaged`, `newer`, `unavailable` (cannot be opened, made or written). On a full disk the
    /// reserve that the last process left is given up for it.
    static Result<std::unique_ptr<SqliteFile>> open(const std::string& path,
                                                    const Retention& retention = {});
    /// The same as a program whose versions are these.
    static Result<std::unique_ptr<SqliteFile>> open(const std::string& path,
                                                    std::span<const char* const> versions,
                                                    const Retention& retention = {});
    ~SqliteFile();
    SqliteFile(const SqliteFile&) = delete;
    SqliteFile& operator=(const SqliteFile&) = delete;

    /// All or nothing, but for the history. On a full disk all but results may use the reserve:
    /// without its streak no monitor gets as far as a transition. Error: `unavailable`, also when
    /// the file was removed or replaced meanwhile: what is written now, no start would find.
    Result<void> commit(const Batch& batch);

    /// Error: `damaged`, or `unavailable`.
    Result<StoredState> load();

    /// See Store. Costs next to nothing while nobody else has written.
    Result<std::vector<Notification>> take_retried();

private:
    static Result<std::unique_ptr<SqliteFile>> open_once(const std::string& path,
                                                         std::span<const char* const> versions,
                                                         const Retention& retention);
    class Impl;
    explicit SqliteFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
