#include "store/memory_store.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vigia {

namespace {

/// Drops the oldest finished rows of `rows` until at most `bound` rows are left; rows that are not
/// finished stay. `finished_at` is empty for those.
template <class Rows, class FinishedAt>
void keep_newest(Rows& rows, std::size_t bound, FinishedAt finished_at) {
    if (rows.size() <= bound) return;
    std::vector<std::pair<WallTime, typename Rows::iterator>> finished;
    for (auto it = rows.begin(); it != rows.end(); ++it) {
        if (const std::optional<WallTime> at = finished_at(it->second)) {
            finished.emplace_back(*at, it);
        }
    }
    std::ranges::sort(finished, {}, [](const auto& entry) { return entry.first; });
    const std::size_t surplus = std::min(finished.size(), rows.size() - bound);
    for (std::size_t i = 0; i < surplus; ++i) rows.erase(finished[i].second);
}

}  // namespace

boost::asio::awaitable<Result<void>> MemoryStore::commit(Batch batch) {
    ++commits_;
    results_ += batch.results.size();
    for (StateRow& row : batch.states) {
        if (row.state == MonitorState{}) {
            states_.erase(row.monitor);
        } else {
            states_.insert_or_assign(std::move(row.monitor), std::move(row.state));
        }
    }
    for (Incident& incident : batch.incidents) {
        if (incident.ended_at) ++finished_;
        IncidentId id = incident.id;
        incidents_.insert_or_assign(std::move(id), std::move(incident));
    }
    for (Notification& row : batch.notifications) {
        if (row.finished_at) ++finished_;
        NotificationId id = row.id;
        notifications_.insert_or_assign(std::move(id), std::move(row));
    }
    forget_oldest();
    co_return Result<void>();
}

void MemoryStore::forget_oldest() {
    if (finished_ < kMaxFinished / 10) return;  // a sweep looks at every row: let it be rare
    finished_ = 0;
    keep_newest(incidents_, kMaxFinished, [](const Incident& i) { return i.ended_at; });
    keep_newest(notifications_, kMaxFinished, [](const Notification& n) { return n.finished_at; });
}

Result<StoredState> MemoryStore::load() {
    StoredState stored;
    for (const auto& [id, state] : states_) stored.states.push_back({id, state});
    for (const auto& [id, incident] : incidents_) {
        if (!incident.ended_at) stored.open_incidents.push_back(incident);
    }
    for (const auto& [id, row] : notifications_) {
        if (row.status == DeliveryStatus::pending) stored.pending.push_back(row);
    }
    return stored;
}

}  // namespace vigia
