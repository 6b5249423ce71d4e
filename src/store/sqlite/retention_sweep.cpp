#include "store/sqlite/retention_sweep.hpp"

#include "store/sqlite/columns.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace vigia::sqlite {
namespace {

/// Incidents and notifications have rows of several tables, and some are large.
constexpr std::size_t kMostIncidents = 20;

constexpr std::string_view kDropSlots =
    "DELETE FROM rollup WHERE (length, slot, monitor) IN (SELECT length, slot, monitor FROM rollup "
    "WHERE length = ? AND slot < ? ORDER BY slot, monitor LIMIT ?)";

constexpr std::string_view kOldNotifications =
    "SELECT id FROM notification WHERE finished_at < ? AND status <> 'pending' "
    "ORDER BY finished_at LIMIT ?";

// What no message and no incident is about any more.
constexpr std::string_view kDropLoneAnnouncements =
    "DELETE FROM announcement WHERE incident = ?1 "
    "AND NOT EXISTS (SELECT 1 FROM notification WHERE incident = ?1) "
    "AND NOT EXISTS (SELECT 1 FROM incident WHERE id = ?1)";

constexpr std::string_view kOldIncidents =
    "SELECT id FROM incident WHERE ended_at < ? AND NOT EXISTS (SELECT 1 FROM notification n "
    "WHERE n.incident = incident.id AND n.status = 'pending') ORDER BY ended_at LIMIT ?";

}  // namespace

RetentionSweep::RetentionSweep(Database& database, const Retention& retention)
    : database_(database),
      retention_(retention),
      drop_slots_(database, kDropSlots),
      old_notifications_(database, kOldNotifications),
      drop_notification_(database, "DELETE FROM notification WHERE id = ? RETURNING incident"),
      drop_lone_announcements_(database, kDropLoneAnnouncements),
      old_incidents_(database, kOldIncidents),
      drop_incident_{Statement(database, "DELETE FROM notification WHERE incident = ?"),
                     Statement(database, "DELETE FROM announcement WHERE incident = ?"),
                     Statement(database, "DELETE FROM incident_recipient WHERE incident = ?"),
                     Statement(database, "DELETE FROM incident WHERE id = ?")},
      next_monitors_(database, "SELECT no FROM monitor WHERE no > ? ORDER BY no LIMIT ?"),
      drop_spans_(database, "DELETE FROM span WHERE monitor = ? AND ended < ?"),
      recent_(database,
              "SELECT r.results FROM recent r JOIN monitor m ON m.no = r.monitor "
              "WHERE r.monitor = ? AND m.state IS NULL"),
      drop_monitor_{Statement(database, "DELETE FROM recent WHERE monitor = ?"),
                    Statement(database, "DELETE FROM monitor WHERE no = ?")} {}

void RetentionSweep::begin(WallTime now) {
    constexpr Duration kMostAtOnce = std::chrono::hours(24);
    const WallTime horizon = std::clamp(wall_time(database_.integer("SELECT horizon FROM chapter")),
                                        WallTime{}, WallTime::max() - kMostAtOnce);
    const bool first = horizon == WallTime{};
    const WallTime next = first ? now : std::max(horizon, std::min(now, horizon + kMostAtOnce));
    if (next != horizon) {
        database_.execute(fmt::format("UPDATE chapter SET horizon = {}", to_column(next)));
    }
    now_ = std::min(next, now);
    again_ = step_ != Step::done;
    if (!again_) step_ = Step::five_minutes;
}

std::int64_t RetentionSweep::limit(Duration keep) const {
    return to_column(std::max(now_, WallTime{} + keep) - keep);
}

