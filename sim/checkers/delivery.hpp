#pragma once

#include "core/notification.hpp"
#include "sim/findings.hpp"
#include "sim/observer.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vigia::sim {

/// Invariant 3: every opened incident is delivered to every recipient once the mail server accepts,
/// at most once per dedup key unless an acknowledgement was lost or a crash came before it was
/// recorded. Besides: nothing is sent that was not committed (but after 30 s without a store), the
/// recovery is the last word of its incident, nothing counts as delivered that no server took, and
/// a dead letter has a reason.
class DeliveryChecker final : public Observer {
public:
    /// How long a message may wait with everything in order: the longest rest, a whole dialogue,
    /// the others in the queue.
    static constexpr Duration kLongestWait = std::chrono::minutes(20);
    /// How long the store must have failed before anything is sent without it: 30 s, less what the
    /// commit before may have taken, whose end nobody sees here.
    static constexpr Duration kPatience = std::chrono::seconds(20);

    explicit DeliveryChecker(Findings& findings) : findings_(findings) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void stopped(const Moment& moment) override;
    void crashed(const Moment& moment) override;
    void commit_begun(const Moment& moment) override;
    void committed(const Moment& moment, const Batch& batch) override;
    void mail_accepted(const Moment& moment, const AcceptedMail& mail) override;
    void mail_reported(const Moment& moment, const std::string& message_id,
                       const DeliveryOutcome& outcome) override;
    void sampled(const Moment& moment, const Sample& sample) override;
    void finished(const Moment& moment, const Sample& sample) override;

private:
    /// What is known of one Message-ID.
    struct Letter {
        std::optional<Notification> row;  ///< as last committed; none: sent before its commit
        Duration committed_at{};          ///< first
        unsigned taken = 0;               ///< by the server
        unsigned allowed = 1;
        bool unrecorded = false;  ///< taken, and no commit says so
        bool refused = false;     ///< 5xx
    };
    struct Due {
        MonitorId monitor;
        std::vector<Recipient> recipients;
    };
    /// The dialogue of one incident with one recipient.
    struct Thread {
        bool recovered = false;  ///< the recovery was taken, and no crash came since
    };

    void configure(const Config& config);
    /// What was decided may be acted on without the store by now.
    bool is_late(const Moment& moment) const;
    void row_committed(const Moment& moment, const Notification& row);
    void note_digest(const std::string& id, const Letter& letter, const Notification& row);
    void letter_taken(const Moment& moment, const std::string& id, const AcceptedMail& mail);
    void letter_reported(const std::string& message_id, const DeliveryOutcome& outcome);
    std::vector<std::string> letters_in(const std::string& message_id) const;
    void check_dead(const Moment& moment, const Letter& letter, const Notification& row);
    void check_due(const Moment& moment, const IncidentId& incident, const Due& due);
    const Letter* letter_of(const IncidentId& incident, NotificationKind kind,
                            const Recipient& recipient) const;
    void report(const Moment& moment, const MonitorId& monitor, std::string what);

    Findings& findings_;
    std::string domain_;
    Duration expiry_{};
    std::set<std::string> recipients_;
    std::optional<Duration> trying_since_;  ///< the first commit without a success since
    bool was_late_ = false;  ///< at the last commit, which did not hold what came in the meantime
    Duration last_start_{};
    std::map<std::string, Letter> letters_;  ///< by Message-ID
    /// What each digest holds, as last committed; by Message-ID.
    std::map<std::string, std::set<std::string>> digests_;
    std::set<std::string> pending_;  ///< committed and not final
    std::set<std::string> unrecorded_;
    std::map<std::pair<IncidentId, Recipient>, Thread> threads_;
    std::map<IncidentId, Due> due_;
};

}  // namespace vigia::sim
