#include "store/sqlite/sqlite_file.hpp"

#include "base/i18n.hpp"
#include "store/sqlite/file_guard.hpp"
#include "store/sqlite/history_writer.hpp"
#include "store/sqlite/opening.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/schema.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>
#include <utility>

namespace vigia {

using sqlite::Database;
using sqlite::Refused;

namespace {

constexpr int kPagesBetweenCheckpoints = 1000;
constexpr int kMaxLogBytes = 16 * 1024 * 1024;  // what is left of it after a checkpoint

/// A copy of the file as it is now, its log included, under a name that says its version; a copy
/// cut short never has that name.
void back_up(Database& database, const std::string& path, std::int64_t version) {
    const std::string copy = fmt::format("{}.v{}", path, version);
    const std::string unfinished = copy + ".part";
    sqlite::remove_file(unfinished);
    sqlite::make_private_file(unfinished);
    sqlite::Statement(database, "VACUUM INTO ?").bind(1, unfinished).run();
    std::error_code failed;
    std::filesystem::rename(unfinished, copy, failed);
    if (failed) throw Refused({SQLITE_CANTOPEN, copy + ": " + failed.message()});
}

/// Room on the disk may help. A quota or a limit is told as an error of the device.
bool is_about_room(const Refused& refused) {
    return refused.primary_code() == SQLITE_FULL || refused.primary_code() == SQLITE_IOERR;
}

/// What is in the file is to blame, and will be the next time.
bool is_about_content(const Refused& refused) {
    constexpr std::array kCodes{SQLITE_CORRUPT,  SQLITE_NOTADB, SQLITE_ERROR, SQLITE_CONSTRAINT,
                                SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_RANGE};
    return std::ranges::find(kCodes, refused.primary_code()) != kCodes.end();
}

}  // namespace

class SqliteFile::Impl {
public:
    Impl(std::string path, const Retention& retention, sqlite::FileLock lock)
        : path_(std::move(path)),
          retention_(retention),
          lock_(std::move(lock)),
          reserve_(path_ + ".reserve"),
          database_(path_) {}

    /// After construction, once; the file is only changed when it is ours.
    Result<void> prepare(sqlite::Versions versions);
    Result<void> commit(const Batch& batch);
    StoredState load();
    std::vector<Notification> take_retried();

private:
    Result<void> still_there();
    void write(const Batch& batch);
    void write_history(const Batch& batch);

