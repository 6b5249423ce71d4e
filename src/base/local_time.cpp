#include "base/local_time.hpp"

#include <array>
#include <cstdlib>
#include <ctime>
#include <fmt/format.h>
#include <string_view>

namespace vigia {
namespace {

// strftime() would speak the language of the process's locale; mail wants English.
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::time_t whole_seconds(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::tm local_fields(WallTime time) {
    const std::time_t seconds = whole_seconds(time);
    std::tm fields{};
    ::localtime_r(&seconds, &fields);
    return fields;
}

}  // namespace

std::string format_local(WallTime time) {
    const std::tm t = local_fields(time);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", t.tm_year + 1900, t.tm_mon + 1,
                       t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

std::string format_utc(WallTime time) {
    const auto in_ms = std::chrono::floor<std::chrono::milliseconds>(time);
    const auto ms = (in_ms - std::chrono::floor<std::chrono::seconds>(in_ms)).count();
    const std::time_t seconds = whole_seconds(time);
    std::tm t{};
    ::gmtime_r(&seconds, &t);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.tm_year + 1900, t.tm_mon + 1,
                       t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, ms);
}

std::string format_rfc5322(WallTime time) {
    const std::tm t = local_fields(time);
    const long offset_minutes = std::labs(t.tm_gmtoff) / 60;
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} {}{:02}{:02}",
                       kDays.at(static_cast<std::size_t>(t.tm_wday)), t.tm_mday,
                       kMonths.at(static_cast<std::size_t>(t.tm_mon)), t.tm_year + 1900, t.tm_hour,
                       t.tm_min, t.tm_sec, t.tm_gmtoff < 0 ? '-' : '+', offset_minutes / 60,
                       offset_minutes % 60);
}

}  // namespace vigia
