#include "sim/config_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <string_view>

namespace vigia::sim {

namespace {

constexpr std::string_view kDatabase = "postgresql://";

bool is_database(const MonitorText& monitor) {
    return monitor.url.starts_with(kDatabase);
}

/// The members that say what is watched.
std::string target_of(const MonitorText& monitor) {
    if (!is_database(monitor)) return fmt::format("\"url\": \"{}\"", monitor.url);
    const std::string rest = monitor.url.substr(kDatabase.size());
    return fmt::format("\"type\": \"postgresql\", \"host\": \"{}\", \"database\": \"{}\"",
                       rest.substr(0, rest.find(':')), rest.substr(rest.find('/') + 1));
}

std::string monitor_text(const MonitorText& m) {
    return fmt::format(
        "\"{}\": {{{}, \"check_interval\": {}, \"timeout\": {}, \"retry_attempts\": {}, "
        "\"retry_delay\": {}, \"alert_threshold\": {}, \"recovery_threshold\": {}, "
        "\"alert_repeat_interval\": {}, \"enabled\": {}}},\n",
        m.name, target_of(m), to_seconds(m.interval), to_seconds(m.timeout), m.attempts,
        to_seconds(m.retry_delay), m.alert_threshold, m.recovery_threshold, m.repeat_minutes,
        m.enabled);
}

}  // namespace

std::string ConfigText::str() const {
    std::string websites;
    std::string databases;
    for (const MonitorText& m : monitors)
        (is_database(m) ? databases : websites) += monitor_text(m);
    std::string text;
    auto out = std::back_inserter(text);
    fmt::format_to(out,
                   "{{\n\"language\": \"{}\",\n\"websites\": {{\n{}}},\n"
                   "\"databases\": {{\n{}}},\n",
                   language, websites, databases);
    if (!recipients.empty()) {
        fmt::format_to(out,
                       "\"email\": {{\"smtp_server\": \"mail.sim\", \"sender_email\": "
                       "\"vigia@watch.sim\", \"sender_password\": \"secret\", "
                       "\"recipient_emails\": [\"{}\"]}},\n",
                       fmt::join(recipients, "\", \""));
    }
    fmt::format_to(out, "\"notifications\": {{\"expiry\": {}}}\n}}\n", expiry_hours);
    return text;
}

}  // namespace vigia::sim
