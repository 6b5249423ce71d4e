#include "store/sqlite/rows.hpp"

#include "store/sqlite/columns.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

namespace vigia::sqlite {
namespace {

constexpr std::string_view kPutState =
    "INSERT INTO state VALUES (?,?,?,?,?,?) ON CONFLICT (monitor) DO UPDATE SET "
    "health = excluded.health, bad_streak = excluded.bad_streak, "
    "good_streak = excluded.good_streak, since = excluded.since, "
    "first_failure = excluded.first_failure";

// The reason for an end has no meaning before it.
constexpr std::string_view kPutIncident =
    "INSERT OR REPLACE INTO incident VALUES (?,?,?,?,?,?,?,iif(?7 IS NULL, NULL, ?8),"
    "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

// What is announced never changes, and is the same for everybody.
constexpr std::string_view kPutAnnouncement =
    "INSERT OR IGNORE INTO announcement VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

constexpr std::string_view kPutNotification =
    "INSERT INTO notification (id, incident, kind, seq, channel, address, created_at, status, "
    "merged_alert, attempts, last_error, finished_at, digest) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (id) DO UPDATE SET "
    "status = excluded.status, merged_alert = excluded.merged_alert, "
    "attempts = excluded.attempts, last_error = excluded.last_error, "
    "finished_at = excluded.finished_at, digest = excluded.digest";

// An alert that was retried by hand when its outage was over must tell so: the recovery's end goes
// with it.
constexpr std::string_view kPending =
    "SELECT n.id, n.incident, n.kind, n.seq, n.channel, n.address, n.created_at, n.merged_alert, "
    "n.attempts, n.last_error, n.digest, n.retried_at, a.monitor, a.monitor_name, a.category, "
    "a.started_at, a.confirmed_at, ifnull(r.recovered_at, a.recovered_at), "
    "ifnull(r.down_for, a.down_for), a.phase, a.reason, a.reason_value, "
    "a.reason_detail, a.dns, a.connect, a.tls, a.login, a.ttfb, a.transfer, a.total, a.evidence, "
    "a.message_domain FROM notification n LEFT JOIN announcement a USING (incident, kind, seq) "
    "LEFT JOIN announcement r ON r.incident = n.incident AND r.kind = 'recovery' AND r.seq = 0 "
    "AND n.retried_at NOT NULL "
    "WHERE n.status = 'pending' AND ifnull(n.retried_at, 0) > ? ORDER BY n.created_at, n.id";

constexpr std::string_view kLastRetry =
    "SELECT ifnull(max(retried_at), 0) FROM notification WHERE retried_at NOT NULL";

}  // namespace

Incident incident_of(const Statement& row) {
    Taker take(row);
    Incident i;
    i.id = IncidentId(take.text());
    i.monitor = MonitorId(take.text());
    i.monitor_name = take.text();
    i.category = take.category();
    i.started_at = take.time();
    i.confirmed_at = take.time();
    i.ended_at = take.optional_time();
    const std::string end_reason = take.text();
    if (i.ended_at) i.end_reason = value_named(end_reason, EndReason::retired);
    i.reason = take.reason();
    i.timings = take.timings();
    i.evidence = take.text();
    i.last_announced = take.time();
    i.reminders = take.count();
    i.message_domain = take.text();
    i.headers = take.text();
    i.remote_address = take.text();
    TlsSummary tls{take.text(), take.text(), take.text(), {}};
    if (const auto not_after = take.optional_time()) {
        tls.not_after = *not_after;
        i.tls = std::move(tls);
    }
    return i;
}

Rows::Rows(Database& database)
    : database_(database),
      put_state_(database, kPutState),
      drop_state_(database, "DELETE FROM state WHERE monitor = ?"),
      put_incident_(database, kPutIncident),
      drop_recipients_(database, "DELETE FROM incident_recipient WHERE incident = ?"),
      put_recipient_(database, "INSERT INTO incident_recipient VALUES (?,?,?,?)"),
      put_announcement_(database, kPutAnnouncement),
      put_notification_(database, kPutNotification) {}

void Rows::write(const Batch& batch) {
    for (const StateRow& row : batch.states) write(row);
    for (const Incident& incident : batch.incidents) write(incident);
    for (const Notification& row : batch.notifications) write(row);
}

void Rows::write(const StateRow& row) {
    const MonitorState& state = row.state;
    if (state == MonitorState{}) {
        drop_state_.bind(1, row.monitor.str()).run();
        return;
    }
    std::optional<WallTime> first_failure;
    if (state.first_failure) first_failure = state.first_failure->wall;
    Binder(put_state_) << row.monitor.str() << state.health << state.bad_streak << state.good_streak
                       << state.since << first_failure;
    put_state_.run();
}

void Rows::write(const Incident& i) {
    Binder bind(put_incident_);
    bind << i.id.str() << i.monitor.str() << i.monitor_name << i.category << i.started_at
         << i.confirmed_at << i.ended_at << i.end_reason << i.reason << i.timings << i.evidence
         << i.last_announced << i.reminders << i.message_domain << i.headers << i.remote_address;
    const TlsSummary tls = i.tls.value_or(TlsSummary{});
    std::optional<WallTime> not_after;
    if (i.tls) not_after = tls.not_after;
    bind << tls.version << tls.subject << tls.issuer << not_after;
    put_incident_.run();

    drop_recipients_.bind(1, i.id.str()).run();
    for (std::size_t place = 0; place < i.recipients.size(); ++place) {
        const Recipient& recipient = i.recipients[place];
        Binder(put_recipient_) << i.id.str() << place << recipient.channel << recipient.address;
        put_recipient_.run();
    }
}

void Rows::write(const Announcement& a, NotificationKind kind, std::uint32_t seq) {
    Binder bind(put_announcement_);
    bind << a.incident.str() << kind << seq << a.monitor.str() << a.monitor_name << a.category
         << a.started_at << a.confirmed_at << a.recovered_at << a.down_for << a.reason << a.timings
         << a.evidence << a.message_domain;
    put_announcement_.run();
}

void Rows::write(const Notification& n) {
    write(*n.announcement, n.kind, n.seq);
    Binder bind(put_notification_);
    bind << n.id.str() << n.announcement->incident.str() << n.kind << n.seq << n.recipient.channel
         << n.recipient.address << n.created_at << n.status << n.merged_alert << n.attempts
         << n.last_error << n.finished_at << n.digest;
    put_notification_.run();
}

StoredState Rows::read() {
    StoredState stored;
    stored.states = read_states();
    stored.open_incidents = read_open_incidents();
    stored.pending = read_pending(WallTime::min());
    return stored;
}

std::vector<StateRow> Rows::read_states() {
    std::vector<StateRow> rows;
    Statement all(
        database_,
        "SELECT monitor, health, bad_streak, good_streak, since, first_failure FROM state");
    while (all.step()) {
        Taker take(all);
        StateRow row;
        row.monitor = MonitorId(take.text());
        row.state.health = value_named(take.text(), Health::down);
        row.state.bad_streak = take.count();
        row.state.good_streak = take.count();
        row.state.since = take.optional_time();
        if (const auto first = take.optional_time()) row.state.first_failure = Now{{}, *first};
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<Incident> Rows::read_open_incidents() {
    std::vector<Incident> incidents;
    Statement open(database_,
                   "SELECT * FROM incident WHERE ended_at IS NULL ORDER BY confirmed_at");
    while (open.step()) {
        incidents.push_back(incident_of(open));
        incidents.back().recipients = read_recipients(incidents.back().id.str());
    }
    return incidents;
}

std::vector<Recipient> Rows::read_recipients(const std::string& incident) {
    std::vector<Recipient> recipients;
    Statement all(database_,
                  "SELECT channel, address FROM incident_recipient WHERE incident = ? "
                  "ORDER BY place");
    all.bind(1, incident);
    while (all.step()) recipients.push_back({all.text(0), all.text(1)});
    return recipients;
}

WallTime Rows::last_retry() {
    return wall_time(database_.integer(std::string(kLastRetry)));
}

std::vector<Notification> Rows::read_retried(WallTime& mark) {
    std::vector<Notification> rows = read_pending(mark);
    for (const Notification& row : rows) mark = std::max(mark, *row.retried_at);
    return rows;
}

std::vector<Notification> Rows::read_pending(WallTime after_retry) {
    std::vector<Notification> rows;
    std::map<std::tuple<IncidentId, NotificationKind, std::uint32_t, bool>,
             std::shared_ptr<const Announcement>>
        told;  // shared by its recipients, as it was
    Statement pending(database_, kPending);
    pending.bind(1, to_column(after_retry));
    while (pending.step()) {
        Taker take(pending);
        Notification n;
        n.id = NotificationId(take.text());
        Announcement a;
        a.incident = IncidentId(take.text());
        n.kind = value_named(take.text(), kLastNotificationKind);
        n.seq = take.count();
        n.recipient.channel = take.text();
        n.recipient.address = take.text();
        n.created_at = take.time();
        n.merged_alert = take.integer() != 0;
        n.attempts = take.count();
        n.last_error = take.text();
        n.digest = take.text();
        n.retried_at = take.optional_time();
        a.monitor = MonitorId(take.text());
        a.monitor_name = take.text();
        a.category = take.category();
        a.started_at = take.time();
        a.confirmed_at = take.time();
        a.recovered_at = take.optional_time();
        a.down_for = take.duration();
        a.reason = take.reason();
        a.timings = take.timings();
        a.evidence = take.text();
        a.message_domain = take.text();
        std::shared_ptr<const Announcement>& known =
            told[{a.incident, n.kind, n.seq, n.retried_at.has_value()}];
        if (!known) known = std::make_shared<const Announcement>(std::move(a));
        n.announcement = known;
        rows.push_back(std::move(n));
    }
    return rows;
}

}  // namespace vigia::sqlite