    const std::string path_;
    const Retention retention_;
    sqlite::FileLock lock_;
    sqlite::Reserve reserve_;
    Database database_;
    sqlite::FileIdentity identity_;
    sqlite::FileIdentity log_identity_;
    std::unique_ptr<sqlite::Rows> rows_;
    std::unique_ptr<sqlite::HistoryWriter> history_;  ///< made when it is needed
    bool history_damaged_ = false;
    bool durable_ = true;
    std::int64_t data_version_ = 0;  ///< changes when another connection has written
    WallTime last_retry_{};          ///< of those taken up
};

Result<void> SqliteFile::Impl::prepare(sqlite::Versions versions) {
    if (database_.read_only()) {
        return Error{make_error_code(StoreErrc::unavailable),
                     std::string(N_("the file is write-protected"))};
    }
    const auto newest = static_cast<std::int64_t>(versions.size());
    database_.keep_log_on_close(true);
    database_.execute(fmt::format("PRAGMA busy_timeout = {}", sqlite::kBusyTimeoutMs));
    const Result<std::int64_t> version = sqlite::version_of(database_, newest);
    if (!version) return version.error();
    if (*version > 0) sqlite::check_tables(database_);
    database_.keep_log_on_close(false);
    database_.execute("PRAGMA journal_mode = WAL");
    database_.execute(fmt::format("PRAGMA wal_autocheckpoint = {}", kPagesBetweenCheckpoints));
    database_.execute(fmt::format("PRAGMA journal_size_limit = {}", kMaxLogBytes));
    if (*version > 0 && *version < newest) back_up(database_, path_, *version);
    if (*version < newest) sqlite::migrate(database_, versions, *version);
    rows_ = std::make_unique<sqlite::Rows>(database_);
    identity_ = sqlite::identity_of(path_);
    log_identity_ = sqlite::identity_of(path_ + "-wal");
    reserve_.fill();
    return {};
}

void SqliteFile::Impl::write(const Batch& batch) {
    // A streak that came back after its end would be a false alert in the making.
    const bool durable = !batch.is_results_only();
    if (durable != durable_) {
        database_.execute(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        durable_ = durable;
    }
    try {
        sqlite::Transaction transaction(database_);
        rows_->write(batch);
        write_history(batch);
        transaction.commit();
    } catch (const Refused&) {
        history_.reset();  // it has gone further than the file
        throw;
    }
}

/// Neither damage in the history nor a disk that is nearly full may hold up a transition: then the
/// history does without this batch.
void SqliteFile::Impl::write_history(const Batch& batch) {
    if (history_damaged_) return;
    if (!reserve_.held()) return history_.reset();
    database_.execute("SAVEPOINT history");
    try {
        if (!history_) {
            history_ = std::make_unique<sqlite::HistoryWriter>(database_, retention_);
        }
        history_->write(batch);
    } catch (const Refused& refused) {
        history_.reset();
        if (!is_about_content(refused)) throw;
        database_.execute("ROLLBACK TO history");
        history_damaged_ = true;
    }
    database_.execute("RELEASE history");
}

/// What is written into files that have lost their names, no start would find.
Result<void> SqliteFile::Impl::still_there() {
    const boost::system::error_code unavailable = make_error_code(StoreErrc::unavailable);
    if (!(sqlite::identity_of(path_) == identity_)) {
        return Error{unavailable, std::string(N_("the file was removed or replaced"))};
    }
    if (log_identity_.exists() && !(sqlite::identity_of(path_ + "-wal") == log_identity_)) {
        return Error{unavailable,
                     std::string(N_("the file beside it that ends in -wal was removed or replaced: "
                                    "stop this vigia, which saves what that held, and start it "
                                    "again"))};
    }
    if (lock_.stands()) return {};
    Result<sqlite::FileLock> again = sqlite::FileLock::take(path_ + ".lock");
    if (!again) {
        return Error{unavailable,
                     std::string(N_("the file beside it that ends in .lock was removed, and "
                                    "another vigia has it now: stop one of the two"))};
    }
    lock_ = *std::move(again);
    return {};
}

Result<void> SqliteFile::Impl::commit(const Batch& batch) {
    if (Result<void> there = still_there(); !there) return there;
    try {
        write(batch);
    } catch (const Refused& refused) {
        if (!is_about_room(refused) || batch.is_results_only() || !reserve_.spend()) throw;
        write(batch);
        return {};
    }
    reserve_.fill();
    return {};
}

StoredState SqliteFile::Impl::load() {
    // What is retried meanwhile is either in it, or taken later: never both.
    sqlite::Transaction snapshot(database_);
    StoredState stored = rows_->read();
    last_retry_ = rows_->last_retry();
    snapshot.commit();
    return stored;
}

std::vector<Notification> SqliteFile::Impl::take_retried() {
    const std::int64_t version = database_.integer("PRAGMA data_version");
    if (version == data_version_) return {};
    std::vector<Notification> rows = rows_->read_retried(last_retry_);
    data_version_ = version;
    return rows;
}

SqliteFile::SqliteFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteFile::~SqliteFile() = default;

Result<std::unique_ptr<SqliteFile>> SqliteFile::open(const std::string& path,
                                                     const Retention& retention) {
    return open(path, sqlite::versions(), retention);
}

Result<std::unique_ptr<SqliteFile>> SqliteFile::open(const std::string& path,
                                                     std::span<const char* const> versions,
                                                     const Retention& retention) {
    // What stands beside a file stands beside it under every name that it has.
    std::error_code unknown;
    const std::filesystem::path real = std::filesystem::weakly_canonical(path, unknown);
    const std::string name = unknown ? path : real.string();
    try {
        try {
            return open_once(name, versions, retention);
        } catch (const Refused& refused) {
            if (!is_about_room(refused) || !sqlite::Reserve::give_up(name + ".reserve")) throw;
            return open_once(name, versions, retention);
        }
    } catch (const Refused& refused) {
        return sqlite::error_of(refused);
    }
}

Result<std::unique_ptr<SqliteFile>> SqliteFile::open_once(const std::string& path,
                                                          std::span<const char* const> versions,
                                                          const Retention& retention) {
    Result<sqlite::FileLock> lock = sqlite::FileLock::take(path + ".lock");
    if (!lock) return lock.error();
    sqlite::make_private_file(path);
    auto impl = std::make_unique<Impl>(path, retention, *std::move(lock));
    if (Result<void> prepared = impl->prepare(versions); !prepared) return prepared.error();
    return std::unique_ptr<SqliteFile>(new SqliteFile(std::move(impl)));
}

Result<void> SqliteFile::commit(const Batch& batch) {
    try {
        return impl_->commit(batch);
    } catch (const Refused& refused) {
        return Error{make_error_code(StoreErrc::unavailable), refused.what()};
    }
}

Result<StoredState> SqliteFile::load() {
    try {
        return impl_->load();
    } catch (const Refused& refused) {
        return sqlite::error_of(refused);
    }
}

Result<std::vector<Notification>> SqliteFile::take_retried() {
    try {
        return impl_->take_retried();
    } catch (const Refused& refused) {
        return sqlite::error_of(refused);
    }
}

}  // namespace vigia
