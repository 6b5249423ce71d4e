#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// The unit of a duration that is written as a plain number.
enum class DurationUnit : std::uint8_t { seconds, minutes, hours, days };

/// The longest duration that a configuration may ask for; a leap year.
constexpr Duration kLongestDuration = std::chrono::hours(366 * 24);

/// Value of a JSON number as it is written; beyond what a double holds: infinity or zero.
double number_value(std::string_view text);

/// A JSON number as an integer: also `3.0` and `1e3`. Nothing if it has a fraction or does not fit.
std::optional<std::int64_t> integer_value(std::string_view text);

/// `number` units, to the nanosecond. Nothing if that is outside ±292 years.
std::optional<Duration> duration_of(double number, DurationUnit unit);

/// "500ms", "10s", "5m", "2h", "1d", with decimals if wanted: "1.5h". Nothing for anything else.
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest text that parse_duration() reads back, of a duration of whole milliseconds.
std::string duration_text(Duration duration);

}  // namespace vigia
