#pragma once

#include "base/time.hpp"

#include <string>

namespace vigia {

// Fractions are cut off, never rounded up: no printed time lies in the future. Any thread.

/// `2024-12-19 10:15:23` in the machine's time zone (localtime_r; the zone is read once, at the
/// first use).
std::string format_local(WallTime time);

/// `2024-12-19T10:15:23.123Z` (RFC 3339, UTC, milliseconds), for JSON.
std::string format_utc(WallTime time);

/// `Thu, 19 Dec 2024 10:15:23 +0100` (RFC 5322), for mail.
std::string format_rfc5322(WallTime time);

}  // namespace vigia
