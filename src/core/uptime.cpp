#include "core/uptime.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace vigia {

namespace {

/// Sums that only hostile rows reach stay in range.
Duration saturating_sum(Duration a, Duration b) {
    return a > Duration::max() - b ? Duration::max() : a + b;
}

/// to - from, both since 1970: that cannot overflow.
Duration length(WallTime from, WallTime to) {
    return std::max(Duration::zero(), to - from);
}

}  // namespace

std::string_view to_string(SpanState state) {
    switch (state) {
        case SpanState::up:
            return "up";
        case SpanState::degraded:
            return "degraded";
        case SpanState::down:
            return "down";
        case SpanState::unknown:
            return "unknown";
        case SpanState::maintenance:
            return "maintenance";
    }
    assertion_failed("a SpanState without a name");
}

void Uptime::add(const Span& span, const TimeRange& range) {
    const WallTime from = std::max({span.began, range.from, WallTime{}});
    const WallTime to = std::max(std::min(span.ended, range.to), WallTime{});
    add(span.state, length(from, to));
}

void Uptime::add(SpanState state, Duration length) {
    Duration& sum = lengths_[static_cast<std::size_t>(state)];
    sum = saturating_sum(sum, length);
}

Duration Uptime::observed() const {
    return saturating_sum(saturating_sum(in(SpanState::up), in(SpanState::degraded)),
                          in(SpanState::down));
}

std::optional<double> Uptime::share() const {
    const Duration all = observed();
    if (all == Duration::zero()) return std::nullopt;
    return 1 - to_seconds(in(SpanState::down)) / to_seconds(all);
}

std::optional<Span> SpanTrack::observe(WallTime at, Duration cycle,
                                       std::optional<SpanState> state) {
    at = std::max(at, WallTime{});
    const Duration silence = std::clamp(cycle, Duration::zero(), Duration::max() / 4) * 2 + kGrace;
    const bool watched = at >= seen_ && at - seen_ <= silence;
    const WallTime before = std::exchange(seen_, at);
    if (watched && state == state_) return std::nullopt;
    const std::optional<Span> ended = close(watched ? at : before);
    state_ = state;
    began_ = at;
    return ended;
}

std::optional<Span> SpanTrack::end() {
    const std::optional<Span> ended = close(seen_);
    state_.reset();
    return ended;
}

std::optional<Span> SpanTrack::close(WallTime at) {
    if (!state_ || at <= began_) return std::nullopt;
    return Span{began_, at, *state_};
}

}  // namespace vigia
