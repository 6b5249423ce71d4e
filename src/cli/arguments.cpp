#include "cli/arguments.hpp"

#include "base/text.hpp"
#include "cli/phrase.hpp"
#include "config/object_reader.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace vigia {

namespace {

struct CommandRow {
    std::string_view word;
    Command command;
    bool config;  ///< has -c
};

constexpr std::array<CommandRow, 7> kCommands{{
    {"run", Command::run, true},
    {"check", Command::check, true},
    {"validate", Command::validate, true},
    {"notify-test", Command::notify_test, true},
    {"notifications", Command::notifications, true},
    {"demo", Command::demo, false},
    {"schema", Command::schema, false},
}};

const CommandRow& row_of(Command command) {
    if (command == Command::notifications_retry) command = Command::notifications;
    for (const CommandRow& row : kCommands) {
        if (row.command == command) return row;
    }
    return kCommands.front();
}

std::string nearest_command(std::string_view word) {
    std::vector<std::string_view> known;
    for (const CommandRow& row : kCommands) known.push_back(row.word);
    return std::string(nearest(word, known).value_or(""));
}

std::string nearest_option(std::string_view name) {
    const std::vector<std::string_view> known{"--config", "--json",     "--channel", "--status",
                                              "--limit",  "--all-dead", "--help",    "--version"};
    return std::string(nearest(name, known).value_or(""));
}

constexpr std::size_t kMostEntries = 1'000'000;

std::optional<DeliveryStatus> status_named(std::string_view word) {
    for (int i = 0; i <= static_cast<int>(DeliveryStatus::dead); ++i) {
        if (to_string(static_cast<DeliveryStatus>(i)) == word)
            return static_cast<DeliveryStatus>(i);
    }
    return std::nullopt;
}

std::optional<std::size_t> limit_of(std::string_view digits) {
    std::size_t limit = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, limit);
    if (error != std::errc() || stop != end || limit == 0 || limit > kMostEntries) {
        return std::nullopt;
    }
    return limit;
}

using Kind = UsageError::Kind;

/// One pass over the command line; what each command allows is judged at the end, since options may
/// stand before it.
class Parser {
public:
    explicit Parser(std::span<const std::string_view> arguments) : left_(arguments) {}

    ParsedArguments run() {
        bool options = true;
        while (!left_.empty() && !error_ && !short_cut_) {
            const std::string_view argument = take();
            if (options && argument == "--") {
                options = false;
            } else if (options && argument.size() > 1 && argument.front() == '-') {
                option(argument);
            } else {
                word(argument);
            }
        }
        if (!error_ && !short_cut_) judge();
        if (error_) return std::move(*error_);
        return std::move(parsed_);
    }

private:
    std::string_view take() {
        const std::string_view argument = left_.front();
        left_ = left_.subspan(1);
        return argument;
    }

    void fail(Kind kind, std::string_view argument, std::string suggestion = {}) {
        error_ = UsageError{kind, std::string(argument), std::move(suggestion)};
    }

    void option(std::string_view argument) {
        const bool is_long = argument.starts_with("--");
        // -cFILE and --config=FILE carry their value.
        const std::size_t cut = is_long ? argument.find('=') : std::size_t{2};
        const std::string_view name = argument.substr(0, cut);
        std::optional<std::string_view> value;
        if (cut < argument.size()) value = argument.substr(is_long ? cut + 1 : cut);

        if (name == "-c" || name == "--config") {
            config_option_ = name;
            with_value(name, value, parsed_.config_file);
        } else if (name == "--channel") {
            channel_given_ = true;
            with_value(name, value, parsed_.channel);
        } else if (name == "--status") {
            if (const auto word = value_of(name, value)) {
                parsed_.status = status_named(*word);
                if (!parsed_.status) fail(Kind::bad_value, *word);
            }
        } else if (name == "--limit") {
            if (const auto digits = value_of(name, value)) {
                parsed_.limit = limit_of(*digits);
                if (!parsed_.limit) fail(Kind::bad_value, *digits);
            }
        } else if (name == "--json" || name == "--all-dead") {
            (name == "--json" ? parsed_.json : parsed_.all_dead) = true;
            if (value) fail(Kind::unwanted_value, name);
        } else if (argument == "-h" || argument == "--help") {
            stop_at(Command::help);
        } else if (argument == "--version") {
            stop_at(Command::version);
        } else {
            fail(Kind::unknown_option, name, nearest_option(name));
        }
    }

    std::optional<std::string_view> value_of(std::string_view name,
                                             std::optional<std::string_view> value) {
        if (!value && !left_.empty()) value = take();
        if (value && !value->empty()) return value;
        fail(Kind::missing_value, name);
        return std::nullopt;
    }

    void with_value(std::string_view name, std::optional<std::string_view> value,
                    std::string& target) {
        if (const auto found = value_of(name, value)) target = *found;
    }

