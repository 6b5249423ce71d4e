#pragma once

#include "store/store.hpp"

#include <cstdint>
#include <map>
#include <unordered_map>

namespace vigia {

/// The reference implementation of Store: everything in maps, gone with the object. What the others
/// are compared with, what the simulation crashes and restarts on, and what runs when there is no
/// file. Keeps no history: results are counted and forgotten; closed incidents and finished
/// notifications are kept up to a bound, oldest dropped first. One thread.
class MemoryStore final : public Store {
public:
    static constexpr std::size_t kMaxFinished = 10'000;

    boost::asio::awaitable<Result<void>> commit(Batch batch) override;
    Result<StoredState> load() override;

    std::uint64_t commits() const { return commits_; }
    std::uint64_t results() const { return results_; }
    const std::map<IncidentId, Incident>& incidents() const { return incidents_; }
    const std::map<NotificationId, Notification>& notifications() const { return notifications_; }

private:
    void forget_oldest();

    std::unordered_map<MonitorId, MonitorState> states_;
    std::map<IncidentId, Incident> incidents_;
    std::map<NotificationId, Notification> notifications_;
    std::uint64_t commits_ = 0;
    std::uint64_t results_ = 0;
    std::size_t finished_ = 0;  ///< rows finished since the last sweep
};

}  // namespace vigia
