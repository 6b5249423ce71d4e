#include "store/sqlite/span_book.hpp"

#include "store/sqlite/columns.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace vigia::sqlite {
namespace {

std::optional<SpanState> span_state_of(Health health) {
    switch (health) {
        case Health::pending:
            return std::nullopt;
        case Health::up:
            return SpanState::up;
        case Health::degraded:
            return SpanState::degraded;
        case Health::down:
            return SpanState::down;
    }
    return std::nullopt;
}

std::uint32_t whole_microseconds(Duration d) {
    constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(d / std::chrono::microseconds(1), 0, kMost));
}

}  // namespace

SpanBook::SpanBook(Database& database, WallTime seen)
    : database_(database),
      put_monitor_(database, "INSERT INTO monitor (id) VALUES (?)"),
      find_monitor_(database, "SELECT no FROM monitor WHERE id = ?"),
      put_state_(database, "UPDATE monitor SET state = ?, since = ? WHERE no = ?"),
      put_span_(database,
                "INSERT OR REPLACE INTO span (monitor, ended, began, state) VALUES (?,?,?,?)") {
    read(seen);
}

void SpanBook::read(WallTime seen) {
    constexpr std::int64_t kMost = std::numeric_limits<MonitorNumber>::max();
    Statement monitors(database_,
                       "SELECT no, id, state, since FROM monitor WHERE no BETWEEN 1 AND ?");
    monitors.bind(1, kMost);
    while (monitors.step()) {
        Entry& entry = entries_[MonitorId(monitors.text(1))];
        entry.number = static_cast<MonitorNumber>(monitors.integer(0));
        if (const auto state = known_value(monitors.text(2), SpanState::maintenance)) {
            entry.track = SpanTrack(*state, wall_time(monitors.integer(3)), seen);
        }
    }
    Statement states(database_, "SELECT monitor, health FROM state");
    while (states.step()) {
        entries_[MonitorId(states.text(0))].health =
            known_value(states.text(1), Health::down).value_or(Health::pending);
    }
}

std::vector<StoredResult> SpanBook::write(const Batch& batch, const ReasonNumbers& reasons) {
    StatesOf states;
    for (const StateRow& row : batch.states) states[row.monitor].push_back(&row.state);
    std::vector<StoredResult> results;
    results.reserve(batch.results.size());
    for (const ResultRow& row : batch.results) {
        Entry& entry = entries_[row.monitor];
        if (entry.number == 0) entry.number = number_of(row.monitor);
        const auto waiting = states.find(row.monitor);
        if (waiting != states.end()) {
            // In a merged batch, what a later result decided is none of this one's business.
            auto& of_monitor = waiting->second;
            const auto later = std::ranges::find_if(
                of_monitor, [&](const MonitorState* s) { return s->since && *s->since > row.at; });
            std::for_each(of_monitor.begin(), later,
                          [&](const MonitorState* s) { take_up(*s, entry); });
            of_monitor.erase(of_monitor.begin(), later);
        }
        results.push_back(write(row, entry, reasons));
    }
    for (const auto& [id, of_monitor] : states) {
        Entry& entry = entries_[id];
        for (const MonitorState* state : of_monitor) take_up(*state, entry);
        if (entry.health == Health::pending) entries_.erase(id);  // nobody watches it any more
    }
    return results;
}

StoredResult SpanBook::write(const ResultRow& row, Entry& entry, const ReasonNumbers& reasons) {
    SpanTrack& track = entry.track;
    const std::optional<SpanState> was = track.state();
    const WallTime since = track.began();
    const std::optional<SpanState> is =
        row.outcome == Outcome::unknown ? SpanState::unknown : span_state_of(entry.health);
    const std::optional<Span> ended = track.observe(row.at, row.cycle, is);
    if (ended || track.state() != was || (was && track.began() != since)) put(entry, ended);

    StoredResult result;
    result.monitor = entry.number;
    result.at_ms = std::max(row.at, WallTime{}).time_since_epoch() / std::chrono::milliseconds(1);
    result.total_us = whole_microseconds(row.total);
    result.outcome = row.outcome;
    result.reason = reasons.number_of(row.reason);
    return result;
}

/// The state of one that is forgotten says that there is nothing to keep.
void SpanBook::take_up(const MonitorState& state, Entry& entry) {
    entry.health = state.health;
    if (state != MonitorState{} || !entry.track.state()) return;
    const std::optional<Span> ended = entry.track.end();
    put(entry, ended);
}

void SpanBook::put(const Entry& entry, const std::optional<Span>& ended) {
    if (ended) {
        put_span_.bind(1, std::int64_t{entry.number})
            .bind(2, to_column(ended->ended))
            .bind(3, to_column(ended->began))
            .bind(4, to_string(ended->state))
            .run();
    }
    if (const auto state = entry.track.state()) {
        put_state_.bind(1, to_string(*state)).bind(2, to_column(entry.track.began()));
    }
    // Unbound, they are null.
    put_state_.bind(3, std::int64_t{entry.number}).run();
}

MonitorNumber SpanBook::number_of(const MonitorId& id) {
    for (;;) {
        const bool found = find_monitor_.bind(1, id.str()).step();
        const std::int64_t number = found ? find_monitor_.integer(0) : 0;
        find_monitor_.reset();
        if (found) return number_in<MonitorNumber>(number);
        put_monitor_.bind(1, id.str()).run();
    }
}

void SpanBook::drop(MonitorNumber number) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.number == number; });
}

}  // namespace vigia::sqlite
