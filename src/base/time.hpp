#pragma once

#include <chrono>

namespace vigia {

/// Length of time; nanoseconds, signed, about ±292 years.
using Duration = std::chrono::nanoseconds;

/// Tag of the monotonic clock. It has no now(): time enters through env::Clock only, so that a
/// simulation can own it.
struct MonotonicTag {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonotonicTag, Duration>;
    static constexpr bool is_steady = true;
};

/// A point on the monotonic clock, which also runs while the machine sleeps. Every interval and
/// deadline is measured on it. Meaningless outside this process.
using MonoTime = std::chrono::time_point<MonotonicTag, Duration>;

/// A point on the wall clock, UTC. What people see and what survives a restart; never used to
/// measure an interval inside one process.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// Both clocks read together: what "now" is to a pure function.
struct Now {
    MonoTime mono;
    WallTime wall;

    friend bool operator==(const Now&, const Now&) = default;
};

/// The monotonic mark of wall-clock time `then`, for what was remembered over a restart: elapsed
/// time is taken from the wall clock and never negative, so the mark is never after `now`. More
/// than a century counts as a century: whatever a store held, differences stay in range.
constexpr MonoTime mono_mark(WallTime then, const Now& now) {
    constexpr Duration kCentury = std::chrono::days(36'525);
    if (then >= now.wall) return now.mono;
    if (now.wall - kCentury > then) return now.mono - kCentury;
    return now.mono - (now.wall - then);
}

constexpr double to_seconds(Duration d) {
    return std::chrono::duration<double>(d).count();
}

constexpr Duration from_seconds(double s) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

}  // namespace vigia
