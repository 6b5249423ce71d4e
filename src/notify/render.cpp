#include "notify/render.hpp"

#include "base/text.hpp"
#include "notify/mail_content.hpp"

#include <chrono>
#include <fmt/format.h>
#include <string_view>

namespace vigia {
namespace {

/// Two units of a length; the smaller one is left out where it is zero.
std::string two_units(std::int64_t large, const char* large_unit, std::int64_t small,
                      const char* small_unit) {
    if (small == 0) return fmt::format("{} {}", large, large_unit);
    return fmt::format("{} {} {} {}", large, large_unit, small, small_unit);
}

MailMessage message_of(const MailContent& content, const Recipient& to,
                       const RenderContext& context) {
    MailMessage mail;
    // Addresses were checked with the configuration; escaping keeps even a wrong one in its line.
    mail.from_address = escape_line(context.sender);
    mail.from_name = escape_line(context.sender_name);
    mail.to = escape_line(to.address);
    mail.subject = content.subject;
    mail.date = context.now;
    mail.text = text_part(content);
    mail.html = html_part(content, context.catalog.language());
    return mail;
}

}  // namespace

MailMessage render_mail(const Notification& notification, const RenderContext& context) {
    MailMessage mail =
        message_of(compose_mail(notification, context), notification.recipient, context);
    const std::string_view domain = notification.announcement
                                        ? notification.announcement->message_domain
                                        : domain_of(context.sender);
    mail.message_id = message_id(notification.id, domain);
    if (notification.kind == NotificationKind::reminder ||
        notification.kind == NotificationKind::recovery) {
        mail.in_reply_to = thread_id(notification);
    }
    return mail;
}

MailMessage render_digest(std::span<const Notification> rows, const RenderContext& context) {
    const Notification& first = rows.front();
    MailMessage mail = message_of(compose_digest(rows, context), first.recipient, context);
    mail.message_id = message_id(NotificationId(first.digest), first.announcement->message_domain);
    return mail;
}

std::string format_duration(Duration length) {
    using std::chrono::duration_cast;
    const std::int64_t tenths =
        length <= Duration::zero()
            ? 0
            : duration_cast<std::chrono::duration<std::int64_t, std::deci>>(length).count();
    const std::int64_t seconds = tenths / 10;
    if (seconds < 10) {
        const std::int64_t tenth = tenths % 10;
        return tenth == 0 ? fmt::format("{} s", seconds) : fmt::format("{}.{} s", seconds, tenth);
    }
    if (seconds < 60) return fmt::format("{} s", seconds);
    const std::int64_t minutes = seconds / 60;
    if (minutes < 60) return two_units(minutes, "min", seconds % 60, "s");
    const std::int64_t hours = minutes / 60;
    if (hours < 24) return two_units(hours, "h", minutes % 60, "min");
    return two_units(hours / 24, "d", hours % 24, "h");
}

}  // namespace vigia
