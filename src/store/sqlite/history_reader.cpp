#include "store/sqlite/history_reader.hpp"

#include "store/sqlite/columns.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/history_queries.hpp"
#include "store/sqlite/opening.hpp"
#include "store/sqlite/result_codec.hpp"
#include "store/sqlite/rollup_writer.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/schema.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace vigia {

using sqlite::Database;
using sqlite::Refused;
using sqlite::Statement;
using sqlite::StoredResult;
using sqlite::Taker;
using sqlite::wall_time;

namespace {

[[noreturn]] void damaged(const char* what) {
    throw Refused({SQLITE_CORRUPT, what});
}

/// Everything read while it exists is of one moment.
class Snapshot {
public:
    explicit Snapshot(Database& database) : database_(database) { database_.execute("BEGIN"); }
    ~Snapshot() { ::sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

private:
    Database& database_;
};

constexpr Duration kCentury = std::chrono::hours(36'525 * 24);

/// Far from the ends of what a WallTime can hold.
TimeRange bounded(const TimeRange& range) {
    constexpr WallTime kLast = WallTime{} + 2 * kCentury;
    return {std::clamp(range.from, WallTime{}, kLast), std::clamp(range.to, WallTime{}, kLast)};
}

Tier tier_of(std::int64_t seconds) {
    for (const Tier tier : kTiers) {
        if (length_of(tier) == std::chrono::seconds(seconds)) return tier;
    }
    damaged("not a tier of this store");
}

Span span_of(Taker& take) {
    Span span;
    span.state = sqlite::value_named(take.text(), SpanState::maintenance);
    span.began = take.time();
    span.ended = take.time();
    return span;
}

/// The shortest steps that are wanted, of slots that reach back to the beginning of `range` or, if
/// none do, as far as those of any tier.
Tier tier_for(const TimeRange& range, Duration step, const OldestSlots& oldest) {
    std::size_t tier = 0;
    while (tier + 1 < kTiers.size() && length_of(kTiers[tier + 1]) <= step) ++tier;
    for (; tier + 1 < kTiers.size(); ++tier) {
        const Tier longer = kTiers[tier + 1];
        if (oldest[tier] && *oldest[tier] <= slot_of(range.from, kTiers[tier])) break;
        if (!oldest[tier + 1]) break;
        const std::int64_t reaches =
            oldest[tier] ? slot_of(start_of(*oldest[tier], kTiers[tier]), longer) : 0;
        if (oldest[tier] && *oldest[tier + 1] >= reaches) break;
    }
    return kTiers[tier];
}

}  // namespace

class SqliteHistory::Impl {
public:
    explicit Impl(const std::string& path) : database_(path, Database::Access::read) {
        database_.execute(fmt::format("PRAGMA busy_timeout = {}", sqlite::kBusyTimeoutMs));
    }

    Result<void> check_version() { return sqlite::require_newest(database_); }

    std::vector<MonitorStatus> states();
    std::vector<Span> spans(const MonitorId& monitor, const TimeRange& range);
    std::vector<MonitorUptime> uptimes(const TimeRange& range);
    Rollup total(const MonitorId& monitor, const TimeRange& range);
    std::vector<SeriesPoint> series(const MonitorId& monitor, TimeRange range, Duration step);
    std::vector<PastResult> recent(const MonitorId& monitor);
    std::vector<Incident> incidents(const IncidentQuery& query);

private:
    OldestSlots oldest_slots();
    /// Calls `take(tier, slot, rollup)` for each rollup in `ranges`, at most five.
    template <class Take>
    void for_each_rollup(const MonitorId& monitor, const std::vector<SlotRange>& ranges,
                         const OldestSlots& oldest, Take take);
    /// The results of a monitor that are in no rollup yet.
    std::vector<StoredResult> unmoved(const MonitorId& monitor);

