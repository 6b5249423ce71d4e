#pragma once

#include "core/outbox.hpp"
#include "engine/committer.hpp"
#include "engine/event_log.hpp"
#include "env/env.hpp"
#include "env/task_group.hpp"
#include "notify/notifier.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vigia {

/// Takes committed notifications to their channels: claim → send → commit what became of it. What
/// to send when is the Outbox's decision. One per process, on the shard's thread; what it refers to
/// must outlive stop().
class Dispatcher {
public:
    using Notifiers = std::map<std::string, std::shared_ptr<Notifier>>;

    struct Counters {
        std::uint64_t delivered = 0;  ///< messages
        std::uint64_t failed_attempts = 0;
        std::uint64_t dead = 0;
    };

    Dispatcher(boost::asio::any_io_executor executor, Env& env, Committer& committer,
               EventLog& events);

    /// New settings, channels and recipients (at the start and at a reload): waits are forgotten,
    /// and what is pending for a recipient that is no longer configured becomes a dead letter.
    /// `message_domain` is for the Message-IDs of incidents that open from now on.
    void configure(OutboxPolicy policy, Notifiers notifiers, std::vector<Recipient> recipients,
                   std::string message_domain);

    /// Starts the sending loop.
    void start();

    /// Takes over rows that were just committed as pending.
    void add(std::vector<Notification> rows);

    /// Takes over the rows that a start finds pending, or that were retried by hand.
    void restore(std::vector<Notification> rows);

    /// Commits rows that no decision comes with, and takes them over.
    boost::asio::awaitable<void> announce(std::vector<Notification> rows);

    /// No new sends; waits `grace` for those under way, then cuts them off. Their rows stay
    /// pending in the store.
    boost::asio::awaitable<void> stop(Duration grace);

    std::vector<Recipient> reminder_pending(const IncidentId& incident) const {
        return outbox_.reminder_pending(incident);
    }
    const std::vector<Recipient>& recipients() const { return recipients_; }
    const std::string& message_domain() const { return message_domain_; }
    std::size_t pending() const { return outbox_.pending(); }
    Duration oldest_wait() const { return outbox_.oldest_wait(env_.clock.now().mono); }
    const Counters& counters() const { return counters_; }

private:
    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> send(Outbox::Claim claim, std::shared_ptr<Notifier> channel);
    boost::asio::awaitable<void> cut_off(Duration grace);
    using Take = std::optional<Notification> (Outbox::*)(Notification, const Now&);
    void take_over(std::vector<Notification> rows, Take take);
    void settle(std::span<const Notification> sent, const DeliveryOutcome& outcome);
    void bury(std::vector<Notification> dead, std::string_view reason,
              LogLevel level = LogLevel::error);
    void commit_later(std::vector<Notification> rows);
    boost::asio::awaitable<void> commit_unwatched(std::vector<Notification> rows);
    boost::asio::awaitable<CommitOutcome> commit(std::vector<Notification> rows);
    void drop_unconfigured();

    boost::asio::any_io_executor executor_;
    Env& env_;
    Committer& committer_;
    EventLog& events_;
    Outbox outbox_;
    Notifiers notifiers_;
    std::vector<Recipient> recipients_;
    std::string message_domain_;
    std::unique_ptr<Alarm> work_;
    Counters counters_;
    TaskGroup loop_;     ///< the sending loop
    TaskGroup sends_;    ///< messages under way
    TaskGroup commits_;  ///< rows being committed with nobody waiting; never cancelled
};

}  // namespace vigia