    void stop_at(Command command) {
        parsed_ = Arguments{};
        parsed_.command = command;
        short_cut_ = true;
    }

    void word(std::string_view argument) {
        if (parsed_.command == Command::notifications && argument == "retry") {
            parsed_.command = Command::notifications_retry;
            return;
        }
        if (command_given_) {
            parsed_.names.emplace_back(argument);
            return;
        }
        command_given_ = true;
        for (const CommandRow& row : kCommands) {
            if (row.word != argument) continue;
            parsed_.command = row.command;
            return;
        }
        fail(Kind::unknown_command, argument, nearest_command(argument));
    }

    void judge() {
        const CommandRow& row = row_of(parsed_.command);
        const bool lists = parsed_.command == Command::notifications;
        const bool retries = parsed_.command == Command::notifications_retry;
        if (!config_option_.empty() && !row.config) {
            fail(Kind::misplaced_option, config_option_);
        } else if (parsed_.json && parsed_.command != Command::check && !lists) {
            fail(Kind::misplaced_option, "--json");
        } else if (parsed_.status && !lists) {
            fail(Kind::misplaced_option, "--status");
        } else if (parsed_.limit && !lists) {
            fail(Kind::misplaced_option, "--limit");
        } else if (parsed_.all_dead && !retries) {
            fail(Kind::misplaced_option, "--all-dead");
        } else if (channel_given_ && row.command != Command::notify_test) {
            fail(Kind::misplaced_option, "--channel");
        } else if (retries && parsed_.names.empty() && !parsed_.all_dead) {
            fail(Kind::missing_argument, "ID, --all-dead");
        } else if (!parsed_.names.empty() && parsed_.command != Command::check &&
                   (!retries || parsed_.all_dead)) {
            fail(Kind::unexpected_argument, parsed_.names.front());
        }
    }

    std::span<const std::string_view> left_;
    Arguments parsed_;
    std::optional<UsageError> error_;
    std::string_view config_option_;
    bool channel_given_ = false;
    bool command_given_ = false;
    bool short_cut_ = false;
};

std::string_view message_of(Kind kind) {
    switch (kind) {
        case Kind::unknown_command:
            return N_("unknown command: {}");
        case Kind::unknown_option:
            return N_("unknown option: {}");
        case Kind::misplaced_option:
            return N_("this command does not have the option {}");
        case Kind::missing_value:
            return N_("the option {} needs a value");
        case Kind::unwanted_value:
            return N_("the option {} takes no value");
        case Kind::unexpected_argument:
            return N_("unexpected argument: {}");
        case Kind::bad_value:
            return N_("this option does not take the value {}");
        case Kind::missing_argument:
            return N_("this command needs one of: {}");
    }
    return {};
}

}  // namespace

ParsedArguments parse_arguments(std::span<const std::string_view> arguments) {
    return Parser(arguments).run();
}

std::string describe(const UsageError& error, const Catalog& catalog) {
    constexpr std::size_t kLongestArgument = 200;
    std::string text = phrase(catalog, message_of(error.kind),
                              shorten(escape_line(error.argument), kLongestArgument));
    if (!error.suggestion.empty()) {
        text += " " + phrase(catalog, N_("(did you mean {}?)"), error.suggestion);
    }
    return text;
}

std::string_view usage_text(const Catalog& catalog) {
    return catalog.text(
        N_("usage: vigia [COMMAND] [-c FILE] [OPTIONS]\n"
           "\n"
           "Watches websites, databases and other services, and tells the right people.\n"
           "\n"
           "Commands:\n"
           "  run                    monitor in the foreground until stopped (the default)\n"
           "  check [NAME…] [--json]\n"
           "                         probe all monitors, or those named, once, and print a table\n"
           "  validate               read the configuration and print every error\n"
           "  notify-test [--channel NAME]\n"
           "                         send a test notification to every recipient\n"
           "  notifications [--status STATUS] [--limit N] [--json]\n"
           "                         list the deliveries, newest first\n"
           "  notifications retry ID… | --all-dead\n"
           "                         send again what was refused for good or has expired\n"
           "  demo                   a self-contained tour: an outage, its alert, its recovery\n"
           "  schema                 print the JSON Schema of the configuration\n"
           "\n"
           "Options:\n"
           "  -c, --config FILE      the configuration (./config.json)\n"
           "      --json             check, notifications: print a JSON array, no table\n"
           "      --channel NAME     notify-test: only this channel (email)\n"
           "      --status STATUS    notifications: only pending, delivered, merged or dead\n"
           "      --limit N          notifications: only the newest N (100)\n"
           "  -h, --help             this text\n"
           "      --version          the version\n"
           "\n"
           "Exit status: 0 all well; 1 something is down or cannot be done; 2 bad configuration\n"
           "or usage. While running, SIGTERM and SIGINT stop, SIGHUP reads the configuration\n"
           "again and reopens the log file.\n"));
}

}  // namespace vigia
