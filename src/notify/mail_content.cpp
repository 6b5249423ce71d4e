#include "notify/mail_content.hpp"

#include "base/assert.hpp"
#include "base/local_time.hpp"
#include "base/text.hpp"

#include <array>
#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace vigia {
namespace {

/// The words that depend on the kind.
struct KindText {
    Tone tone;
    std::string_view subject;  ///< {} is the monitor's name
    std::string_view headline;
    std::string_view status;
};

KindText text_of(NotificationKind kind) {
    switch (kind) {
        case NotificationKind::alert:
            return {Tone::down, N_("🔴 ALERT: Service down - {}"), N_("Service down"), N_("DOWN")};
        case NotificationKind::reminder:
            return {Tone::down, N_("🔴 REMINDER: Service down - {}"), N_("Service still down"),
                    N_("DOWN")};
        case NotificationKind::recovery:
            return {Tone::recovered, N_("🟢 RECOVERED: Service {}"), N_("Service recovered"),
                    N_("RECOVERED")};
        case NotificationKind::test:
            return {Tone::test, N_("🔔 TEST: monitoring system"), N_("Test message"), N_("TEST")};
        case NotificationKind::offline:
            return {Tone::own, N_("🟠 MONITOR OFFLINE: nothing could be watched"),
                    N_("Monitor was offline"), N_("BACK ONLINE")};
        case NotificationKind::trouble:
            return {Tone::own, N_("🟠 MONITOR IN TROUBLE: {}"), N_("Monitor in trouble"),
                    N_("IN TROUBLE")};
    }
    assertion_failed("a NotificationKind without words");
}

/// An alert that comes when its outage is over: only one that was retried by hand.
bool comes_too_late(const Notification& notification) {
    const bool outage = notification.kind == NotificationKind::alert ||
                        notification.kind == NotificationKind::reminder;
    return outage && notification.announcement->recovered_at;
}

/// The kind whose words it takes.
NotificationKind told_as(const Notification& notification) {
    return comes_too_late(notification) ? NotificationKind::recovery : notification.kind;
}

/// It tells the outage as well as the recovery.
bool tells_both(const Notification& notification) {
    return notification.merged_alert || comes_too_late(notification);
}

std::string_view category_text(MonitorCategory category) {
    switch (category) {
        case MonitorCategory::website:
            return N_("Website");
        case MonitorCategory::database:
            return N_("Database");
        case MonitorCategory::service:
            return N_("Service");
    }
    assertion_failed("a MonitorCategory without a name");
}

/// "0.4 ms", "12 ms", "1.25 s".
std::string format_latency(Duration length) {
    const double seconds = to_seconds(length);
    if (seconds >= 0.9995) return fmt::format("{:.2f} s", seconds);
    const double ms = seconds * 1'000;
    std::string digits = fmt::format("{:.{}f}", ms, ms < 9.95 ? 1 : 0);
    if (digits.ends_with(".0")) digits.resize(digits.size() - 2);
    return digits + " ms";
}

std::string format_timings(const Timings& timings, const Catalog& catalog) {
    struct Part {
        std::string_view name;
        Duration length;
    };
    const std::array<Part, 7> parts{{
        {N_("DNS"), timings.dns},
        {N_("connection"), timings.connect},
        {N_("TLS"), timings.tls},
        {N_("login"), timings.login},
        {N_("first byte"), timings.ttfb},
        {N_("transfer"), timings.transfer},
        {N_("total"), timings.total},
    }};
    std::string out;
    for (const Part& part : parts) {
        if (part.length <= Duration::zero()) continue;
        if (!out.empty()) out += " · ";
        out += fmt::format("{} {}", catalog.text(part.name), format_latency(part.length));
    }
    return out;
}

/// The evidence line by line: its line breaks are kept, every other control character is shown.
std::vector<std::string> evidence_lines(std::string_view evidence) {
    std::vector<std::string> lines;
    std::size_t room = kMaxEvidence;
    while (!evidence.empty() && room > 0) {
        const std::size_t end = evidence.find('\n');
        std::string_view raw = evidence.substr(0, end);
        evidence.remove_prefix(end == std::string_view::npos ? evidence.size() : end + 1);
        if (raw.ends_with('\r')) raw.remove_suffix(1);
        std::string spaced;
        for (const char c : raw.substr(0, kMaxEvidence)) {
            if (c == '\t') {
                spaced += "    ";
            } else {
                spaced += c;
            }
        }
        lines.push_back(shorten(escape_line(spaced), room));
        room -= std::min(room, lines.back().size() + 1);
    }
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
}

/// Builds the fields of one message.
class Composer {
public:
    Composer(const Notification& notification, const Catalog& catalog)
        : notification_(notification), catalog_(catalog) {}

    std::vector<MailContent::Field> outage(const Announcement& about);
    std::vector<MailContent::Field> offline(const Announcement& about);
    std::vector<MailContent::Field> trouble(const Announcement& about);
    std::vector<MailContent::Field> test();

private:
    void add(std::string_view label, std::string value) {
        if (value.empty()) return;
        fields_.push_back({std::string(catalog_.text(label)), std::move(value)});
    }
    void add_status() {
        add(N_("Status"), std::string(catalog_.text(text_of(told_as(notification_)).status)));
    }

