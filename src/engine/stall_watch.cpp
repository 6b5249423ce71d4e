#include "engine/stall_watch.hpp"

#include <algorithm>

namespace vigia {

StallWatch::StallWatch(Clock& clock) : clock_(clock), last_beat_(clock.now().mono) {}

boost::asio::awaitable<void> StallWatch::run() {
    last_beat_ = clock_.now().mono;
    for (;;) {
        const bool slept = co_await clock_.sleep_until(last_beat_ + kPeriod);
        if (!slept) co_return;
        const MonoTime now = clock_.now().mono;
        const Duration late = now - (last_beat_ + kPeriod);
        if (late > kTolerance) {
            ++stalls_;
            longest_ = std::max(longest_, late);
            last_stall_end_ = now;
        }
        last_beat_ = now;
    }
}

bool StallWatch::stalled_between(MonoTime from, MonoTime to) const {
    // After a stall the probe's own timer may run before the heartbeat's: then the beat is overdue.
    return last_stall_end_ >= from || to - last_beat_ > kPeriod + kTolerance;
}

}  // namespace vigia
