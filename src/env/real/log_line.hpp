#pragma once

#include "base/time.hpp"
#include "config/config.hpp"
#include "env/log.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace vigia {

/// Writes log lines as text or JSON. Keeps the text of the last second, since turning a time into
/// local time is the dearest part of a line. One thread.
class LogLineFormatter {
public:
    explicit LogLineFormatter(LogFormat format) : format_(format) {}

    /// The whole line with its \n; `text` is from anywhere and is escaped. The view is good until
    /// the next call.
    std::string_view format(WallTime time, LogLevel level, std::string_view text);

private:
    LogFormat format_;
    std::chrono::seconds second_ = std::chrono::seconds::min();
    std::string stamp_;  ///< of `second_`, local
    std::string line_;
};

}  // namespace vigia
