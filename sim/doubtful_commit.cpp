#include "sim/doubtful_commit.hpp"

#include "sim/same_row.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace vigia::sim {

namespace {

bool holds(const StoredState& stored, const StateRow& row) {
    const auto found = std::ranges::find(stored.states, row.monitor, &StateRow::monitor);
    if (found == stored.states.end()) return row.state == MonitorState{};
    return same_row(found->state, row.state);
}

bool holds(const StoredState& stored, const Incident& incident) {
    const auto found = std::ranges::find(stored.open_incidents, incident.id, &Incident::id);
    return (found == stored.open_incidents.end()) == incident.ended_at.has_value();
}

bool holds(const StoredState& stored, const Notification& row) {
    const auto found = std::ranges::find(stored.pending, row.id, &Notification::id);
    if (found == stored.pending.end()) return row.status != DeliveryStatus::pending;
    return row.status == DeliveryStatus::pending && found->attempts == row.attempts;
}

/// Of two rows with one key the later one counts.
template <class Row, class Key>
bool holds_all(const StoredState& stored, const std::vector<Row>& rows, Key Row::*key) {
    std::set<Key> seen;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        if (seen.insert((*row).*key).second && !holds(stored, *row)) return false;
    }
    return true;
}

}  // namespace

const std::optional<Batch>& DoubtfulCommit::found_in(const StoredState& stored) {
    const bool written = batch_ && holds_all(stored, batch_->states, &StateRow::monitor) &&
                         holds_all(stored, batch_->incidents, &Incident::id) &&
                         holds_all(stored, batch_->notifications, &Notification::id);
    if (!written) batch_.reset();
    return batch_;
}

}  // namespace vigia::sim