    const Notification& notification_;
    const Catalog& catalog_;
    std::vector<MailContent::Field> fields_;
};

std::vector<MailContent::Field> Composer::outage(const Announcement& about) {
    const NotificationKind kind = told_as(notification_);
    const bool recovery = kind == NotificationKind::recovery;
    add(N_("Service"), one_line(about.monitor_name));
    add(N_("Type"), std::string(catalog_.text(category_text(about.category))));
    add_status();
    add(N_("Date and time"),
        format_local(recovery ? about.recovered_at.value_or(notification_.created_at)
                              : about.confirmed_at));
    if (kind == NotificationKind::reminder) {
        // TRANSLATORS: a numbered reminder: {0} is its number, {1} its date and time.
        add(N_("Reminder"), fmt::format(fmt::runtime(catalog_.text("no. {0}, {1}")),
                                        notification_.seq, format_local(notification_.created_at)));
    }
    add(N_("Since"), format_local(about.started_at));
    if (tells_both(notification_)) add(N_("Outage confirmed"), format_local(about.confirmed_at));
    add(N_("Down for"), format_duration(about.down_for));
    add(N_("Reason"), describe(about.reason, catalog_));
    add(N_("Timings"), format_timings(about.timings, catalog_));
    return std::move(fields_);
}

std::vector<MailContent::Field> Composer::offline(const Announcement& about) {
    add_status();
    add(N_("From"), format_local(about.started_at));
    add(N_("Until"), format_local(about.recovered_at.value_or(notification_.created_at)));
    add(N_("Length"), format_duration(about.down_for));
    add(N_("Reason"), describe(about.reason, catalog_));
    return std::move(fields_);
}

std::vector<MailContent::Field> Composer::trouble(const Announcement& about) {
    add_status();
    add(N_("Since"), format_local(about.started_at));
    add(N_("Reason"), describe(about.reason, catalog_));
    return std::move(fields_);
}

std::vector<MailContent::Field> Composer::test() {
    add_status();
    add(N_("Date and time"), format_local(notification_.created_at));
    return std::move(fields_);
}

std::string_view remark_of(const Notification& notification) {
    if (notification.kind == NotificationKind::test) {
        return N_("This is a test: whoever reads it receives the notifications.");
    }
    if (notification.kind == NotificationKind::offline) {
        return N_(
            "The monitoring system had no network. What it could not see in that time counts as "
            "unknown; no outage was announced for it.");
    }
    if (notification.kind == NotificationKind::trouble) {
        return N_(
            "The monitoring system goes on as well as it can, but needs somebody to look at it: "
            "its "
            "log says more.");
    }
    if (tells_both(notification)) {
        return N_(
            "The alert could not be delivered in time: this message tells both the outage and the "
            "recovery.");
    }
    if (notification.retried_at) {
        return N_(
            "This message could not be delivered in time: it tells how things stood at the date "
            "and time below.");
    }
    return {};
}

}  // namespace

std::string one_line(std::string_view outside) {
    // Cut before escaping, too: a name of megabytes is not worth escaping whole.
    return shorten(escape_line(shorten(outside, kMaxFieldValue)), kMaxFieldValue);
}

void add_sender(MailContent& content, const RenderContext& context) {
    const Catalog& catalog = context.catalog;
    content.host = {
        {std::string(catalog.text("Hostname")), one_line(context.host.hostname)},
        {std::string(catalog.text("System")), one_line(context.host.system)},
        {std::string(catalog.text("Machine")), one_line(context.host.machine)},
    };
    content.closing = catalog.text("This is an automatic message of the monitoring system.");
}

MailContent compose_mail(const Notification& notification, const RenderContext& context) {
    const Catalog& catalog = context.catalog;
    const bool test = notification.kind == NotificationKind::test;
    const Announcement* const about = notification.announcement.get();
    VIGIA_ASSERT(test || about != nullptr);
    const KindText words = text_of(test ? notification.kind : told_as(notification));

    MailContent content;
    content.tone = words.tone;
    if (notification.kind == NotificationKind::trouble) {
        content.about = one_line(describe(about->reason, catalog));
    } else if (!test) {
        content.about = one_line(about->monitor_name);
    }
    content.subject =
        shorten(fmt::format(fmt::runtime(catalog.text(words.subject)), content.about), kMaxSubject);
    content.headline = catalog.text(words.headline);
    // An empty id would be the catalogue's header.
    if (const auto remark = remark_of(notification); !remark.empty()) {
        content.remark = catalog.text(remark);
    }
    Composer composer(notification, catalog);
    switch (notification.kind) {
        case NotificationKind::test:
            content.fields = composer.test();
            break;
        case NotificationKind::offline:
            content.fields = composer.offline(*about);
            break;
        case NotificationKind::trouble:
            content.fields = composer.trouble(*about);
            break;
        case NotificationKind::alert:
        case NotificationKind::reminder:
        case NotificationKind::recovery:
            content.fields = composer.outage(*about);
            break;
    }
    content.evidence_label = catalog.text("Additional information");
    if (!test) content.evidence = evidence_lines(about->evidence);
    add_sender(content, context);
    return content;
}

}  // namespace vigia
