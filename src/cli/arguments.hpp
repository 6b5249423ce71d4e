#pragma once

#include "base/i18n.hpp"
#include "core/notification.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vigia {

enum class Command : std::uint8_t {
    run,
    check,
    validate,
    notify_test,
    notifications,
    notifications_retry,
    demo,
    schema,
    help,
    version,
};

/// What somebody asked for on the command line.
struct Arguments {
    Command command = Command::run;
    std::string config_file = "config.json";  ///< as given: errors begin with it
    /// check: monitors by name or id, none means all; notifications retry: notifications by id.
    std::vector<std::string> names;
    bool json = false;                       ///< check, notifications
    std::string channel;                     ///< notify-test: only this one; empty: all
    std::optional<DeliveryStatus> status{};  ///< notifications: only these
    std::optional<std::size_t> limit{};      ///< notifications: only the newest
    bool all_dead = false;                   ///< notifications retry

    friend bool operator==(const Arguments&, const Arguments&) = default;
};

/// Why a command line is not understood.
struct UsageError {
    enum class Kind : std::uint8_t {
        unknown_command,
        unknown_option,
        misplaced_option,  ///< a known one that this command does not have
        missing_value,
        unwanted_value,  ///< `--json=yes`
        unexpected_argument,
        bad_value,
        missing_argument,  ///< the command needs one; argument = what
    };
    Kind kind = Kind::unknown_command;
    std::string argument;    ///< the offender, hostile
    std::string suggestion;  ///< what may have been meant, or empty

    friend bool operator==(const UsageError&, const UsageError&) = default;
};

using ParsedArguments = std::variant<Arguments, UsageError>;

/// Reads the command line without the program's name. Options may stand before and after the
/// command, `--` ends them, the last of two wins; no command means `run`; the first `--help` or
/// `--version` wins over all that follows.
ParsedArguments parse_arguments(std::span<const std::string_view> arguments);

/// The error in one line, without the program's name.
std::string describe(const UsageError& error, const Catalog& catalog);

/// What `--help` prints.
std::string_view usage_text(const Catalog& catalog);

}  // namespace vigia
