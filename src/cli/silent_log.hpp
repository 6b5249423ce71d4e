#pragma once

#include "env/log.hpp"

#include <string>

namespace vigia {

/// A Log for commands that print their results themselves: everything is thrown away.
class SilentLog final : public Log {
public:
    void write(LogLevel, std::string) override {}
    bool enabled(LogLevel) const override { return false; }
};

}  // namespace vigia
