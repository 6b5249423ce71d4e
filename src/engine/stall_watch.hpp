#pragma once

#include "base/time.hpp"
#include "env/clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>

namespace vigia {

/// Knows whether this loop was running: a heartbeat that comes late means that the process was
/// stopped, suspended or starved, and that a time-out seen meanwhile says nothing of the target.
/// One per shard, on its thread.
class StallWatch {
public:
    static constexpr Duration kPeriod = std::chrono::milliseconds(250);
    static constexpr Duration kTolerance = std::chrono::milliseconds(500);

    explicit StallWatch(Clock& clock);

    /// The heartbeat, until cancelled.
    boost::asio::awaitable<void> run();

    /// True if the loop stood still for more than kTolerance at some time in [from, to].
    bool stalled_between(MonoTime from, MonoTime to) const;

    std::uint64_t stalls() const { return stalls_; }
    Duration longest() const { return longest_; }

private:
    Clock& clock_;
    MonoTime last_beat_;
    MonoTime last_stall_end_ = MonoTime::min();
    std::uint64_t stalls_ = 0;
    Duration longest_{};
};

}  // namespace vigia
