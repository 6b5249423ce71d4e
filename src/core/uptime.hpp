#pragma once

#include "base/time.hpp"
#include "core/outcome.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vigia {

/// From `from` until before `to`.
struct TimeRange {
    WallTime from{};
    WallTime to{};

    friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

/// What a monitor was, for the reckoning of its uptime.
enum class SpanState : std::uint8_t {
    up,
    degraded,
    down,
    unknown,      ///< we looked and could not see
    maintenance,  ///< planned
};
/// Names used in JSON and tables; not translated.
std::string_view to_string(SpanState state);

/// A stretch of time in one state. Where there is none, nobody looked.
struct Span {
    WallTime began{};
    WallTime ended{};
    SpanState state = SpanState::unknown;

    friend bool operator==(const Span&, const Span&) = default;
};

/// How long a monitor was what, in some range of time.
class Uptime {
public:
    /// Adds the part of `span` that lies in `range`.
    void add(const Span& span, const TimeRange& range);
    /// `length` must not be negative.
    void add(SpanState state, Duration length);

    Duration in(SpanState state) const { return lengths_[static_cast<std::size_t>(state)]; }
    /// The time that counts: up, degraded or down. Unknown and maintenance do not, nor what is in
    /// no span: the monitor was pending, paused or not there, or vigia did not run.
    Duration observed() const;
    /// Up and degraded, as a share of observed(); nothing where that is zero.
    std::optional<double> share() const;

    friend bool operator==(const Uptime&, const Uptime&) = default;

private:
    std::array<Duration, 5> lengths_{};
};

/// Makes the spans of one monitor out of what its checks find, one after the other. A state holds
/// from one check to the next as long as that is not overdue; after a longer silence (vigia was
/// off, the machine slept, the clock was set ahead) and after a clock that was set back it ends
/// with the last check before, and begins anew.
class SpanTrack {
public:
    /// Silence beyond two cycles that is still none.
    static constexpr Duration kGrace = std::chrono::minutes(1);

    SpanTrack() = default;
    /// Goes on with a span that has not ended, last confirmed at `seen`.
    SpanTrack(SpanState state, WallTime began, WallTime seen)
        : state_(state), began_(began), seen_(std::max(seen, WallTime{})) {}

    /// A check at `at` says that the monitor is `state` (none: there is nothing to say yet). The
    /// next one was due within `cycle`. Returns the span that ended, if one did and has a length.
    /// Times before 1970 count as 1970.
    std::optional<Span> observe(WallTime at, Duration cycle, std::optional<SpanState> state);
    /// The monitor is not watched any more.
    std::optional<Span> end();

    std::optional<SpanState> state() const { return state_; }
    WallTime began() const { return began_; }

private:
    std::optional<Span> close(WallTime at);

    std::optional<SpanState> state_;
    WallTime began_{};
    WallTime seen_{};
};

}  // namespace vigia
