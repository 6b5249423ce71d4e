#include "core/incident.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <utility>

namespace vigia {
namespace {

IncidentId make_incident_id(const MonitorId& monitor, WallTime confirmed_at) {
    const auto day = std::chrono::floor<std::chrono::days>(confirmed_at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(confirmed_at - day);
    return IncidentId(
        fmt::format("{}-{:04}{:02}{:02}T{:02}{:02}{:02}.{:09}Z", monitor.str(),
                    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), clock.hours().count(),
                    clock.minutes().count(), clock.seconds().count(), clock.subseconds().count()));
}

}  // namespace

OpenIncident open_incident(const Monitor& monitor, const CheckResult& check,
                           const std::optional<Now>& first_failure,
                           std::vector<Recipient> recipients) {
    const MonoTime confirmed = check.finished.mono;
    const MonoTime started = std::min(first_failure.value_or(check.started).mono, confirmed);

    Incident incident;
    incident.id = make_incident_id(monitor.id, check.finished.wall);
    incident.monitor = monitor.id;
    incident.monitor_name = monitor.name;
    incident.category = monitor.category;
    incident.started_at = check.finished.wall - (confirmed - started);
    incident.confirmed_at = check.finished.wall;
    incident.reason = check.probe.reason;
    incident.timings = check.probe.timings;
    incident.evidence = check.probe.evidence;
    incident.headers = check.probe.headers;
    incident.remote_address = check.probe.remote_address;
    incident.tls = check.probe.tls;
    incident.last_announced = check.finished.wall;
    incident.recipients = std::move(recipients);
    return {.incident = std::move(incident), .started_mono = started, .announced_mono = confirmed};
}

OpenIncident resume_incident(Incident incident, const Now& now) {
    const MonoTime started = mono_mark(incident.started_at, now);
    const MonoTime announced = mono_mark(incident.last_announced, now);
    return {.incident = std::move(incident), .started_mono = started, .announced_mono = announced};
}

bool reminder_due(const OpenIncident& open, Duration repeat, MonoTime now) {
    return repeat > Duration::zero() && now - open.announced_mono >= repeat;
}

Incident end_incident(Incident incident, EndReason reason, WallTime now) {
    VIGIA_ASSERT(!incident.ended_at);
    incident.ended_at = std::max(now, incident.confirmed_at);
    incident.end_reason = reason;
    return incident;
}

}  // namespace vigia
