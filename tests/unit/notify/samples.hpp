#pragma once

#include "notify/render.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace vigia::test {

/// 2024-12-19 10:15:23 UTC, the moment of the specification's example.
inline constexpr WallTime kConfirmed{std::chrono::seconds(1'734'603'323)};

inline Announcement sample_outage() {
    using namespace std::chrono_literals;
    Announcement about;
    about.monitor = MonitorId("site-web-uno");
    about.monitor_name = "Web uno";
    about.incident = IncidentId("site-web-uno-20241219T101523.000000000Z");
    about.started_at = kConfirmed - 132s;
    about.confirmed_at = kConfirmed;
    about.down_for = 132s;
    about.reason = {Phase::status, ReasonCode::unexpected_status, 503, ""};
    about.timings = {400us, 2ms, 31ms, 0ms, 187ms, 1ms, 221400us};
    about.message_domain = "example.com";
    about.evidence = "<h1>503</h1>\r\n<p>come back \"later\" & rest</p>\n";
    return about;
}

inline Notification sample(NotificationKind kind, Announcement about = sample_outage()) {
    using namespace std::chrono_literals;
    Notification notification;
    notification.kind = kind;
    notification.recipient = {"email", "ops@example.com"};
    notification.created_at = kConfirmed;
    if (kind == NotificationKind::reminder) {
        notification.seq = 2;
        notification.created_at = kConfirmed + 40min;
        about.down_for = 42min + 12s;
    }
    if (kind == NotificationKind::recovery) {
        about.recovered_at = kConfirmed + 25min;
        about.down_for = 27min + 12s;
        about.evidence.clear();
    }
    notification.id =
        make_notification_id(about.incident, kind, notification.seq, notification.recipient);
    if (kind != NotificationKind::test) {
        notification.announcement = std::make_shared<const Announcement>(std::move(about));
    }
    return notification;
}

inline MailMessage render(const Notification& notification, Language language = Language::es) {
    const Catalog catalog(language);
    const HostFacts host{"watcher-01", "Linux 6.1.0-18-amd64", "x86_64"};
    return render_mail(notification,
                       {catalog, host, "monitor@example.com", "El vigía", kConfirmed});
}

}  // namespace vigia::test
