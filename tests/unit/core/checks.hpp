#pragma once

#include "core/monitor.hpp"
#include "core/probe_result.hpp"

#include <chrono>

namespace vigia::core_test {

using std::chrono::milliseconds;

/// 2024-12-19 10:15:23 UTC.
inline constexpr WallTime kStart{std::chrono::seconds(1'734'603'323)};

/// Both clocks `after` the start. The monotonic one is far from zero on purpose.
inline Now at(Duration after) {
    return {.mono = MonoTime(std::chrono::hours(5000) + after), .wall = kStart + after};
}

/// How long each check of these tests takes.
inline constexpr Duration kCheckTime = milliseconds(250);

inline CheckResult check(Outcome outcome, Duration started) {
    CheckResult result;
    result.probe.outcome = outcome;
    result.started = at(started);
    result.finished = at(started + kCheckTime);
    if (outcome == Outcome::down) {
        result.probe.reason = {Phase::status, ReasonCode::unexpected_status, 503, ""};
        result.probe.evidence = "out of order";
        result.probe.headers = "HTTP/1.1 503 Oh";
        result.probe.remote_address = "192.0.2.7";
        result.probe.tls = TlsSummary{"TLSv1.3", "CN=a", "CN=b", kStart};
        result.probe.timings.total = milliseconds(20);
    } else if (outcome == Outcome::unknown) {
        result.probe.reason = {Phase::connect, ReasonCode::no_descriptors, 0, ""};
    } else {
        result.probe.timings.total = milliseconds(7);
    }
    return result;
}

inline Policy policy(int alert_threshold, int recovery_threshold) {
    Policy p;
    p.alert_threshold = alert_threshold;
    p.recovery_threshold = recovery_threshold;
    return p;
}

inline Monitor monitor(Policy p) {
    Monitor m;
    m.id = MonitorId("site-web-uno");
    m.name = "Web uno";
    HttpTarget target;
    target.url = "https://web.example/";
    m.target = target;
    m.policy = p;
    return m;
}

}  // namespace vigia::core_test
