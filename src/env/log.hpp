#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vigia {

enum class LogLevel : std::uint8_t { debug, info, warning, error, critical };

/// "INFO"; Python's names, as in the specification.
std::string_view to_string(LogLevel level);

/// Where log lines go. Writing never blocks and never fails for the caller: a sink that cannot keep
/// up drops and counts. Any thread.
class Log {
public:
    virtual ~Log() = default;

    /// One event, one line: `text` is already translated; the sink adds the time and the level and
    /// escapes what could break or disguise the line, so outside text may be passed as it is.
    virtual void write(LogLevel level, std::string text) = 0;

    /// False if a line of that level would be thrown away: spares building its text.
    virtual bool enabled(LogLevel level) const = 0;

    /// Lines so far that were dropped because the sink could not keep up.
    virtual std::uint64_t dropped() const { return 0; }
};

}  // namespace vigia
