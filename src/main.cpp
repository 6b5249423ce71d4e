// argv and signals meet the real world here, and nowhere else: parse, load, build the Env, run the
// command.

#include "cli/arguments.hpp"
#include "cli/check.hpp"
#include "cli/configuration.hpp"
#include "cli/demo/demo.hpp"
#include "cli/descriptor_budget.hpp"
#include "cli/exit_status.hpp"
#include "cli/notifications.hpp"
#include "cli/notify_test.hpp"
#include "cli/phrase.hpp"
#include "cli/process_signals.hpp"
#include "cli/run.hpp"
#include "cli/silent_log.hpp"
#include "cli/standard_terminal.hpp"
#include "cli/store_place.hpp"
#include "cli/systemd.hpp"
#include "cli/validate.hpp"
#include "config/document.hpp"
#include "config/schema.hpp"
#include "env/real/asio_clock.hpp"
#include "env/real/curl_http_client.hpp"
#include "env/real/curl_mailer.hpp"
#include "env/real/db_router.hpp"
#include "env/real/host_facts.hpp"
#include "env/real/log_writer.hpp"
#include "env/real/mysql_client.hpp"
#include "env/real/net_canaries.hpp"
#include "env/real/odbc_client.hpp"
#include "env/real/pg_client.hpp"
#include "env/real/process.hpp"
#include "env/real/resolver.hpp"
#include "store/memory_store.hpp"
#include "store/sqlite/sqlite_delivery_log.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// The loop and the clock, which the log needs before anything else is built.
struct Loop {
    asio::io_context context{1};
    AsioClock clock{context};
};

/// Every port on the real world, wired by hand. Outlived by the loop and the log.
class World {
public:
    World(Loop& loop, Log& log)
        : resolver_(loop.context, loop.clock, resolver_options()),
          http_(loop.context, loop.clock, resolver_, HttpClientOptions{}),
          postgresql_(loop.context, loop.clock, resolver_),
          mysql_(loop.context, loop.clock, resolver_),
          odbc_(loop.context, loop.clock, odbc_options()),
          db_({postgresql_, mysql_, odbc_}),
          mailer_(loop.context, loop.clock, resolver_, MailerOptions{}),
          canaries_(loop.context, loop.clock, resolver_, canary_options()),
          rng_(fresh_seed()),
          env_{loop.clock, http_, db_, mailer_, canaries_, log, rng_, read_host_facts()} {}

    Env& env() { return env_; }
    /// Threads that are given up on and may still run inside a driver.
    bool has_hanging_drivers() const { return odbc_.hanging() > 0; }

private:
    static ResolverOptions resolver_options() {
        ResolverOptions options;
        options.servers = resolver_servers_from_environment();
        return options;
    }

    static CanaryOptions canary_options() {
        CanaryOptions options;
        options.servers = resolver_servers_from_environment();
        return options;
    }

    OdbcOptions odbc_options() {
        OdbcOptions options;
        options.resolver = &resolver_;
        return options;
    }

    Resolver resolver_;
    CurlHttpClient http_;
    PgClient postgresql_;
    MysqlClient mysql_;
    OdbcClient odbc_;
    DbRouter db_;
    CurlMailer mailer_;
    NetCanaries canaries_;
    Rng rng_;
    Env env_;
};

/// Runs `command` to its end and returns its exit status; what it throws is thrown on.
int run_to_end(Loop& loop, asio::awaitable<int> command) {
    int status = kExitFailed;
    std::exception_ptr failure;
    asio::co_spawn(loop.context, std::move(command), [&](std::exception_ptr error, int result) {
        failure = std::move(error);
        status = result;
        // The command has waited for everything it began; what is left are the ports' own watches.
        loop.context.stop();
    });
    loop.context.run();
    if (failure) std::rethrow_exception(failure);
    return status;
}

/// The end of a command. What a process takes down at its exit, a driver that still hangs may be
/// using: then it is left standing.
int leave(const World& world, int status) {
    if (world.has_hanging_drivers()) {
        std::fflush(nullptr);
        ::_exit(status);
    }
    return status;
}

/// A console that nobody reads must not hold up the stop.
constexpr std::chrono::seconds kLogGrace{1};

/// What every command is given.
struct Start {
    Arguments arguments;
    Language language;  ///< of the locale
    Terminal& terminal;
    std::uint64_t descriptors;
};

/// Empty if it is unset.
std::string variable(const char* name) {
    return environment_variable(name).value_or(std::string());
}

Language locale_language() {
    return language_of_locale(variable("LC_ALL"), variable("LC_MESSAGES"), variable("LANG"));
}

bool colours_wanted() {
    return variable("NO_COLOR").empty() && environment_variable("TERM").value_or("dumb") != "dumb";
}

