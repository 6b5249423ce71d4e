#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "core/incident.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

enum class NotificationKind : std::uint8_t {
    alert,
    reminder,
    recovery,
    test,
    offline,  ///< this machine was cut off, and is back: of no monitor
    trouble,  ///< the monitor itself is in trouble: of no monitor
};

inline constexpr auto kLastNotificationKind = NotificationKind::trouble;

enum class DeliveryStatus : std::uint8_t {
    pending,    ///< to be sent, or sent again
    delivered,  ///< accepted by the channel
    merged,     ///< told, or made pointless, by a later message of the incident
    dead,       ///< refused for good, or expired
};

/// What happened, told to every recipient alike: all that a message is rendered from.
struct Announcement {
    MonitorId monitor;         ///< none: it is of no monitor
    std::string monitor_name;  ///< hostile: escape where shown
    MonitorCategory category = MonitorCategory::website;
    IncidentId incident;
    WallTime started_at{};                 ///< the first failure
    WallTime confirmed_at{};               ///< the outage's confirmation
    std::optional<WallTime> recovered_at;  ///< the recovery's confirmation
    Duration down_for{};  ///< from the first failure to this announcement, monotonic
    Reason reason;
    Timings timings;             ///< of the failing probe; of a recovery, of the good one
    std::string evidence;        ///< hostile
    std::string message_domain;  ///< the incident's

    friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// One message to one recipient: a row of the outbox. Persisted with the incident, before sending.
struct Notification {
    NotificationId id;  ///< incident:kind:seq:channel:recipient
    NotificationKind kind = NotificationKind::alert;
    std::uint32_t seq = 0;  ///< 0 of alert and recovery, 1… of reminders
    Recipient recipient;
    std::shared_ptr<const Announcement> announcement;
    WallTime created_at{};
    DeliveryStatus status = DeliveryStatus::pending;
    bool merged_alert = false;  ///< a recovery that also tells the outage
    std::uint32_t attempts = 0;
    std::string last_error;  ///< shown in the delivery log
    std::string digest;      ///< the id of the digest that it goes out in; empty: by itself
    std::optional<WallTime> finished_at;
    /// When it was last made pending again by hand, after it was dead.
    std::optional<WallTime> retried_at;

    /// What its expiry counts from.
    WallTime waiting_since() const { return retried_at.value_or(created_at); }
};

std::string_view to_string(NotificationKind kind);
/// False of what the monitor tells of itself.
bool is_of_a_monitor(NotificationKind kind);
std::string_view to_string(DeliveryStatus status);

/// `incident:kind:seq:channel:recipient`. A test has no incident: whoever makes one passes
/// something unique in its place, or mail servers take a second test for a copy of the first.
NotificationId make_notification_id(const IncidentId& incident, NotificationKind kind,
                                    std::uint32_t seq, const Recipient& recipient);

/// The same message to each recipient, by itself: of no incident that others refer to.
std::vector<Notification> notices(NotificationKind kind, std::shared_ptr<const Announcement> what,
                                  std::span<const Recipient> recipients, WallTime now);

/// What people call a notification: 16 hexadecimal digits, which also stand in its Message-ID.
std::string short_id(const NotificationId& id);

/// `digest:HASH:channel:recipient` of a message that holds several rows for one recipient: the same
/// for the same rows in the same order.
NotificationId digest_id(std::span<const Notification> rows);

/// What stands behind the last `@` of an address; empty without one.
std::string_view domain_of(std::string_view address);

/// `<vigia.HASH@DOMAIN>`: the same for every attempt at the same notification, over restarts and
/// reloads. A character of `domain` that has no place there becomes `-`, an empty one `localhost`.
std::string message_id(const NotificationId& id, std::string_view domain);

/// The Message-ID that an incident's messages to one recipient refer to: its alert's (of the alert
/// itself: its own). Precondition: it has an announcement.
std::string thread_id(const Notification& notification);

}  // namespace vigia
