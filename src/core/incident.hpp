#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "core/monitor.hpp"
#include "core/probe_result.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vigia {

/// Where a notification goes: a channel and an address in it.
struct Recipient {
    std::string channel;  ///< "email"
    std::string address;

    friend auto operator<=>(const Recipient&, const Recipient&) = default;
    friend bool operator==(const Recipient&, const Recipient&) = default;
};

enum class EndReason : std::uint8_t {
    resolved,  ///< confirmed up again
    retired,   ///< the monitor was removed or disabled; nobody is told
};

/// One confirmed outage of one monitor; at most one is open per monitor. Persisted.
struct Incident {
    IncidentId id;
    MonitorId monitor;
    std::string monitor_name;
    MonitorCategory category = MonitorCategory::website;
    /// Start of the first failed check, on the wall clock as it stood at the confirmation: a clock
    /// set in between moves both, so started_at <= confirmed_at <= ended_at always.
    WallTime started_at{};
    WallTime confirmed_at{};  ///< end of the check that confirmed it
    std::optional<WallTime> ended_at;
    EndReason end_reason = EndReason::resolved;  ///< meaningful once ended
    Reason reason;                               ///< of the check that confirmed it
    Timings timings;
    std::string evidence;  ///< the answer's first bytes; hostile, as what follows
    std::string headers;   ///< the answer's
    std::string remote_address;
    std::optional<TlsSummary> tls;
    WallTime last_announced{};          ///< alert or last reminder
    std::uint32_t reminders = 0;        ///< sent to anybody so far: the next one's seq is this + 1
    std::vector<Recipient> recipients;  ///< who was due the alert, or a reminder in its place
    std::string message_domain;  ///< of its Message-IDs: the sender's, whatever that is later

    friend bool operator==(const Incident&, const Incident&) = default;
};

/// An open incident with its monotonic marks, which a restart rebuilds from the wall clock.
struct OpenIncident {
    Incident incident;
    MonoTime started_mono{};    ///< when it started
    MonoTime announced_mono{};  ///< when it was last announced
};

/// A new incident. `first_failure` is the state's; without one the check's start counts.
/// The id is `MONITOR-YYYYMMDDThhmmss.nnnnnnnnnZ` of the confirmation, unique per monitor.
OpenIncident open_incident(const Monitor& monitor, const CheckResult& check,
                           const std::optional<Now>& first_failure,
                           std::vector<Recipient> recipients);

/// Marks rebuilt after a restart: elapsed time from the wall clock, never negative.
OpenIncident resume_incident(Incident incident, const Now& now);

/// True if a failed check at `now` makes a reminder due; `repeat` zero means never.
bool reminder_due(const OpenIncident& open, Duration repeat, MonoTime now);

/// `incident` ended at `now`, but never before it was confirmed, whatever the wall clock did.
/// Precondition: it is open.
Incident end_incident(Incident incident, EndReason reason, WallTime now);

}  // namespace vigia
