#include "sim/checkers/bounds.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace vigia::sim {

void BoundsChecker::starting(const Moment&, const Config& config, const StoredState&) {
    configure(config);
}

void BoundsChecker::reloaded(const Moment&, const Config& config) {
    configure(config);
}

/// Checks of removed monitors go on for a while: the bounds never shrink.
void BoundsChecker::configure(const Config& config) {
    monitors_ = std::max(monitors_, config.enabled_monitors());
    if (config.email) recipients_ = std::max(recipients_, config.email->recipients.size());
}

void BoundsChecker::sampled(const Moment& moment, const Sample& sample) {
    most_waiters_ = std::max(most_waiters_, sample.waiters);
    most_pending_ = std::max(most_pending_, sample.pending_notifications);
    check(moment, "probes in flight", sample.probes_in_flight, 2 * monitors_);
    check(moment, "coroutines waiting for a time", sample.waiters, 2 * monitors_ + kLoops);
    check(moment, "notifications pending", sample.pending_notifications,
          monitors_ * recipients_ * kThreadsPerMonitor);
}

void BoundsChecker::check(const Moment& moment, const char* what, std::size_t value,
                          std::size_t bound) {
    if (value <= bound) return;
    findings_.report(
        {"invariant 8", moment.elapsed, {}, fmt::format("{} {}, at most {}", value, what, bound)});
}

}  // namespace vigia::sim
