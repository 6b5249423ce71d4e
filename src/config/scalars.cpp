#include "config/scalars.hpp"

#include "config/characters.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace vigia {
namespace {

struct Suffix {
    std::string_view text;
    Duration unit;
};

/// Longest first: "ms" also ends in "s".
constexpr std::array<Suffix, 5> kSuffixes{{{"ms", std::chrono::milliseconds(1)},
                                           {"s", std::chrono::seconds(1)},
                                           {"m", std::chrono::minutes(1)},
                                           {"h", std::chrono::hours(1)},
                                           {"d", std::chrono::hours(24)}}};

Duration length_of(DurationUnit unit) {
    switch (unit) {
        case DurationUnit::seconds:
            return std::chrono::seconds(1);
        case DurationUnit::minutes:
            return std::chrono::minutes(1);
        case DurationUnit::hours:
            return std::chrono::hours(1);
        case DurationUnit::days:
            return std::chrono::hours(24);
    }
    return {};
}

std::optional<Duration> times(double number, Duration unit) {
    constexpr double kMost = 9.2e18;  // nanoseconds, just below what 63 bits hold
    const double nanoseconds = number * static_cast<double>(unit.count());
    if (!(std::abs(nanoseconds) < kMost)) return std::nullopt;
    return Duration(std::llround(nanoseconds));
}

/// digits, or digits "." digits.
bool is_plain_decimal(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == 0) return false;
    if (at == text.size()) return true;
    if (text[at] != '.') return false;
    const std::size_t fraction = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at == text.size() && at > fraction;
}

}  // namespace

double number_value(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc::result_out_of_range) return value;
    const bool negative = text.starts_with('-');
    const bool tiny = text.find("e-") != std::string_view::npos ||
                      text.find("E-") != std::string_view::npos ||
                      text.substr(negative ? 1 : 0).starts_with("0.");
    if (tiny) return 0;
    const double huge = std::numeric_limits<double>::infinity();
    return negative ? -huge : huge;
}

std::optional<std::int64_t> integer_value(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return value;
    constexpr double kExact = 9007199254740992.0;  // 2^53: a double has no fraction beyond it
    const double real = number_value(text);
    if (std::trunc(real) != real || std::abs(real) > kExact) return std::nullopt;
    return static_cast<std::int64_t>(real);
}

std::optional<Duration> duration_of(double number, DurationUnit unit) {
    return times(number, length_of(unit));
}

std::optional<Duration> parse_duration(std::string_view text) {
    for (const Suffix& suffix : kSuffixes) {
        if (!text.ends_with(suffix.text)) continue;
        const std::string_view number = text.substr(0, text.size() - suffix.text.size());
        if (!is_plain_decimal(number)) return std::nullopt;
        return times(number_value(number), suffix.unit);
    }
    return std::nullopt;
}

std::string duration_text(Duration duration) {
    for (auto suffix = kSuffixes.rbegin(); suffix != kSuffixes.rend(); ++suffix) {
        if (duration.count() % suffix->unit.count() == 0 && duration >= suffix->unit) {
            return fmt::format("{}{}", duration / suffix->unit, suffix->text);
        }
    }
    if (duration == Duration{}) return "0s";
    return fmt::format("{}ms", std::chrono::duration<double, std::milli>(duration).count());
}

}  // namespace vigia
