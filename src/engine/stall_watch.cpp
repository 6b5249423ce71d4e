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
        remember({now, late});
        if (late > kTolerance) {
            ++stalls_;
            longest_ = std::max(longest_, late);
        }
        last_beat_ = now;
    }
}

/// A later stall of at least the same length stands for those before it: whoever was under way in
/// one of them and still is, was under way in it too.
void StallWatch::remember(Stall stall) {
    using std::chrono::milliseconds;
    constexpr Duration kLongest = kTolerance + milliseconds(1);
    stall.length = std::chrono::floor<milliseconds>(std::min(stall.length, kLongest));
    if (stall.length <= Duration::zero()) return;
    while (!recent_.empty() && recent_.back().length <= stall.length) recent_.pop_back();
    recent_.push_back(stall);
}

Duration StallWatch::longest_between(MonoTime from, MonoTime to) const {
    // After a stall the probe's own timer may run before the heartbeat's: then the beat is overdue.
    Duration longest = std::min(to - (last_beat_ + kPeriod), to - from);
    for (const Stall& stall : recent_) {
        longest = std::max(longest, std::min(stall.length, stall.end - from));
    }
    return std::max(longest, Duration::zero());
}

}  // namespace vigia
