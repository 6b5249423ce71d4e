#pragma once

#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/delivery.hpp"
#include "core/notification.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vigia {

struct OutboxPolicy {
    Duration retry_initial = std::chrono::seconds(5);  ///< doubled with each failure in a row
    Duration retry_max = std::chrono::seconds(300);
    Duration expiry = std::chrono::hours(24);  ///< after the row's creation
    std::size_t max_in_flight = 4;             ///< per channel
    std::size_t max_pending = 100'000;         ///< rows in all; more become dead letters

    friend bool operator==(const OutboxPolicy&, const OutboxPolicy&) = default;
};

/// Decides what to send next, and what a result means: the part of delivery that has no I/O.
///
/// Rows of one incident and recipient form a lane: they go out in the order alert, reminders,
/// recovery, one at a time. A recovery that finds its alert still undelivered takes its place
/// (`merged_alert`), and waiting reminders vanish. A channel whose server is in trouble rests as a
/// whole (5 s, 10 s, … 5 min, ±20 %) and is then tried with a single message; a recipient that was
/// deferred rests alone. Every method that changes a row returns the changed rows: the caller
/// commits them before acting on them. One owner, one thread, no clock of its own.
class Outbox {
public:
    Outbox(OutboxPolicy policy, Rng& rng);

    /// A new row: its time runs from now, whatever is done to the wall clock. Returns the row if it
    /// could not be taken (the bound): it is then a dead letter.
    std::optional<Notification> add(Notification row, const Now& now);

    /// A row that a restart found: as old as the wall clock says. Otherwise like add().
    std::optional<Notification> restore(Notification row, const Now& now);

    struct Claim {
        Notification row;                   ///< to be sent now; in flight until complete()
        std::vector<Notification> changed;  ///< rows to commit first (a merge); may be empty
    };
    /// The next message that may go out at `now`, or nothing.
    std::optional<Claim> claim(MonoTime now);

    /// What became of a claimed row. Returns the changed row, and with a dead letter no others.
    Notification complete(const NotificationId& id, const DeliveryOutcome& outcome,
                          std::string error_text, const Now& now);

    /// Rows whose time is up, now dead letters. Rows in flight are left alone.
    std::vector<Notification> expire(const Now& now);

    /// After a reload: rows for recipients that are no longer configured become dead letters.
    std::vector<Notification> keep_only(std::span<const Recipient> recipients,
                                        std::string error_text, const Now& now);

    void set_policy(OutboxPolicy policy);

    /// Forgets every wait, so that all is tried at once (a reload or a restart).
    void reset_waits(MonoTime now);

    /// When claim() or expire() has something to do again; nothing if only complete() or add() can
    /// change that.
    std::optional<MonoTime> next_due(MonoTime now) const;

    /// Recipients with an undelivered reminder of the incident.
    std::vector<Recipient> reminder_pending(const IncidentId& incident) const;

    std::size_t pending() const { return rows_; }
    std::size_t in_flight() const;
    bool idle() const { return rows_ == 0; }

private:
    struct Row {
        Notification row;
        MonoTime expires{};
        bool in_flight = false;
    };
    /// Rows of one incident and recipient, oldest first.
    struct Lane {
        std::vector<Row> rows;
        MonoTime due{};              ///< not before
        std::uint32_t failures = 0;  ///< deferrals in a row
    };
    struct Channel {
        MonoTime rest_until{};
        std::uint32_t failures = 0;
        std::size_t in_flight = 0;
    };
    using LaneKey = std::pair<IncidentId, Recipient>;
    using Due = std::pair<MonoTime, LaneKey>;

    std::optional<Notification> take(Notification row, MonoTime expires, const Now& now);
    Duration backoff(std::uint32_t failures);
    bool may_send(const Channel& channel, MonoTime now) const;
    void schedule(const LaneKey& key, Lane& lane, MonoTime due);
    std::vector<Notification> merge(Lane& lane);
    template <class Doomed>
    std::vector<Notification> bury(Doomed doomed, const std::string& error_text, const Now& now);

    OutboxPolicy policy_;
    Rng& rng_;
    std::map<LaneKey, Lane> lanes_;
    std::map<NotificationId, LaneKey> lane_of_;
    std::set<Due> due_;  ///< lanes with something to send and nothing in flight
    std::set<std::pair<MonoTime, NotificationId>> expiries_;
    std::map<std::string, Channel> channels_;
    std::size_t rows_ = 0;
};

}  // namespace vigia
