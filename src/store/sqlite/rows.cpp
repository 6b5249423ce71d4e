#include "store/sqlite/rows.hpp"

#include <map>
#include <memory>
#include <tuple>
#include <utility>

namespace vigia::sqlite {
namespace {

std::string_view to_string(MonitorCategory category) {
    constexpr std::string_view kNames[] = {"website", "database", "service"};
    return kNames[static_cast<std::size_t>(category)];
}

std::string_view to_string(EndReason reason) {
    return reason == EndReason::resolved ? "resolved" : "retired";
}

using vigia::to_string;

/// The value of E, whose last one is `last`, that has this name.
template <class E>
E value_named(const std::string& name, E last) {
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        const E value = static_cast<E>(i);
        if (to_string(value) == name) return value;
    }
    throw Refused({SQLITE_CORRUPT, "not a word of this store: " + name});
}

template <class N>
N number_in(std::int64_t column) {
    if (!std::in_range<N>(column)) {
        throw Refused({SQLITE_CORRUPT, "out of range: " + std::to_string(column)});
    }
    return static_cast<N>(column);
}

std::int64_t to_column(WallTime time) {
    return time.time_since_epoch().count();
}

std::optional<std::int64_t> to_column(const std::optional<WallTime>& time) {
    if (!time) return std::nullopt;
    return to_column(*time);
}

WallTime wall_time(std::int64_t column) {
    return WallTime(Duration(column));
}

std::optional<WallTime> wall_time(std::optional<std::int64_t> column) {
    if (!column) return std::nullopt;
    return wall_time(*column);
}

/// Binds one parameter after the other.
class Binder {
public:
    explicit Binder(Statement& statement) : statement_(statement) {}

    template <class T>
    Binder& operator<<(const T& value) {
        if constexpr (std::is_enum_v<T>) {
            statement_.bind(++last_, to_string(value));
        } else if constexpr (std::is_integral_v<T>) {
            statement_.bind(++last_, static_cast<std::int64_t>(value));
        } else if constexpr (std::is_same_v<T, Duration>) {
            statement_.bind(++last_, value.count());
        } else if constexpr (std::is_same_v<T, WallTime> ||
                             std::is_same_v<T, std::optional<WallTime>>) {
            statement_.bind(++last_, to_column(value));
        } else {
            statement_.bind(++last_, value);
        }
        return *this;
    }
    Binder& operator<<(const Reason& reason) {
        return *this << reason.phase << reason.code << reason.value << reason.detail;
    }
    Binder& operator<<(const Timings& t) {
        return *this << t.dns << t.connect << t.tls << t.login << t.ttfb << t.transfer << t.total;
    }

private:
    Statement& statement_;
    int last_ = 0;
};

/// Takes one column after the other.
class Taker {
public:
    explicit Taker(const Statement& statement) : statement_(statement) {}

