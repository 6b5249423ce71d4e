#pragma once

#include <cstdint>
#include <string_view>

namespace vigia {

/// What one probe, or one check, found out.
enum class Outcome : std::uint8_t {
    up,        ///< the target answered as wanted
    degraded,  ///< it answered, with a warning; good for every threshold
    down,      ///< the target's fault
    unknown,   ///< our own failure to look: counts for nothing
};

constexpr bool is_good(Outcome outcome) {
    return outcome == Outcome::up || outcome == Outcome::degraded;
}

/// The confirmed health of a monitor, after thresholds.
enum class Health : std::uint8_t { pending, up, degraded, down };

/// Names used in JSON, metrics and tables; not translated.
std::string_view to_string(Outcome outcome);
std::string_view to_string(Health health);

}  // namespace vigia
