#include "config/addresses.hpp"
#include "config/characters.hpp"
#include "config/sections.hpp"
#include "config/url.hpp"

#include <algorithm>

namespace vigia {
namespace {

constexpr std::int64_t kMostCount = 1'000'000;

bool is_object(ReadContext& context, const JsonValue& value) {
    if (value.kind == JsonKind::object) return true;
    context.wrong_type(value, context.text("an object"));
    return false;
}

/// The "HOST:PORT" of a list.
void read_canaries(ReadContext& context, const JsonValue& value, std::vector<std::string>& out) {
    constexpr std::size_t kMost = 16;
    if (value.kind != JsonKind::array) {
        return context.wrong_type(value, context.text("a list of HOST:PORT"));
    }
    if (value.children > kMost) context.error(value, context.text("more than {} entries", kMost));
    const Document& document = context.document();
    for (const JsonValue* v = document.first_child(value); v != nullptr; v = document.next(*v)) {
        std::optional<std::string> text = read_string(context, *v);
        if (!text) continue;
        if (!parse_host_and_port(*text)) {
            context.error(*v, context.text("must be HOST:PORT, such as \"192.0.2.1:443\", "
                                           "\"example.com:443\" or \"[2001:db8::1]:443\""));
            continue;
        }
        out.push_back(std::move(*text));
    }
}

/// At least a day of everything: the next tier takes over where one ends.
void read_retention(ObjectReader& parent, Retention& retention) {
    const JsonValue* value = parent.find_object("retention");
    if (value == nullptr) return;
    constexpr Duration kDay = std::chrono::hours(24);
    constexpr Duration kLongest = 36'525 * kDay;
    ObjectReader reader(parent.context(), *value);
    for (const auto& [key, target] : {std::pair{"five_minutes", &retention.five_minutes},
                                      {"hours", &retention.hours},
                                      {"days", &retention.days},
                                      {"incidents", &retention.incidents},
                                      {"notifications", &retention.notifications}}) {
        reader.read(key, *target,
                    DurationRange{.min = kDay, .max = kLongest, .unit = DurationUnit::days});
    }
    reader.finish();
}

/// "/base": begins with a slash, ends without one.
void read_base_path(ObjectReader& reader, std::string& target) {
    const JsonValue* at = reader.find("base_path");
    if (at == nullptr) return;
    std::optional<std::string> path = read_string(reader.context(), *at);
    if (!path) return;
    const bool plain = std::all_of(path->begin(), path->end(), [](char c) {
        return is_ascii(c) && !is_control(c) && c != ' ' &&
               std::string_view("?#\\\"<>%").find(c) == std::string_view::npos;
    });
    if (!plain || (!path->empty() && path->front() != '/')) {
        reader.context().error(
            *at, reader.context().text("must be empty or a path that begins with \"/\", of plain "
                                       "characters"));
        return;
    }
    while (path->ends_with('/')) path->pop_back();
    target = std::move(*path);
}

void read_web_tls(ObjectReader& parent) {
    const JsonValue* value = parent.find_object("tls");
    if (value == nullptr) return;
    ObjectReader reader(parent.context(), *value);
    std::string path;
    if (reader.require("cert_file") != nullptr) reader.read_path("cert_file", path);
    if (reader.require("key_file") != nullptr) reader.read_path("key_file", path);
    reader.finish();
}

void read_listen(ObjectReader& reader, WebSettings& web, bool authenticated) {
    ReadContext& context = reader.context();
    const JsonValue* at = reader.find("listen");
    if (at == nullptr) return;
    const std::optional<std::string> text = read_string(context, *at);
    if (!text) return;
    const std::optional<ListenAddress> listen = parse_listen(*text);
    if (!listen) {
        context.error(*at, context.text("must be ADDRESS:PORT, such as \"127.0.0.1:8080\", "
                                        "\"[::1]:8080\" or \"0.0.0.0:8080\""));
        return;
    }
    web.listen = *text;
    if (web.enabled && !listen->loopback && !authenticated && !web.allow_unauthenticated) {
        context.error(
            *at, context.text("listening beyond this machine without authentication: configure "
                              "\"auth\", listen on 127.0.0.1, or set "
                              "\"allow_unauthenticated\" to true"));
    }
}

}  // namespace

void read_policy(ObjectReader& reader, Policy& policy) {
    using std::chrono::milliseconds;
    const IntegerRange count{.min = 1, .max = kMostCount};
    reader.read("check_interval", policy.check_interval, DurationRange{.min = milliseconds(100)});
    reader.read("retry_attempts", policy.retry_attempts, count);
    reader.read("retry_delay", policy.retry_delay, DurationRange{});
    reader.read("alert_threshold", policy.alert_threshold, count);
    reader.read("recovery_threshold", policy.recovery_threshold, count);
    reader.read("alert_repeat_interval", policy.alert_repeat_interval,
                DurationRange{.unit = DurationUnit::minutes});
    reader.read("timeout", policy.timeout, DurationRange{.min = milliseconds(10)});
}

void read_monitor_settings(ReadContext& context, const JsonValue& value, Config& config) {
    if (!is_object(context, value)) return;
    ObjectReader reader(context, value);
    read_policy(reader, config.defaults);
    reader.read("max_database_connections", config.max_database_connections,
                IntegerRange{.min = 1, .max = kMostCount});
    reader.finish();
}

LoggingSettings read_logging_settings(ReadContext& context, const JsonValue& value) {
    LoggingSettings logging;
    logging.log_file = context.absolute(logging.log_file);
    if (!is_object(context, value)) return logging;
    constexpr std::int64_t kMostBytes = std::int64_t{1} << 53U;  // exact in every JSON reader
    constexpr std::int64_t kMostBackups = 10'000;
    ObjectReader reader(context, value);
    reader.read("enable_file_logging", logging.enable_file_logging);
    reader.read_path("log_file", logging.log_file);
    reader.read("max_bytes", logging.max_bytes, IntegerRange{.min = 0, .max = kMostBytes});
    reader.read("backup_count", logging.backup_count, IntegerRange{.min = 0, .max = kMostBackups});
    reader.read("level", logging.level,
                {{"DEBUG", LogLevel::debug},
                 {"INFO", LogLevel::info},
                 {"WARNING", LogLevel::warning},
                 {"ERROR", LogLevel::error},
                 {"CRITICAL", LogLevel::critical}});
    reader.read("format", logging.format, {{"text", LogFormat::text}, {"json", LogFormat::json}});
    reader.finish();
    return logging;
}

NotificationSettings read_notifications(ReadContext& context, const JsonValue& value) {
    NotificationSettings settings;
    if (!is_object(context, value)) return settings;
    constexpr Duration kShortest = std::chrono::milliseconds(10);
    ObjectReader reader(context, value);
    reader.read("retry_initial", settings.retry_initial, DurationRange{.min = kShortest});
    const bool has_max =
        reader.read("retry_max", settings.retry_max, DurationRange{.min = kShortest});
    reader.read("expiry", settings.expiry,
                DurationRange{.min = kShortest, .unit = DurationUnit::hours});
    if (settings.retry_max < settings.retry_initial) {
        if (has_max) {
            context.error(*reader.find("retry_max"),
                          context.text("must not be less than \"retry_initial\" ({})",
                                       duration_text(settings.retry_initial)));
        }
        settings.retry_max = settings.retry_initial;
    }
    reader.finish();
    return settings;
}

UplinkSettings read_uplink(ReadContext& context, const JsonValue& value) {
    UplinkSettings uplink;
    if (!is_object(context, value)) return uplink;
    ObjectReader reader(context, value);
    reader.read("enabled", uplink.enabled);
    reader.read("notice_after", uplink.notice_after, DurationRange{});
    if (const JsonValue* canaries = reader.find("canaries")) {
        read_canaries(context, *canaries, uplink.canaries);
    }
    reader.finish();
    return uplink;
}

HealthSettings read_health(ReadContext& context, const JsonValue& value) {
    HealthSettings health;
    if (!is_object(context, value)) return health;
    ObjectReader reader(context, value);
    reader.read("notices", health.notices);
    if (std::optional<GivenSecret> url = reader.secret("ping_url", "ping_url_file")) {
        const ParsedUrl parsed = parse_url(url->secret.reveal(), "http https");
        if (parsed.fault != UrlFault::none || parsed.url.has_user_info) {
            context.error(*url->at, context.text("must be a URL that begins with http:// or "
                                                 "https://, without a user"));
        } else {
            health.ping_url = Secret(without_user_info(parsed.url));
        }
    }
    reader.read("ping_interval", health.ping_interval,
                DurationRange{.min = std::chrono::seconds(1)});
    reader.finish();
    return health;
}

StorageSettings read_storage(ReadContext& context, const JsonValue& value) {
    StorageSettings storage;
    if (!is_object(context, value)) return storage;
    ObjectReader reader(context, value);
    reader.read_path("path", storage.path);
    read_retention(reader, storage.retention);
    reader.finish();
    return storage;
}

WebSettings read_web(ReadContext& context, const JsonValue& value) {
    WebSettings web;
    web.configured = true;
    if (!is_object(context, value)) return web;
    ObjectReader reader(context, value);
    reader.read("enabled", web.enabled);
    reader.read("allow_unauthenticated", web.allow_unauthenticated);
    // Its form comes with the server that reads it; until then it only tells that there is one.
    const JsonValue* auth = reader.find_object("auth");
    read_listen(reader, web, auth != nullptr && auth->children > 0);
    read_base_path(reader, web.base_path);
    read_web_tls(reader);
    reader.finish();
    context.warn(value, context.text("no effect yet: this version has no web server"));
    return web;
}

void read_tls(ObjectReader& parent, TlsOptions& tls) {
    ReadContext& context = parent.context();
    const JsonValue* value = parent.find_object("tls");
    if (value == nullptr) return;
    ObjectReader reader(context, *value);
    read_tls_members(reader, tls);
    reader.finish();
}

void read_tls_members(ObjectReader& reader, TlsOptions& tls) {
    ReadContext& context = reader.context();
    reader.read("verify", tls.verify);
    for (const auto& [key, target] : {std::pair{"ca_file", &tls.ca_file},
                                      {"cert_file", &tls.cert_file},
                                      {"key_file", &tls.key_file}}) {
        if (reader.read_path(key, *target) && !context.readable(*target)) {
            context.warn(*reader.find(key), context.text("the file cannot be read at present"));
        }
    }
    if (!tls.key_file.empty() && tls.cert_file.empty()) {
        context.error(*reader.find("key_file"),
                      context.text("a key without its certificate: add \"cert_file\""));
    }
    if (const JsonValue* at = reader.find("server_name")) {
        const std::optional<std::string> name = read_string(context, *at);
        if (name && !is_host(*name)) {
            context.error(*at, context.text("not a valid host name"));
        } else if (name) {
            tls.server_name = *name;
        }
    }
}

}  // namespace vigia