ConfigurationFile configuration_file(const Start& start) {
    std::error_code unknown;  // a working directory that is gone: paths stay relative
    const std::filesystem::path path =
        std::filesystem::absolute(start.arguments.config_file, unknown);
    ConfigurationFile file;
    file.name = start.arguments.config_file;
    file.sources = real_sources(path.parent_path().string());
    file.read = [language = start.language](const std::string& name) -> Result<std::string> {
        Result<std::string> text = read_file(name, Document::kMaxBytes);
        if (text) return text;
        const int error = text.error().code.value();
        return Error{text.error().code, describe_system_error(error, Catalog(language))};
    };
    return file;
}

LogWriterOptions log_options() {
    LogWriterOptions options;
    options.wall_clock = &wall_clock_now;  // not of the loop: a stuck writer outlives that
    return options;
}

/// The store of `run`, or none, and why not.
struct OpenedStore {
    std::unique_ptr<Store> store;
    std::string path;
    std::string failure;
};

/// A file that is there and cannot be used is never replaced by memory: what it holds would be
/// forgotten. An empty one holds nothing.
OpenedStore open_store(Loop& loop, const StorePlace& place, const Retention& retention,
                       const Catalog& catalog) {
    Result<std::unique_ptr<SqliteFile>> file = SqliteFile::open(place.path, retention);
    if (file)
        return {std::make_unique<SqliteStore>(loop.context, *std::move(file)), place.path, {}};
    OpenedStore none;
    none.path = place.path;
    none.failure = describe_store_error(file.error(), place.path, catalog);
    std::error_code failed;
    const bool nothing_there = std::filesystem::file_size(place.path, failed) == 0 ||
                               failed == std::errc::no_such_file_or_directory ||
                               failed == std::errc::not_a_directory;
    if (!place.configured && nothing_there &&
        file.error().code == make_error_code(StoreErrc::unavailable)) {
        none.store = std::make_unique<MemoryStore>();
    }
    return none;
}

/// Where the store of this configuration is.
StorePlace place_of_store(const Start& start, const Config& config) {
    std::error_code unknown;
    const std::filesystem::path file =
        std::filesystem::absolute(start.arguments.config_file, unknown);
    return store_place(config.storage, variable("STATE_DIRECTORY"), file.parent_path().string());
}

int start_run(const Start& start) {
    const ConfigurationFile file = configuration_file(start);
    ConfigurationReading reading = read_configuration(file, start.language);
    if (reading.state != ConfigurationState::good) {
        print_errors(reading, start.terminal);
        const bool nothing = reading.state == ConfigurationState::missing ||
                             reading.state == ConfigurationState::nothing_to_monitor;
        return nothing ? kExitFailed : kExitBadInput;
    }
    Loop loop;
    LogWriter log(reading.config->logging, Catalog(reading.language), log_options());
    World world(loop, log);
    const OpenedStore opened =
        open_store(loop, place_of_store(start, *reading.config), reading.config->storage.retention,
                   Catalog(reading.language));
    if (!opened.store) {
        log.write(LogLevel::critical, opened.failure);
        log.stop(kLogGrace);
        return kExitFailed;
    }
    ProcessSignals signals(loop.context);

    RunRequest request;
    request.config = std::move(*reading.config);
    request.warnings = std::move(reading.warnings);
    request.file = file.name;
    request.descriptors = start.descriptors;
    request.store_name = opened.path;
    request.no_store = opened.failure;
    request.read_again = [&file](Language language) { return read_configuration(file, language); };
    request.renew_log = [&log](const LoggingSettings& settings, const Catalog& catalog) {
        log.reconfigure(settings, catalog);
        log.reopen();
    };
    Systemd systemd(
        {variable("NOTIFY_SOCKET"), variable("WATCHDOG_USEC"), variable("WATCHDOG_PID")});
    const int status =
        run_to_end(loop, run(world.env(), *opened.store, signals, systemd, std::move(request)));
    log.stop(kLogGrace);
    return leave(world, status);
}

int start_check(const Start& start) {
    ConfigurationReading reading = read_configuration(configuration_file(start), start.language);
    if (reading.state != ConfigurationState::good) {
        print_errors(reading, start.terminal);
        return kExitBadInput;
    }
    Selection selection =
        select_monitors(*reading.config, start.arguments.names, Catalog(reading.language));
    if (!selection.unknown.empty()) {
        for (const std::string& line : selection.unknown) start.terminal.error(line + "\n");
        return kExitBadInput;
    }
    constexpr std::size_t kMostAtOnce = 256;
    CheckRequest request;
    request.monitors = std::move(selection.monitors);
    request.language = reading.language;
    request.json = start.arguments.json;
    request.max_in_flight = std::min(
        kMostAtOnce, descriptor_budget(start.descriptors, request.monitors.size()).max_in_flight);

    Loop loop;
    SilentLog log;
    World world(loop, log);
    return leave(world, run_to_end(loop, check(world.env(), start.terminal, std::move(request))));
}