    std::string text() { return statement_.text(next_++); }
    std::int64_t integer() { return statement_.integer(next_++); }
    std::uint32_t count() { return number_in<std::uint32_t>(integer()); }
    Duration duration() { return Duration(integer()); }
    WallTime time() { return wall_time(integer()); }
    std::optional<WallTime> optional_time() {
        return wall_time(statement_.optional_integer(next_++));
    }
    MonitorCategory category() { return value_named(text(), MonitorCategory::service); }
    Reason reason() {
        Reason reason;
        reason.phase = value_named(text(), Phase::condition);
        reason.code = value_named(text(), ReasonCode::internal);
        reason.value = number_in<int>(integer());
        reason.detail = text();
        return reason;
    }
    Timings timings() {
        Timings t;
        for (Duration* const length :
             {&t.dns, &t.connect, &t.tls, &t.login, &t.ttfb, &t.transfer, &t.total}) {
            *length = duration();
        }
        return t;
    }

private:
    const Statement& statement_;
    int next_ = 0;
};

constexpr std::string_view kPutState =
    "INSERT INTO state VALUES (?,?,?,?,?,?) ON CONFLICT (monitor) DO UPDATE SET "
    "health = excluded.health, bad_streak = excluded.bad_streak, "
    "good_streak = excluded.good_streak, since = excluded.since, "
    "first_failure = excluded.first_failure";

// The reason for an end has no meaning before it.
constexpr std::string_view kPutIncident =
    "INSERT OR REPLACE INTO incident VALUES (?,?,?,?,?,?,?,iif(?7 IS NULL, NULL, ?8),"
    "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

// What is announced never changes, and is the same for everybody.
constexpr std::string_view kPutAnnouncement =
    "INSERT OR IGNORE INTO announcement VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

constexpr std::string_view kPutNotification =
    "INSERT INTO notification VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
    "status = excluded.status, merged_alert = excluded.merged_alert, "
    "attempts = excluded.attempts, last_error = excluded.last_error, "
    "finished_at = excluded.finished_at, digest = excluded.digest";

constexpr std::string_view kOpenIncidents =
    "SELECT id, monitor, monitor_name, category, started_at, confirmed_at, phase, reason, "
    "reason_value, reason_detail, dns, connect, tls, login, ttfb, transfer, total, evidence, "
    "last_announced, reminders, message_domain FROM incident WHERE ended_at IS NULL "
    "ORDER BY confirmed_at";

constexpr std::string_view kPending =
    "SELECT n.id, n.incident, n.kind, n.seq, n.channel, n.address, n.created_at, n.merged_alert, "
    "n.attempts, n.last_error, n.digest, a.monitor, a.monitor_name, a.category, a.started_at, "
    "a.confirmed_at, a.recovered_at, a.down_for, a.phase, a.reason, a.reason_value, "
    "a.reason_detail, a.dns, a.connect, a.tls, a.login, a.ttfb, a.transfer, a.total, a.evidence, "
    "a.message_domain FROM notification n JOIN announcement a USING (incident, kind, seq) "
    "WHERE n.status = 'pending' ORDER BY n.created_at, n.id";

}  // namespace

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
         << i.last_announced << i.reminders << i.message_domain;
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
    stored.pending = read_pending();
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
    Statement open(database_, kOpenIncidents);
    while (open.step()) {
        Taker take(open);
        Incident i;
        i.id = IncidentId(take.text());
        i.monitor = MonitorId(take.text());
        i.monitor_name = take.text();
        i.category = take.category();
        i.started_at = take.time();
        i.confirmed_at = take.time();
        i.reason = take.reason();
        i.timings = take.timings();
        i.evidence = take.text();
        i.last_announced = take.time();
        i.reminders = take.count();
        i.message_domain = take.text();
        i.recipients = read_recipients(i.id.str());
        incidents.push_back(std::move(i));
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

std::vector<Notification> Rows::read_pending() {
    std::vector<Notification> rows;
    std::map<std::tuple<IncidentId, NotificationKind, std::uint32_t>,
             std::shared_ptr<const Announcement>>
        told;  // shared by its recipients, as it was
    Statement pending(database_, kPending);
    while (pending.step()) {
        Taker take(pending);
        Notification n;
        n.id = NotificationId(take.text());
        Announcement a;
        a.incident = IncidentId(take.text());
        n.kind = value_named(take.text(), NotificationKind::offline);
        n.seq = take.count();
        n.recipient.channel = take.text();
        n.recipient.address = take.text();
        n.created_at = take.time();
        n.merged_alert = take.integer() != 0;
        n.attempts = take.count();
        n.last_error = take.text();
        n.digest = take.text();
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
        std::shared_ptr<const Announcement>& known = told[{a.incident, n.kind, n.seq}];
        if (!known) known = std::make_shared<const Announcement>(std::move(a));
        n.announcement = known;
        rows.push_back(std::move(n));
    }
    return rows;
}

}  // namespace vigia::sqlite
