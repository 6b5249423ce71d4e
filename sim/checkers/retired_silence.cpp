#include "sim/checkers/retired_silence.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace vigia::sim {

namespace {

constexpr Duration kAllowance = std::chrono::seconds(1);
/// A step of the wall clock makes older times incomparable for a while.
constexpr Duration kConfusing = std::chrono::hours(1);

}  // namespace

Duration longest_check(const Policy& policy) {
    const int attempts = std::max(1, policy.retry_attempts);
    return policy.timeout * attempts + policy.retry_delay * (attempts - 1);
}

void RetiredSilenceChecker::starting(const Moment& moment, const Config& config,
                                     const StoredState&) {
    configure(moment, config);
    for (auto& [id, removal] : removed_) removal.longest_check = Duration::zero();
}

void RetiredSilenceChecker::reloaded(const Moment& moment, const Config& config) {
    configure(moment, config);
}

void RetiredSilenceChecker::configure(const Moment& moment, const Config& config) {
    std::unordered_map<MonitorId, MonitorPtr> watched;
    for (const MonitorPtr& monitor : config.monitors) {
        if (!monitor->enabled) continue;
        watched.emplace(monitor->id, monitor);
        removed_.erase(monitor->id);
    }
    for (const auto& [id, monitor] : watched_) {
        if (!watched.contains(id)) removed_[id] = {moment, longest_check(monitor->policy)};
    }
    watched_ = std::move(watched);
}

void RetiredSilenceChecker::probe_started(const Moment& moment, const MonitorId& monitor) {
    const auto removal = removed_.find(monitor);
    if (removal == removed_.end()) return;
    const Duration since = moment.elapsed - removal->second.at.elapsed;
    if (since <= removal->second.longest_check + kAllowance) return;
    findings_.report({"invariant 4", moment.elapsed, monitor,
                      fmt::format("probed {} s after its removal", to_seconds(since))});
}

void RetiredSilenceChecker::committed(const Moment& moment, const Batch& batch) {
    for (const Notification& row : batch.notifications) {
        if (!known_.insert(row.id).second) continue;
        const MonitorId& monitor = row.announcement->monitor;
        const auto removal = removed_.find(monitor);
        if (removal == removed_.end() || row.created_at <= removal->second.at.now.wall) continue;
        if (moment.elapsed - kConfusing < last_step_) continue;
        findings_.report({"invariant 4", moment.elapsed, monitor,
                          fmt::format("{} was announced after the removal", row.id.str())});
    }
}

}  // namespace vigia::sim
