#pragma once

#include "core/monitor.hpp"
#include "sim/findings.hpp"
#include "sim/observer.hpp"

#include <set>
#include <unordered_map>
#include <utility>

namespace vigia::sim {

/// Invariant 4, as far as there is suppression: nothing is announced for a monitor that was removed
/// or disabled, and nothing probes it once the check under way has ended.
class RetiredSilenceChecker final : public Observer {
public:
    explicit RetiredSilenceChecker(Findings& findings) : findings_(findings) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void clock_stepped(const Moment& moment) override { last_step_ = moment.elapsed; }
    void probe_started(const Moment& moment, const MonitorId& monitor) override;
    void committed(const Moment& moment, const Batch& batch) override;

private:
    struct Removal {
        Moment at;
        Duration longest_check{};
    };
    void configure(const Moment& moment, const Config& config);

    Findings& findings_;
    std::unordered_map<MonitorId, MonitorPtr> watched_;
    std::unordered_map<MonitorId, Removal> removed_;
    std::set<NotificationId> known_;
    Duration last_step_ = Duration::min();
};

/// How long a check may take, waits between its probes included.
Duration longest_check(const Policy& policy);

}  // namespace vigia::sim
