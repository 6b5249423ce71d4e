#pragma once

#include "base/i18n.hpp"
#include "base/secret.hpp"
#include "core/mail.hpp"
#include "core/monitor.hpp"
#include "core/retention.hpp"
#include "env/log.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

enum class LogFormat : std::uint8_t { text, json };

/// `logging_settings`.
struct LoggingSettings {
    bool enable_file_logging = true;
    std::string log_file = "monitor_servicios.log";  ///< absolute, or relative to the working
                                                     ///< directory when made by default
    std::uint64_t max_bytes = 5'242'880;             ///< 0: never rotate
    std::uint32_t backup_count = 5;                  ///< 0: never rotate
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;

    friend bool operator==(const LoggingSettings&, const LoggingSettings&) = default;
};

/// `notifications`.
struct NotificationSettings {
    Duration retry_initial = std::chrono::seconds(5);
    Duration retry_max = std::chrono::seconds(300);
    Duration expiry = std::chrono::hours(24);

    friend bool operator==(const NotificationSettings&, const NotificationSettings&) = default;
};

/// `uplink`: how to tell that this machine is cut off.
struct UplinkSettings {
    bool enabled = true;
    std::vector<std::string> canaries;  ///< "HOST:PORT", beside the gateway and the name servers
    Duration notice_after = std::chrono::minutes(1);  ///< shorter losses are only logged

    friend bool operator==(const UplinkSettings&, const UplinkSettings&) = default;
};

/// `health`: how the monitor tells of itself.
struct HealthSettings {
    bool notices = true;  ///< its troubles go to the recipients, too
    Secret ping_url;      ///< asked while the monitor is well; empty: nobody is
    Duration ping_interval = std::chrono::seconds(60);

    friend bool operator==(const HealthSettings&, const HealthSettings&) = default;
};

/// `web`: read and validated; served by a later version.
struct WebSettings {
    bool enabled = true;
    bool configured = false;  ///< the section is present
    std::string listen = "127.0.0.1:8080";
    std::string base_path;
    bool allow_unauthenticated = false;

    friend bool operator==(const WebSettings&, const WebSettings&) = default;
};

/// `storage`.
struct StorageSettings {
    std::string path;  ///< empty: not configured
    Retention retention{};

    friend bool operator==(const StorageSettings&, const StorageSettings&) = default;
};

/// A remark that does not stop the start, with its place.
struct ConfigProblem {
    std::size_t line = 0;    ///< 1-based; 0: no place
    std::size_t column = 0;  ///< 1-based, in code points
    std::string pointer;     ///< RFC 6901; empty: the whole document, or a syntax error
    std::string message;     ///< translated, one line, no secret

    friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};

/// A whole configuration: validated, immutable, complete. Defaults are filled in.
struct Config {
    Language language = Language::es;
    std::vector<MonitorPtr>
        monitors;  ///< websites, databases, services, in the order of the file; disabled ones too
    std::optional<EmailChannel> email;
    Policy defaults;                            ///< `monitor_settings`
    std::size_t max_database_connections = 64;  ///< to one server at once; read at the start only
    LoggingSettings logging;
    NotificationSettings notifications;
    UplinkSettings uplink;
    HealthSettings health;
    StorageSettings storage;
    WebSettings web;
    std::vector<ConfigProblem> warnings;

    std::size_t enabled_monitors() const;
};

/// The world as far as reading a configuration needs it; injected, so that tests need no files.
struct ConfigSources {
    /// The content of a file, or nothing if it cannot be read (a `_file` variant).
    std::function<std::optional<std::string>(const std::string& path)> read_file;
    /// An environment variable, or nothing if it is unset.
    std::function<std::optional<std::string>(const std::string& name)> environment;
    /// The A-labels of a host name that is not ASCII (RFC 5890), or nothing if it has none. Null:
    /// such names stay as they are.
    std::function<std::optional<std::string>(std::string_view host)> ascii_host;
    /// Directory that relative paths start from: that of the configuration file.
    std::string base_directory;
};

/// Exactly one of a Config and at least one error; errors are in the order of their places.
struct ConfigOutcome {
    std::optional<Config> config;
    std::vector<ConfigProblem> errors;
    Language language = Language::es;  ///< the document's, as far as it could be read
};

/// Reads a configuration (PRODUCT §3): JSON with comments, trailing commas and a BOM; reports every
/// error at once. At most 64 MiB, 32 levels deep, 1,000,000 values. Never throws on any input.
/// `fallback` is the language of the messages until the document's own is known.
ConfigOutcome parse_config(std::string_view text, const ConfigSources& sources, Language fallback);

/// `FILE:LINE:COLUMN: /json/pointer: message`; outside text escaped.
std::string format_problem(std::string_view file, const ConfigProblem& problem);

}  // namespace vigia
