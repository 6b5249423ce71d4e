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
    Duration expiry = std::chrono::hours(24);  ///< from the row's creation, or its retry by hand
    std::size_t max_in_flight = 4;             ///< per channel
    std::size_t max_pending = 100'000;         ///< rows in all; more become dead letters
    std::size_t digest_over = 5;      ///< so many incidents wait for a recipient before a digest
    std::size_t max_in_digest = 200;  ///< incidents in one
    Duration digest_after = std::chrono::minutes(1);  ///< what has waited less goes by itself

    friend bool operator==(const OutboxPolicy&, const OutboxPolicy&) = default;
};

/// Decides what to send next, and what a result means: the part of delivery that has no I/O.
///
/// Rows of one incident and recipient form a lane: they go out in the order alert, reminders,
/// recovery, one at a time. A recovery that finds its alert still undelivered takes its place
/// (`merged_alert`), and waiting reminders vanish. What was retried by hand goes out as one
/// message, too: the last of the lane. A channel whose server is in trouble rests as a whole (5 s,
/// 10 s, … 5 min, ±20 %) and is then tried with a single message; a recipient that was deferred
/// rests alone. Every method that changes a row returns the changed rows: the caller commits them
/// before acting on them. One owner, one thread, no clock of its own.
///
/// After a long trouble a recipient gets a digest and not a flood: lanes that have waited for
/// `digest_after`, if there are more than `digest_over` of them, go out in one message. Its id
/// follows from what is in it and stands in its rows before it is sent, so that it can only be
/// repeated as it was: the caller disbands one that it cannot commit. It is taken apart again when
/// the server certainly has not taken it; one that the server refuses is sent row by row.
class Outbox {
public:
    Outbox(OutboxPolicy policy, Rng& rng);

    /// A new row: its time runs from now, whatever is done to the wall clock. Returns the row if it
    /// could not be taken (the bound): it is then a dead letter.
    std::optional<Notification> add(Notification row, const Now& now);

    /// A row that a restart found, or that was made pending again by hand: it has waited for as
    /// long as the wall clock says. Otherwise like add().
    std::optional<Notification> restore(Notification row, const Now& now);

    struct Claim {
        std::vector<Notification> rows;     ///< one message to send now: a row, or a digest's
        std::vector<Notification> changed;  ///< rows to commit first; may be empty
    };
    /// The next message that may go out at `now`, or nothing. Its rows are in flight until
    /// complete().
    std::optional<Claim> claim(MonoTime now);

    /// What became of a claimed message, `sent` being all of its rows. Returns them as they are
    /// now.
    std::vector<Notification> complete(std::span<const Notification> sent,
                                       const DeliveryOutcome& outcome,
                                       const std::string& error_text, const Now& now);

    /// Takes a claimed digest apart that could not be committed: unsent, its rows go one by one.
    /// Returns them as they are now.
    std::vector<Notification> disband(std::span<const Notification> digest, MonoTime now);

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
    /// For how long the oldest undelivered row has waited; zero without one.
    Duration oldest_wait(MonoTime now) const;
    std::size_t in_flight() const;
    bool idle() const { return rows_ == 0; }

private:
    struct Row {
        Notification row;
        MonoTime expires{};
        MonoTime waits_since{};  ///< with the news of what it took the place of
        bool in_flight = false;
    };
    /// Rows of one incident and recipient, oldest first.
    struct Lane {
        std::vector<Row> rows;
        MonoTime due{};              ///< not before
        std::uint32_t failures = 0;  ///< deferrals in a row
        bool alone = false;          ///< a digest with it was refused
    };
    struct Channel {
        MonoTime rest_until{};
        std::uint32_t failures = 0;
        std::size_t in_flight = 0;
    };
    using LaneKey = std::pair<IncidentId, Recipient>;
    using Due = std::pair<MonoTime, LaneKey>;

    using Lanes = std::map<LaneKey, Lane>;

    std::optional<Notification> take(Notification row, Duration waited, const Now& now);
    Duration backoff(std::uint32_t failures);
    bool may_send(const Channel& channel, MonoTime now) const;
    bool has_waited(const Lane& lane, MonoTime now) const;
    std::vector<LaneKey> sent_together(const LaneKey& key, MonoTime now) const;
    Claim claim(const std::vector<LaneKey>& keys);
    void schedule(const LaneKey& key, Lane& lane, MonoTime due);
    bool merge(Lane& lane, std::vector<Notification>& changed);
    void settle(Channel& channel, const DeliveryOutcome& outcome, MonoTime now);
    Row& row_of(const NotificationId& id);
    void forget(Row& row);
    Lanes::iterator forget(Lanes::iterator lane);
    template <class Doomed>
    std::vector<Notification> bury(Doomed doomed, const std::string& error_text, const Now& now);

    OutboxPolicy policy_;
    Rng& rng_;
    Lanes lanes_;
    std::map<NotificationId, LaneKey> lane_of_;
    std::map<Recipient, std::set<IncidentId>> incidents_of_;  ///< the lanes of each recipient
    std::set<Due> due_;  ///< lanes with something to send and nothing in flight
    std::set<std::pair<MonoTime, NotificationId>> expiries_;
    std::map<std::string, Channel> channels_;
    std::size_t rows_ = 0;
};

}  // namespace vigia
