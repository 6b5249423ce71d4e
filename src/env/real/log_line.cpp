#include "env/real/log_line.hpp"

#include "base/local_time.hpp"
#include "base/text.hpp"

namespace vigia {

std::string_view LogLineFormatter::format(WallTime time, LogLevel level, std::string_view text) {
    line_.clear();
    if (format_ == LogFormat::json) {
        line_.append(R"({"time":")").append(format_utc(time));
        line_.append(R"(","level":")").append(to_string(level)).append(R"(","message":")");
        // What is left after escape_line() is UTF-8 without control characters.
        for (const char c : escape_line(text)) {
            if (c == '"' || c == '\\') line_ += '\\';
            line_ += c;
        }
        line_.append("\"}\n");
        return line_;
    }
    const auto second = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch();
    if (second != second_) {
        second_ = second;
        stamp_ = format_local(time);
    }
    line_.append(stamp_).append(" - ").append(to_string(level)).append(" - ");
    line_.append(escape_line(text)).append("\n");
    return line_;
}

}  // namespace vigia
