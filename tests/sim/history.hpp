#pragma once

#include "config/config.hpp"
#include "core/incident.hpp"
#include "core/notification.hpp"
#include "sim/findings.hpp"
#include "sim/moment.hpp"
#include "sim/observer.hpp"
#include "store/store.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

/// What the tests of the checkers are made of: a checker must pass a good history, and fire at the
/// same with one planted mistake.
namespace vigia::sim::history {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline const MonitorId kWeb("site-web");
inline const Recipient kAna{"email", "ana@people.sim"};
inline constexpr WallTime kZero{seconds(1'734'603'323)};

inline Moment at(Duration elapsed) {
    return {elapsed, {MonoTime(hours(9) + elapsed), kZero + elapsed}};
}

inline Config config(bool watched = true) {
    Config c;
    Monitor monitor;
    monitor.id = kWeb;
    monitor.policy.check_interval = seconds(60);
    monitor.policy.retry_attempts = 1;
    monitor.policy.alert_threshold = 2;
    monitor.policy.recovery_threshold = 2;
    monitor.enabled = watched;
    c.monitors.push_back(std::make_shared<Monitor>(monitor));
    c.email.emplace();
    c.email->sender = "vigia@watch.sim";
    c.email->recipients = {kAna.address};
    return c;
}

inline Incident incident(Duration started, Duration confirmed) {
    Incident i;
    i.id = IncidentId("site-web-" + std::to_string(confirmed.count()));
    i.monitor = kWeb;
    i.started_at = at(started).now.wall;
    i.confirmed_at = i.last_announced = at(confirmed).now.wall;
    i.recipients = {kAna};
    return i;
}

inline Notification letter(const Incident& of, NotificationKind kind = NotificationKind::alert) {
    auto what = std::make_shared<Announcement>();
    what->incident = of.id;
    what->monitor = kWeb;
    Notification n;
    n.id = make_notification_id(of.id, kind, 0, kAna);
    n.kind = kind;
    n.recipient = kAna;
    n.announcement = what;
    n.created_at = of.confirmed_at;
    return n;
}

/// One checker and a history to feed it, with short words for what usually happens.
template <class Checker>
class History {
public:
    explicit History(bool start = true) {
        if (start) checker.starting(at({}), config(), {});
    }
    /// A check of one probe that begins at `when`, its result committed at once with `more`.
    void check(Duration when, Sight sight, Batch more = {}) {
        checker.probe_started(at(when), kWeb);
        checker.probe_ended(at(when + seconds(1)), kWeb, sight);
        more.results.push_back({kWeb, at(when + seconds(1)).now.wall, Outcome::unknown, {}, {}});
        checker.committed(at(when + seconds(1)), more);
    }
    void commit(Duration when, const Incident& i) {
        Batch batch;
        batch.incidents.push_back(i);
        checker.committed(at(when), batch);
    }
    void commit(Duration when, const Notification& n) {
        Batch batch;
        batch.notifications.push_back(n);
        checker.committed(at(when), batch);
    }
    std::size_t found() const { return findings.count(); }
    std::string first() const { return findings.empty() ? "" : findings.all().front().what; }

    Findings findings;
    Checker checker{findings};
};

inline Batch with(const Incident& i) {
    Batch batch;
    batch.incidents.push_back(i);
    return batch;
}

inline Incident ended(Incident i, Duration when, EndReason reason = EndReason::resolved) {
    i.ended_at = at(when).now.wall;
    i.end_reason = reason;
    return i;
}

}  // namespace vigia::sim::history
