#include "sim/checkers/rhythm.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_set>
#include <utility>

namespace vigia::sim {

void RhythmChecker::starting(const Moment& moment, const Config& config, const StoredState&) {
    watched_.clear();
    configure(moment, config);
}

void RhythmChecker::reloaded(const Moment& moment, const Config& config) {
    configure(moment, config);
}

void RhythmChecker::configure(const Moment& moment, const Config& config) {
    std::unordered_set<MonitorId> present;
    for (const MonitorPtr& monitor : config.monitors) {
        if (!monitor->enabled) continue;
        present.insert(monitor->id);
        Watched& watched = watched_[monitor->id];
        const Duration interval = monitor->policy.check_interval;
        // A changed interval holds from the next slot on.
        const bool same = watched.monitor && watched.monitor->policy.check_interval == interval;
        if (!same) watched.quiet_since = moment.elapsed;
        watched.interval = std::max(watched.monitor ? watched.interval : interval, interval);
        watched.monitor = monitor;
    }
    for (auto& [id, watched] : watched_) {
        if (!present.contains(id)) watched.monitor = nullptr;
    }
}

void RhythmChecker::crashed(const Moment&) {
    trying_since_.reset();
    for (auto& [id, watched] : watched_) watched.probing = false;
}

void RhythmChecker::probe_started(const Moment& moment, const MonitorId& monitor) {
    ++probes_;
    Watched& watched = watched_[monitor];
    if (watched.probing) report(moment, monitor, "probed while the probe before is under way");
    check_gap(moment, monitor, watched);
    watched.probing = true;
    watched.quiet_since = moment.elapsed;
    if (watched.monitor) watched.interval = watched.monitor->policy.check_interval;
}

void RhythmChecker::probe_ended(const Moment& moment, const MonitorId& monitor, Sight) {
    probe_abandoned(moment, monitor);
}

void RhythmChecker::probe_abandoned(const Moment& moment, const MonitorId& monitor) {
    Watched& watched = watched_[monitor];
    watched.probing = false;
    watched.quiet_since = moment.elapsed;
}

void RhythmChecker::commit_begun(const Moment& moment) {
    if (!trying_since_) trying_since_ = moment.elapsed;
}

void RhythmChecker::committed(const Moment& moment, const Batch&) {
    if (trying_since_ && moment.elapsed - *trying_since_ > kJitter) {
        commits_late_until_ = moment.elapsed;
    }
    trying_since_.reset();
}

/// Also catches a monitor that is never probed again.
void RhythmChecker::sampled(const Moment& moment, const Sample&) {
    for (const auto& [id, watched] : watched_) check_gap(moment, id, watched);
}

void RhythmChecker::check_gap(const Moment& moment, const MonitorId& id, const Watched& watched) {
    if (!watched.monitor) return;
    const Duration gap = moment.elapsed - std::max(watched.quiet_since, frozen_until_);
    const Policy& policy = watched.monitor->policy;
    const bool commits_late = commits_late_until_ >= watched.quiet_since ||
                              (trying_since_ && moment.elapsed - *trying_since_ > kJitter);
    Duration longest = policy.timeout;
    if (!watched.probing) {
        longest = std::max(watched.interval + watched.interval / 2, policy.retry_delay);
        if (commits_late) longest += kLongestCommit;
    }
    if (gap <= longest + kJitter) return;
    report(moment, id,
           fmt::format("{} for {} s, at an interval of {} s",
                       watched.probing ? "a probe has been under way" : "no probe was made",
                       to_seconds(gap), to_seconds(watched.interval)));
}

void RhythmChecker::report(const Moment& moment, const MonitorId& monitor, std::string what) {
    findings_.report({"invariant 5", moment.elapsed, monitor, std::move(what)});
}

}  // namespace vigia::sim
