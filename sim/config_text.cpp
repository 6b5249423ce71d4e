#include "sim/config_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>

namespace vigia::sim {

std::string ConfigText::str() const {
    std::string text;
    auto out = std::back_inserter(text);
    fmt::format_to(out, "{{\n\"language\": \"{}\",\n\"websites\": {{\n", language);
    for (const WebsiteText& w : websites) {
        fmt::format_to(out,
                       "\"{}\": {{\"url\": \"{}\", \"check_interval\": {}, \"timeout\": {}, "
                       "\"retry_attempts\": {}, \"retry_delay\": {}, \"alert_threshold\": {}, "
                       "\"recovery_threshold\": {}, \"alert_repeat_interval\": {}, "
                       "\"enabled\": {}}},\n",
                       w.name, w.url, to_seconds(w.interval), to_seconds(w.timeout), w.attempts,
                       to_seconds(w.retry_delay), w.alert_threshold, w.recovery_threshold,
                       w.repeat_minutes, w.enabled);
    }
    fmt::format_to(out, "}},\n");
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
