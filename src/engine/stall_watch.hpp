#pragma once

#include "base/time.hpp"
#include "env/clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <vector>

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

    /// What a deadline of `timeout` forgives: more is a stall that may have cost the target its
    /// time.
    static constexpr Duration tolerance_for(Duration timeout) {
        return timeout / 4 < kTolerance ? timeout / 4 : kTolerance;
    }

    /// The longest time of [from, to] that the loop is known to have stood still; `to` is now. Less
    /// than a millisecond, and what falls between two beats, is not known; of a stall that is over,
    /// whole milliseconds are told, and no more than just above kTolerance.
    Duration longest_between(MonoTime from, MonoTime to) const;

    std::uint64_t stalls() const { return stalls_; }  ///< longer than kTolerance
    Duration longest() const { return longest_; }

private:
    struct Stall {
        MonoTime end{};
        Duration length{};
    };
    void remember(Stall stall);

    Clock& clock_;
    MonoTime last_beat_;
    std::vector<Stall> recent_;  // each shorter than the one before: at most one a millisecond
    std::uint64_t stalls_ = 0;
    Duration longest_{};
};

}  // namespace vigia
