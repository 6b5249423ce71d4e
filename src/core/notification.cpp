#include "core/notification.hpp"

#include "base/assert.hpp"
#include "base/hash.hpp"

#include <fmt/format.h>

namespace vigia {
namespace {

/// What may stand in a Message-ID after the `@`: whatever the address held, the result is one
/// token that opens no second header.
std::string safe_domain(std::string_view domain) {
    if (domain.empty()) return "localhost";
    std::string out(domain);
    for (char& c : out) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '.' && c != '-') c = '-';
    }
    return out;
}

}  // namespace

std::string_view to_string(NotificationKind kind) {
    switch (kind) {
        case NotificationKind::alert:
            return "alert";
        case NotificationKind::reminder:
            return "reminder";
        case NotificationKind::recovery:
            return "recovery";
        case NotificationKind::test:
            return "test";
        case NotificationKind::offline:
            return "offline";
        case NotificationKind::trouble:
            return "trouble";
    }
    assertion_failed("a NotificationKind without a name");
}

bool is_of_a_monitor(NotificationKind kind) {
    return kind != NotificationKind::offline && kind != NotificationKind::trouble;
}

std::string_view to_string(DeliveryStatus status) {
    switch (status) {
        case DeliveryStatus::pending:
            return "pending";
        case DeliveryStatus::delivered:
            return "delivered";
        case DeliveryStatus::merged:
            return "merged";
        case DeliveryStatus::dead:
            return "dead";
    }
    assertion_failed("a DeliveryStatus without a name");
}

NotificationId make_notification_id(const IncidentId& incident, NotificationKind kind,
                                    std::uint32_t seq, const Recipient& recipient) {
    return NotificationId(fmt::format("{}:{}:{}:{}:{}", incident.str(), to_string(kind), seq,
                                      recipient.channel, recipient.address));
}

std::vector<Notification> notices(NotificationKind kind, std::shared_ptr<const Announcement> what,
                                  std::span<const Recipient> recipients, WallTime now) {
    std::vector<Notification> rows;
    for (const Recipient& recipient : recipients) {
        Notification& row = rows.emplace_back();
        row.id = make_notification_id(what->incident, kind, 0, recipient);
        row.kind = kind;
        row.recipient = recipient;
        row.announcement = what;
        row.created_at = now;
    }
    return rows;
}

std::string short_id(const NotificationId& id) {
    return fmt::format("{:016x}", stable_hash(id.str()));
}

NotificationId digest_id(std::span<const Notification> rows) {
    VIGIA_ASSERT(!rows.empty());
    std::string all;
    for (const Notification& row : rows) all.append(row.id.str()).append("\n");
    const Recipient& to = rows.front().recipient;
    return NotificationId(
        fmt::format("digest:{:016x}:{}:{}", stable_hash(all), to.channel, to.address));
}

std::string_view domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

std::string message_id(const NotificationId& id, std::string_view domain) {
    return fmt::format("<vigia.{}@{}>", short_id(id), safe_domain(domain));
}

std::string thread_id(const Notification& notification) {
    VIGIA_ASSERT(notification.announcement != nullptr);
    return message_id(make_notification_id(notification.announcement->incident,
                                           NotificationKind::alert, 0, notification.recipient),
                      notification.announcement->message_domain);
}

}  // namespace vigia
