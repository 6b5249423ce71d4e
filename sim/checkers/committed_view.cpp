#include "sim/checkers/committed_view.hpp"

#include <fmt/format.h>

namespace vigia::sim {

bool same_confirmed_state(const MonitorState& a, const MonitorState& b) {
    return a.health == b.health && a.since == b.since;
}

void CommittedViewChecker::starting(const Moment&, const Config& config,
                                    const StoredState& stored) {
    known_.clear();
    watched_.clear();
    for (const StateRow& row : stored.states) known_[row.monitor] = {row.state, row.state};
    for (const MonitorPtr& monitor : config.monitors) {
        if (monitor->enabled) watched_.insert(monitor->id);
    }
}

void CommittedViewChecker::reloaded(const Moment&, const Config& config) {
    std::set<MonitorId> watched;
    for (const MonitorPtr& monitor : config.monitors) {
        if (!monitor->enabled) continue;
        watched.insert(monitor->id);
        if (!watched_.contains(monitor->id)) known_[monitor->id] = {};  // starts afresh
    }
    watched_ = std::move(watched);
}

void CommittedViewChecker::committed(const Moment&, const Batch& batch) {
    for (const StateRow& row : batch.states) {
        Known& known = known_[row.monitor];
        known.before = known.last;
        known.last = row.state;
    }
}

void CommittedViewChecker::sampled(const Moment& moment, const Sample& sample) {
    const bool passed_over =
        sample.store_failing_since && moment.elapsed - *sample.store_failing_since >= kPatience;
    if (passed_over) return;
    for (const MonitorId& monitor : watched_) {
        const MonitorState* const shown = sample.state_of(monitor);
        if (shown == nullptr) {
            findings_.report({"invariant 6", moment.elapsed, monitor, "is not shown at all"});
            continue;
        }
        const Known& known = known_[monitor];
        if (same_confirmed_state(*shown, known.last)) continue;
        if (same_confirmed_state(*shown, known.before)) continue;
        findings_.report({"invariant 6", moment.elapsed, monitor,
                          fmt::format("shows {}, committed is {}", to_string(shown->health),
                                      to_string(known.last.health))});
    }
}

}  // namespace vigia::sim
