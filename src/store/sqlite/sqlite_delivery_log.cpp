#include "store/sqlite/sqlite_delivery_log.hpp"

#include "base/i18n.hpp"
#include "store/sqlite/columns.hpp"
#include "store/sqlite/file_guard.hpp"
#include "store/sqlite/opening.hpp"
#include "store/sqlite/schema.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <system_error>

namespace vigia {

using sqlite::Database;
using sqlite::Refused;
using sqlite::Statement;

namespace {

constexpr std::string_view kNewest =
    "SELECT n.id, n.kind, n.seq, n.incident, ifnull(a.monitor, ''), ifnull(a.monitor_name, ''), "
    "ifnull(a.phase, 'none'), ifnull(a.reason, 'none'), ifnull(a.reason_value, 0), "
    "ifnull(a.reason_detail, ''), n.channel, n.address, n.created_at, n.status, n.attempts, "
    "n.last_error, n.finished_at, "
    "n.retried_at FROM notification n LEFT JOIN announcement a USING (incident, kind, seq) "
    "WHERE ?1 = '' OR n.status = ?1 ORDER BY n.created_at DESC, n.id LIMIT ?2";

// Later than every retry before, whatever the clock says: the instance asks for those after the
// last that it knows.
constexpr std::string_view kRetryMark =
    "SELECT max(?1, 1 + ifnull(max(retried_at), 0)) FROM notification WHERE retried_at NOT NULL";

constexpr std::string_view kRetry =
    "UPDATE notification SET status = 'pending', attempts = 0, finished_at = NULL, digest = '', "
    "retried_at = ?1 WHERE status = 'dead' AND (?2 = '' OR id = ?2)";

enum class Access : std::uint8_t { read, write };

/// What `work` makes of the store at `path`. A connection that SQLite takes for reading only would
/// leave its log behind, so one that only reads is an ordinary one that promises it.
template <class T, class Work>
Result<T> with_store(const std::string& path, Access access, Work work) {
    std::error_code unknown;
    if (!std::filesystem::exists(path, unknown) && !unknown) {
        return Error{make_error_code(StoreErrc::absent), {}};
    }
    if (!sqlite::may_write(path)) {
        return Error{make_error_code(StoreErrc::unavailable),
                     std::string(N_("permission denied: ask as the user that vigia runs as"))};
    }
    try {
        Database database(path, Database::Access::write);
        database.keep_log_on_close(true);  // until it is known to be ours
        database.execute(fmt::format("PRAGMA busy_timeout = {}", sqlite::kBusyTimeoutMs));
        if (const Result<void> good = sqlite::require_newest(database); !good) return good.error();
        database.keep_log_on_close(false);
        if (access == Access::read) database.execute("PRAGMA query_only = ON");
        return work(database);
    } catch (const Refused& refused) {
        return sqlite::error_of(refused);
    }
}

DeliveryEntry entry_of(const Statement& row) {
    sqlite::Taker take(row);
    DeliveryEntry entry;
    entry.id = short_id(NotificationId(take.text()));
    entry.kind = sqlite::value_named(take.text(), kLastNotificationKind);
    entry.seq = take.count();
    entry.incident = IncidentId(take.text());
    entry.monitor = MonitorId(take.text());
    entry.monitor_name = take.text();
    entry.reason = take.reason();
    entry.recipient.channel = take.text();
    entry.recipient.address = take.text();
    entry.created_at = take.time();
    entry.status = sqlite::value_named(take.text(), DeliveryStatus::dead);
    entry.attempts = take.count();
    entry.last_error = take.text();
    entry.finished_at = take.optional_time();
    entry.retried_at = take.optional_time();
    return entry;
}

/// The notifications that are asked for, by what people call them.
std::map<std::string, std::pair<std::string, DeliveryStatus>> find(
    Database& database, std::span<const std::string> ids) {
    std::map<std::string, std::pair<std::string, DeliveryStatus>> found;
    Statement all(database, "SELECT id, status FROM notification");
    while (all.step()) {
        sqlite::Taker take(all);
        std::string id = take.text();
        std::string name = short_id(NotificationId(id));
        if (std::ranges::find(ids, name) == ids.end()) continue;
        const auto status = sqlite::value_named(take.text(), DeliveryStatus::dead);
        found.emplace(std::move(name), std::pair(std::move(id), status));
    }
    return found;
}

std::int64_t retry_mark(Database& database, WallTime now) {
    Statement mark(database, kRetryMark);
    mark.bind(1, sqlite::to_column(now)).step();
    return mark.integer(0);
}

}  // namespace

Result<std::vector<DeliveryEntry>> SqliteDeliveryLog::newest(const DeliveryFilter& filter) {
    using Entries = std::vector<DeliveryEntry>;
    return with_store<Entries>(path_, Access::read, [&](Database& database) {
        Entries entries;
        Statement rows(database, kNewest);
        rows.bind(1, filter.status ? to_string(*filter.status) : std::string_view());
        rows.bind(2, static_cast<std::int64_t>(filter.limit));
        while (rows.step()) entries.push_back(entry_of(rows));
        return entries;
    });
}

Result<std::vector<Retry>> SqliteDeliveryLog::retry(std::span<const std::string> ids,
                                                    WallTime now) {
    using Retries = std::vector<Retry>;
    return with_store<Retries>(path_, Access::write, [&](Database& database) {
        const auto found = find(database, ids);  // looks at every row: the instance may write on
        sqlite::Transaction transaction(database);
        const std::int64_t mark = retry_mark(database, now);
        Statement update(database, kRetry);
        Retries retries;
        for (const std::string& id : ids) {
            Retry& retry = retries.emplace_back(Retry{id, std::nullopt});
            const auto known = found.find(id);
            if (known == found.end()) continue;
            retry.found = known->second.second;
            if (retry.done()) update.bind(1, mark).bind(2, known->second.first).run();
        }
        transaction.commit();
        return retries;
    });
}

Result<std::size_t> SqliteDeliveryLog::retry_all_dead(WallTime now) {
    return with_store<std::size_t>(path_, Access::write, [&](Database& database) {
        sqlite::Transaction transaction(database);
        const std::int64_t mark = retry_mark(database, now);
        Statement(database, kRetry).bind(1, mark).bind(2, std::string_view()).run();
        const std::size_t count = database.changes();
        transaction.commit();
        return count;
    });
}

}  // namespace vigia
