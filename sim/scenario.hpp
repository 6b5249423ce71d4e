#pragma once

#include "sim/script.hpp"
#include "sim/world.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::sim {

/// What must have come of a scenario.
struct Expectations {
    struct Mails {
        std::string kind;  ///< alert, reminder, recovery, offline, trouble
        std::string to;
        std::string monitor;  ///< its name; of a trouble its words
        std::size_t count = 1;
    };
    std::vector<Mails> mails;                   ///< exactly these
    std::map<std::string, std::string> health;  ///< by the monitor's name
    std::size_t open_incidents = 0;
    std::size_t dead_letters = 0;
};

struct Scenario {
    Script script;
    Expectations expected;
};

/// Reads a scenario file (sim/README.md has the format): JSON with comments; durations as in a
/// configuration. Throws std::invalid_argument that says every place and what is wrong there.
Scenario read_scenario(const std::string& file, std::string_view text);

/// A line for each expectation that was not met; empty if all were.
std::vector<std::string> differences(const Expectations& expected, const Report& report);

/// What was found, with the last lines of the journal and the command that runs it again.
std::string describe(const Report& report, const Script& script);

}  // namespace vigia::sim
