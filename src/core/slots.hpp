#pragma once

#include "base/time.hpp"
#include "core/uptime.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace vigia {

/// The history is summed up in slots of three lengths, which begin at whole multiples of their
/// length since 1970 UTC; a slot of one tier is a whole number of slots of the one before.
enum class Tier : std::uint8_t { five_minutes, hour, day };
inline constexpr std::array kTiers{Tier::five_minutes, Tier::hour, Tier::day};

constexpr Duration length_of(Tier tier) {
    constexpr std::array<Duration, 3> kLengths{std::chrono::minutes(5), std::chrono::hours(1),
                                               std::chrono::hours(24)};
    return kLengths[static_cast<std::size_t>(tier)];
}

/// The slot that `at` is in. Times before 1970 are in the first.
constexpr std::int64_t slot_of(WallTime at, Tier tier) {
    return at < WallTime{} ? 0 : at.time_since_epoch() / length_of(tier);
}
constexpr WallTime start_of(std::int64_t slot, Tier tier) {
    return WallTime(length_of(tier) * slot);
}

/// The slots from `first` until before `end`.
struct SlotRange {
    Tier tier = Tier::five_minutes;
    std::int64_t first = 0;
    std::int64_t end = 0;

    friend bool operator==(const SlotRange&, const SlotRange&) = default;
};

/// The oldest slot that each tier still has; nothing: it has none.
using OldestSlots = std::array<std::optional<std::int64_t>, kTiers.size()>;

/// The fewest slots that make up `range`, in order, each time in one of them: days where they fit,
/// the shorter ones at its ends. An end that lies within a slot takes all of it, of the shortest
/// tier that still reaches back there. At most five ranges; none where `range` is empty.
std::vector<SlotRange> cover(const TimeRange& range, const OldestSlots& oldest);

}  // namespace vigia
