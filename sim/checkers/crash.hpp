#pragma once

#include "core/notification.hpp"
#include "sim/findings.hpp"
#include "sim/observer.hpp"

#include <map>
#include <unordered_map>

namespace vigia::sim {

/// Invariant 7: a crash anywhere loses no committed transition and invents none. Keeps its own copy
/// of everything that was committed; what the store holds at a start must be just that, and the
/// process must go on from it: states, open incidents, pending notifications.
class CrashChecker final : public Observer {
public:
    explicit CrashChecker(Findings& findings) : findings_(findings) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void started(const Moment& moment, const Sample& sample) override;
    void committed(const Moment& moment, const Batch& batch) override;

private:
    void report(const Moment& moment, const MonitorId& monitor, std::string what);

    Findings& findings_;
    std::unordered_map<MonitorId, MonitorState> states_;
    std::map<IncidentId, MonitorId> open_;
    std::map<NotificationId, Notification> pending_;
    std::vector<MonitorId> watched_;
    std::size_t addressable_ = 0;  ///< pending notifications whose recipient is configured
};

}  // namespace vigia::sim