    Database database_;
};

std::vector<MonitorStatus> SqliteHistory::Impl::states() {
    std::vector<MonitorStatus> all;
    Statement rows(database_, sqlite::kStatesQuery);
    while (rows.step()) {
        Taker take(rows);
        MonitorStatus status;
        status.monitor = MonitorId(take.text());
        status.health = sqlite::value_named(take.text(), Health::down);
        status.since = take.optional_time();
        const std::string observed = take.text();
        if (!observed.empty()) {
            status.observed = sqlite::value_named(observed, SpanState::maintenance);
        }
        all.push_back(std::move(status));
    }
    return all;
}

std::vector<Span> SqliteHistory::Impl::spans(const MonitorId& monitor, const TimeRange& range) {
    std::vector<Span> spans;
    Statement rows(database_, sqlite::kSpansQuery);
    rows.bind(1, monitor.str());
    rows.bind(2, sqlite::to_column(range.from)).bind(3, sqlite::to_column(range.to));
    while (rows.step()) {
        Taker take(rows);
        Span span = span_of(take);
        span.began = std::max(span.began, range.from);
        span.ended = std::min(span.ended, range.to);
        if (span.began < span.ended) spans.push_back(span);
    }
    std::ranges::stable_sort(spans, {}, &Span::began);
    return spans;
}

std::vector<MonitorUptime> SqliteHistory::Impl::uptimes(const TimeRange& range) {
    std::map<std::string, Uptime> all;
    Statement rows(database_, sqlite::kAllSpansQuery);
    rows.bind(1, sqlite::to_column(range.from)).bind(2, sqlite::to_column(range.to));
    while (rows.step()) {
        Uptime& uptime = all[rows.text(0)];
        if (rows.bytes(1).empty()) continue;
        Taker take(rows);
        take.text();
        uptime.add(span_of(take), range);
    }
    std::vector<MonitorUptime> result;
    result.reserve(all.size());
    for (const auto& [id, uptime] : all) result.push_back({MonitorId(id), uptime});
    return result;
}

OldestSlots SqliteHistory::Impl::oldest_slots() {
    OldestSlots oldest;
    Statement row(database_, sqlite::kOldestSlotsQuery);
    if (!row.step()) return oldest;
    const auto unmoved = row.optional_integer(static_cast<int>(oldest.size()));
    for (std::size_t i = 0; i < oldest.size(); ++i) {
        oldest[i] = row.optional_integer(static_cast<int>(i));
        if (unmoved) {
            const std::int64_t slot = slot_of(wall_time(*unmoved), kTiers[i]);
            oldest[i] = std::min(oldest[i].value_or(slot), slot);
        }
    }
    return oldest;
}

template <class Take>
void SqliteHistory::Impl::for_each_rollup(const MonitorId& monitor,
                                          const std::vector<SlotRange>& ranges,
                                          const OldestSlots& oldest, Take take) {
    Statement rows(database_, sqlite::kRollupsQuery);
    rows.bind(1, monitor.str());
    int parameter = 1;
    for (const SlotRange& range : ranges) {
        rows.bind(++parameter, length_of(range.tier) / std::chrono::seconds(1));
        // Before the oldest there is nothing to look up.
        const auto known = oldest[static_cast<std::size_t>(range.tier)];
        rows.bind(++parameter, std::max(range.first, known.value_or(range.end)));
        rows.bind(++parameter, range.end);
    }
    while (rows.step()) {
        std::optional<Rollup> rollup = decode_rollup(rows.bytes(2));
        if (!rollup) damaged("not a rollup of this store");
        take(tier_of(rows.integer(0)), rows.integer(1), *rollup);
    }
}

std::vector<StoredResult> SqliteHistory::Impl::unmoved(const MonitorId& monitor) {
    std::vector<StoredResult> all;
    Statement number(database_, "SELECT no FROM monitor WHERE id = ?");
    if (!number.bind(1, monitor.str()).step()) return all;
    const std::int64_t wanted = number.integer(0);
    Statement rows(database_, sqlite::kJournalQuery);
    std::vector<StoredResult> of_row;
    while (rows.step()) {
        const bool moving = rows.integer(0) <= rows.integer(2);
        if (moving && wanted <= rows.integer(3)) continue;
        of_row.clear();
        if (!sqlite::decode_results(rows.bytes(1), sqlite::BlobOf::many_monitors, of_row)) {
            damaged("not a journal of this store");
        }
        std::ranges::copy_if(of_row, std::back_inserter(all),
                             [&](const StoredResult& r) { return r.monitor == wanted; });
    }
    return all;
}

Rollup SqliteHistory::Impl::total(const MonitorId& monitor, const TimeRange& range) {
    const Snapshot snapshot(database_);
    const OldestSlots oldest = oldest_slots();
    const std::vector<SlotRange> ranges = cover(range, oldest);
    Rollup sum;
    if (ranges.empty()) return sum;
    for_each_rollup(monitor, ranges, oldest,
                    [&](Tier, std::int64_t, const Rollup& rollup) { sum.merge(rollup); });
    const WallTime from = start_of(ranges.front().first, ranges.front().tier);
    const WallTime to = start_of(ranges.back().end, ranges.back().tier);
    for (const StoredResult& result : unmoved(monitor)) {
        if (result.at() >= from && result.at() < to) sum.add(result.outcome, result.total());
    }
    return sum;
}

std::vector<SeriesPoint> SqliteHistory::Impl::series(const MonitorId& monitor, TimeRange range,
                                                     Duration step) {
    range = bounded(range);
    if (range.from >= range.to) return {};
    const Snapshot snapshot(database_);
    const auto most = static_cast<std::int64_t>(kMostPoints) - 1;
    step = std::clamp(step, (range.to - range.from) / most + Duration(1), kCentury / 2);
    const OldestSlots oldest = oldest_slots();
    const Tier tier = tier_for(range, step, oldest);
    const std::int64_t slots =
        std::max<std::int64_t>(1, (step - Duration(1)) / length_of(tier) + 1);
    const std::int64_t first = slot_of(range.from, tier) / slots;
    const std::int64_t last = slot_of(range.to - Duration(1), tier) / slots;

    std::map<std::int64_t, Rollup> points;
    for_each_rollup(
        monitor, {{tier, first * slots, (last + 1) * slots}}, oldest,
        [&](Tier, std::int64_t slot, const Rollup& rollup) { points[slot / slots].merge(rollup); });
    for (const StoredResult& result : unmoved(monitor)) {
        const std::int64_t point = slot_of(result.at(), tier) / slots;
        if (point >= first && point <= last) points[point].add(result.outcome, result.total());
    }
    std::vector<SeriesPoint> series;
    for (auto& [point, rollup] : points) {
        const TimeRange whole{start_of(point * slots, tier), start_of((point + 1) * slots, tier)};
        series.push_back({whole, std::move(rollup)});
    }
    return series;
}

std::vector<PastResult> SqliteHistory::Impl::recent(const MonitorId& monitor) {
    const Snapshot snapshot(database_);
    const sqlite::ReasonNumbers reasons(database_);
    std::vector<StoredResult> all;
    Statement rows(database_, sqlite::kRecentQuery);
    rows.bind(1, monitor.str());
    if (rows.step() && !sqlite::decode_results(rows.bytes(0), sqlite::BlobOf::one_monitor, all)) {
        damaged("no results of this store");
    }
    const std::vector<StoredResult> newer = unmoved(monitor);
    all.insert(all.end(), newer.begin(), newer.end());

    std::vector<PastResult> recent;
    const std::size_t kept = std::min(all.size(), sqlite::RollupWriter::kRecent);
    for (auto it = all.end() - static_cast<std::ptrdiff_t>(kept); it != all.end(); ++it) {
        const std::optional<ReasonCode> reason = reasons.code_of(it->reason);
        if (!reason) damaged("not a reason of this store");
        recent.push_back({it->at(), it->outcome, *reason, it->total()});
    }
    return recent;
}

std::vector<Incident> SqliteHistory::Impl::incidents(const IncidentQuery& query) {
    Statement rows(database_, query.monitor ? sqlite::kIncidentsOfQuery : sqlite::kIncidentsQuery);
    const IncidentCursor after = query.after.value_or(IncidentCursor{WallTime::max(), {}});
    const std::size_t limit = std::min(query.limit, kMostIncidents);
    rows.bind(1, sqlite::to_column(after.confirmed_at)).bind(2, after.id.str());
    rows.bind(3, static_cast<std::int64_t>(limit));
    if (query.monitor) rows.bind(4, query.monitor->str());
    std::vector<Incident> incidents;
    while (rows.step()) incidents.push_back(sqlite::incident_of(rows));
    return incidents;
}

SqliteHistory::SqliteHistory(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteHistory::~SqliteHistory() = default;

Result<std::unique_ptr<SqliteHistory>> SqliteHistory::open(const std::string& path) {
    try {
        auto impl = std::make_unique<Impl>(path);
        if (Result<void> good = impl->check_version(); !good) return good.error();
        return std::unique_ptr<SqliteHistory>(new SqliteHistory(std::move(impl)));
    } catch (const Refused& refused) {
        return sqlite::error_of(refused);
    }
}

template <class Read>
auto SqliteHistory::answer(Read read) -> Result<decltype(read())> {
    try {
        return read();
    } catch (const Refused& refused) {
        return sqlite::error_of(refused);
    }
}

Result<std::vector<MonitorStatus>> SqliteHistory::states() {
    return answer([&] { return impl_->states(); });
}

Result<Uptime> SqliteHistory::uptime(const MonitorId& monitor, const TimeRange& range) {
    return answer([&] {
        Uptime uptime;
        for (const Span& span : impl_->spans(monitor, range)) uptime.add(span, range);
        return uptime;
    });
}

Result<std::vector<MonitorUptime>> SqliteHistory::uptimes(const TimeRange& range) {
    return answer([&] { return impl_->uptimes(range); });
}

Result<std::vector<Span>> SqliteHistory::spans(const MonitorId& monitor, const TimeRange& range) {
    return answer([&] { return impl_->spans(monitor, range); });
}

Result<Rollup> SqliteHistory::total(const MonitorId& monitor, const TimeRange& range) {
    return answer([&] { return impl_->total(monitor, range); });
}

Result<std::vector<SeriesPoint>> SqliteHistory::series(const MonitorId& monitor,
                                                       const TimeRange& range, Duration step) {
    return answer([&] { return impl_->series(monitor, range, step); });
}

Result<std::vector<PastResult>> SqliteHistory::recent(const MonitorId& monitor) {
    return answer([&] { return impl_->recent(monitor); });
}

Result<std::vector<Incident>> SqliteHistory::incidents(const IncidentQuery& query) {
    return answer([&] { return impl_->incidents(query); });
}

}  // namespace vigia
