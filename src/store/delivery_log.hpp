#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "core/incident.hpp"
#include "core/notification.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vigia {

/// One delivery: a notification and what became of it.
struct DeliveryEntry {
    std::string id;  ///< its short_id()
    NotificationKind kind = NotificationKind::alert;
    std::uint32_t seq = 0;
    IncidentId incident;
    MonitorId monitor;         ///< none: it is of no monitor
    std::string monitor_name;  ///< hostile
    Reason reason;             ///< what it tells of
    Recipient recipient;
    WallTime created_at{};
    DeliveryStatus status = DeliveryStatus::pending;
    std::uint32_t attempts = 0;
    std::string last_error;
    std::optional<WallTime> finished_at;
    std::optional<WallTime> retried_at;
};

struct DeliveryFilter {
    std::optional<DeliveryStatus> status;  ///< only these
    std::size_t limit = 100;               ///< only the newest
};

/// What became of one retry that was asked for.
struct Retry {
    std::string id;
    std::optional<DeliveryStatus> found;  ///< none: there is no such notification

    bool done() const { return found == DeliveryStatus::dead; }
};

/// The log of deliveries beside the instance that writes it, or with none running. Every call
/// blocks, and sees what was committed before. Errors: StoreErrc.
class DeliveryLog {
public:
    virtual ~DeliveryLog() = default;

    /// Newest first.
    virtual Result<std::vector<DeliveryEntry>> newest(const DeliveryFilter& filter) = 0;

    /// Makes dead letters pending again, as if they had never been tried; the running instance, or
    /// the next, takes them up (docs/adr/0011). Others stay as they are. One answer for each id.
    virtual Result<std::vector<Retry>> retry(std::span<const std::string> ids, WallTime now) = 0;
    /// The same with every dead letter. Returns how many there were.
    virtual Result<std::size_t> retry_all_dead(WallTime now) = 0;
};

}  // namespace vigia
