#include "sim/checkers/convergence.hpp"

#include "sim/checkers/retired_silence.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace vigia::sim {

Duration ConvergenceChecker::longest(const Policy& policy) {
    const Duration interval = policy.check_interval;
    // A check longer than its interval makes the next slot the one after.
    const Duration slot = std::max(interval, longest_check(policy) + interval);
    const int checks = std::max(policy.alert_threshold, policy.recovery_threshold);
    return slot * checks + interval * 2 + std::chrono::seconds(60);
}

void ConvergenceChecker::starting(const Moment& moment, const Config& config, const StoredState&) {
    watched_.clear();
    reloaded(moment, config);
}

void ConvergenceChecker::reloaded(const Moment& moment, const Config& config) {
    std::unordered_map<MonitorId, Watched> watched;
    for (const MonitorPtr& monitor : config.monitors) {
        if (!monitor->enabled) continue;
        const auto before = watched_.find(monitor->id);
        const bool same = before != watched_.end() && *before->second.monitor == *monitor;
        watched[monitor->id] = {monitor, same ? before->second.since : moment.elapsed};
    }
    watched_ = std::move(watched);
}

void ConvergenceChecker::sampled(const Moment& moment, const Sample& sample) {
    for (const auto& [id, watched] : watched_) {
        const auto [steady_since, truth] = sample.truth_of(id);
        if (!truth) continue;
        const Duration since =
            std::max({steady_since, watched.since, sample.calm.machine, sample.calm.store});
        if (moment.elapsed - since < longest(watched.monitor->policy)) continue;
        const MonitorState* const shown = sample.state_of(id);
        const bool up =
            shown != nullptr && (shown->health == Health::up || shown->health == Health::degraded);
        const bool down = shown != nullptr && shown->health == Health::down;
        if (*truth ? up : down) continue;
        findings_.report({"invariant 9", moment.elapsed, id,
                          fmt::format("has been {} for {} s and is shown as {}",
                                      *truth ? "up" : "down", to_seconds(moment.elapsed - since),
                                      shown == nullptr ? "nothing" : to_string(shown->health))});
    }
}

}  // namespace vigia::sim