int start_validate(const Start& start) {
    const ConfigurationFile file = configuration_file(start);
    return validate(file, read_configuration(file, start.language), start.terminal);
}

int start_notify_test(const Start& start) {
    ConfigurationReading reading = read_configuration(configuration_file(start), start.language);
    // Mail can be tried out before there is anything to monitor.
    if (!reading.config) {
        print_errors(reading, start.terminal);
        return kExitBadInput;
    }
    Loop loop;
    SilentLog log;
    World world(loop, log);
    return run_to_end(loop, notify_test(world.env(), start.terminal,
                                        std::move(reading.config->email), reading.language));
}

int start_notifications(const Start& start) {
    const ConfigurationReading reading =
        read_configuration(configuration_file(start), start.language);
    // Deliveries are told of, whatever is monitored now.
    if (!reading.config) {
        print_errors(reading, start.terminal);
        return kExitBadInput;
    }
    const std::string path = place_of_store(start, *reading.config).path;
    SqliteDeliveryLog log(path);
    if (start.arguments.command == Command::notifications_retry) {
        return retry_notifications(
            log, start.terminal, {path, reading.language, start.arguments.names, wall_clock_now()});
    }
    NotificationsRequest request;
    request.store_name = path;
    request.language = reading.language;
    request.filter.status = start.arguments.status;
    request.filter.limit = start.arguments.limit.value_or(request.filter.limit);
    request.json = start.arguments.json;
    return list_notifications(log, start.terminal, request);
}

int start_demo(const Start& start) {
    Loop loop;
    LoggingSettings settings;
    settings.enable_file_logging = false;
    LogWriter log(settings, Catalog(start.language), log_options());
    World world(loop, log);
    ProcessSignals signals(loop.context);

    DemoRequest request;
    request.language = start.language;
    request.width = start.terminal.shape().width;
    request.show = [&](std::string_view text) {
        log.drain(std::chrono::milliseconds(100));
        start.terminal.out(text);
    };
    return run_to_end(loop, demo(world.env(), signals, std::move(request)));
}

int refuse(const std::string& message, const Catalog& catalog, Terminal& terminal) {
    terminal.error("vigia: " + message + "\n" +
                   std::string(catalog.text(N_("“vigia --help” shows the usage."))) + "\n");
    return kExitBadInput;
}

int run_command(Start start) {
    const Catalog catalog(start.language);
    switch (start.arguments.command) {
        case Command::help:
            start.terminal.out(usage_text(catalog));
            return kExitOk;
        case Command::version:
            start.terminal.out("vigia " VIGIA_VERSION "\n");
            return kExitOk;
        case Command::schema:
            start.terminal.out(schema_text());
            return kExitOk;
        case Command::validate:
            return start_validate(start);
        case Command::check:
            return start_check(start);
        case Command::notify_test:
            if (const std::string& channel = start.arguments.channel;
                !channel.empty() && !is_channel(channel)) {
                return refuse(unknown_channel(channel, catalog), catalog, start.terminal);
            }
            return start_notify_test(start);
        case Command::notifications:
        case Command::notifications_retry:
            return start_notifications(start);
        case Command::demo:
            return start_demo(start);
        case Command::run:
            return start_run(start);
    }
    return kExitBadInput;
}

int main_of(std::vector<std::string_view> words) {
    ignore_write_signals();
    forbid_core_dumps();
    prepare_environment();
    const Language language = locale_language();
    StandardTerminal terminal(colours_wanted());
    try {
        ParsedArguments parsed = parse_arguments(words);
        if (const auto* error = std::get_if<UsageError>(&parsed)) {
            const Catalog catalog(language);
            return refuse(describe(*error, catalog), catalog, terminal);
        }
        const int status = run_command({std::move(std::get<Arguments>(parsed)), language, terminal,
                                        raise_descriptor_limit().soft});
        // Half a schema in a file must not pass for a whole one.
        return status == kExitOk && terminal.lost_output() ? kExitFailed : status;
    } catch (const std::exception& error) {
        terminal.error(phrase(Catalog(language), N_("vigia: fatal: {}"), error.what()) + "\n");
        return kExitFailed;
    }
}

}  // namespace

}  // namespace vigia

int main(int argc, char** argv) {
    return vigia::main_of({argv + (argc > 0 ? 1 : 0), argv + argc});
}
