#pragma once

#include "base/time.hpp"
#include "core/slots.hpp"

#include <chrono>

namespace vigia {

/// How long what is over is kept. What is open or pending is kept as long as it is.
struct Retention {
    Duration five_minutes = std::chrono::hours(2 * 24);
    Duration hours = std::chrono::hours(90 * 24);
    Duration days = std::chrono::hours(730 * 24);       ///< also of the spans of uptime
    Duration incidents = std::chrono::hours(730 * 24);  ///< since their end
    Duration notifications = std::chrono::hours(90 * 24);

    constexpr Duration of(Tier tier) const {
        return tier == Tier::five_minutes ? five_minutes : tier == Tier::hour ? hours : days;
    }

    friend bool operator==(const Retention&, const Retention&) = default;
};

}  // namespace vigia