std::vector<MonitorNumber> RetentionSweep::bite(std::size_t rows) {
    std::vector<MonitorNumber> gone;
    bool more = false;
    switch (step_) {
        case Step::five_minutes:
            more = drop_slots(Tier::five_minutes, rows);
            break;
        case Step::hours:
            more = drop_slots(Tier::hour, rows);
            break;
        case Step::days:
            more = drop_slots(Tier::day, rows);
            break;
        case Step::notifications:
            more = drop_notifications(std::min(rows, kMostIncidents));
            break;
        case Step::incidents:
            more = drop_incidents(std::min(rows, kMostIncidents));
            break;
        case Step::monitors:
            more = visit_monitors(rows, gone);
            break;
        case Step::done:
            return gone;
    }
    if (!more) step_ = static_cast<Step>(static_cast<int>(step_) + 1);
    if (step_ == Step::done && std::exchange(again_, false)) step_ = Step::five_minutes;
    return gone;
}

bool RetentionSweep::drop_slots(Tier tier, std::size_t rows) {
    drop_slots_.bind(1, length_of(tier) / std::chrono::seconds(1))
        .bind(2, slot_of(wall_time(limit(retention_.of(tier))), tier))
        .bind(3, static_cast<std::int64_t>(rows))
        .run();
    return database_.changes() == rows;
}

std::vector<std::string> RetentionSweep::names(Statement& query, std::size_t rows) {
    query.bind(2, static_cast<std::int64_t>(rows));
    std::vector<std::string> names;
    while (query.step()) names.push_back(query.text(0));
    query.reset();
    return names;
}

bool RetentionSweep::drop_notifications(std::size_t rows) {
    old_notifications_.bind(1, limit(retention_.notifications));
    const std::vector<std::string> old = names(old_notifications_, rows);
    for (const std::string& id : old) {
        std::string incident;
        drop_notification_.bind(1, id);
        while (drop_notification_.step()) incident = drop_notification_.text(0);
        drop_notification_.reset();
        drop_lone_announcements_.bind(1, incident).run();
    }
    return old.size() == rows;
}

bool RetentionSweep::drop_incidents(std::size_t rows) {
    old_incidents_.bind(1, limit(retention_.incidents));
    const std::vector<std::string> old = names(old_incidents_, rows);
    for (const std::string& id : old) {
        for (Statement& drop : drop_incident_) drop.bind(1, id).run();
    }
    return old.size() == rows;
}

bool RetentionSweep::visit_monitors(std::size_t rows, std::vector<MonitorNumber>& gone) {
    const std::int64_t today = slot_of(now_, Tier::day);
    if (today == day_visited_) return false;
    std::vector<MonitorNumber> visited;
    next_monitors_.bind(1, last_visited_).bind(2, static_cast<std::int64_t>(rows));
    while (next_monitors_.step()) {
        visited.push_back(number_in<MonitorNumber>(next_monitors_.integer(0)));
    }
    next_monitors_.reset();
    for (const MonitorNumber monitor : visited) {
        const std::int64_t number{monitor};
        drop_spans_.bind(1, number).bind(2, limit(retention_.days)).run();
        if (!is_forgotten(monitor)) continue;
        for (Statement& drop : drop_monitor_) drop.bind(1, number).run();
        gone.push_back(monitor);
    }
    if (visited.size() == rows) {
        last_visited_ = visited.back();
        return true;
    }
    last_visited_ = 0;
    day_visited_ = today;
    return false;
}

/// Nobody watches it, and of its last result there is nothing left in any tier.
bool RetentionSweep::is_forgotten(MonitorNumber monitor) {
    const Duration longest = std::max({retention_.five_minutes, retention_.hours, retention_.days});
    std::vector<StoredResult> results;
    recent_.bind(1, std::int64_t{monitor});
    const bool has_results = recent_.step() &&
                             decode_results(recent_.bytes(0), BlobOf::one_monitor, results) &&
                             !results.empty();
    recent_.reset();
    const WallTime before = wall_time(limit(longest)) - length_of(Tier::day);
    return has_results && results.back().at() < before;
}

}  // namespace vigia::sqlite
