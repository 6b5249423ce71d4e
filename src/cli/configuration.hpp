#pragma once

#include "base/result.hpp"
#include "cli/terminal.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vigia {

/// Reading a configuration needs the file itself and what it refers to.
struct ConfigurationFile {
    std::string name;  ///< as given on the command line
    /// The whole file. The error's detail is for people, in a language it chose itself; no such
    /// file is no_such_file_or_directory.
    std::function<Result<std::string>(const std::string& name)> read;
    ConfigSources sources;
};

/// What came of reading it.
enum class ConfigurationState : std::uint8_t {
    good,
    missing,     ///< there is no such file
    unreadable,  ///< there is, but it cannot be read
    invalid,
    nothing_to_monitor,  ///< valid, but no monitor is enabled
};

struct ConfigurationReading {
    ConfigurationState state = ConfigurationState::good;
    std::optional<Config> config;       ///< with `good` and `nothing_to_monitor`
    std::vector<std::string> errors;    ///< lines, FILE in front; empty if and only if `good`
    std::vector<std::string> warnings;  ///< likewise, without the word "warning"
    Language language = Language::es;   ///< of these lines
};

/// Reads the file. `fallback` is the language until the file has named one.
ConfigurationReading read_configuration(const ConfigurationFile& file, Language fallback);

/// Prints the errors of a reading to standard error, each a line.
void print_errors(const ConfigurationReading& reading, Terminal& terminal);

}  // namespace vigia
