#include "engine/dispatcher.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

Dispatcher::Dispatcher(asio::any_io_executor executor, Env& env, Committer& committer,
                       EventLog& events)
    : executor_(executor),
      env_(env),
      committer_(committer),
      events_(events),
      outbox_(OutboxPolicy{}, env.rng),
      work_(env.clock.make_alarm()),
      loop_(executor, report_to(events)),
      sends_(executor, report_to(events)),
      commits_(executor, report_to(events)) {}

void Dispatcher::configure(OutboxPolicy policy, Notifiers notifiers,
                           std::vector<Recipient> recipients, std::string message_domain) {
    outbox_.set_policy(policy);
    outbox_.reset_waits(env_.clock.now().mono);
    notifiers_ = std::move(notifiers);
    recipients_ = std::move(recipients);
    message_domain_ = std::move(message_domain);
    drop_unconfigured();
    work_->ring();
}

void Dispatcher::start() {
    loop_.spawn(run());
}

void Dispatcher::add(std::vector<Notification> rows) {
    take_over(std::move(rows), &Outbox::add);
}

void Dispatcher::restore(std::vector<Notification> rows) {
    take_over(std::move(rows), &Outbox::restore);
}

asio::awaitable<void> Dispatcher::announce(std::vector<Notification> rows) {
    if (rows.empty()) co_return;
    const CommitOutcome written = co_await commit(rows);
    if (written != CommitOutcome::abandoned) add(std::move(rows));
}

void Dispatcher::take_over(std::vector<Notification> rows, Take take) {
    if (rows.empty()) return;
    std::vector<Notification> refused;
    const bool all_configured = std::ranges::all_of(rows, [this](const Notification& row) {
        return std::ranges::find(recipients_, row.recipient) != recipients_.end();
    });
    for (Notification& row : rows) {
        if (auto dead = (outbox_.*take)(std::move(row), env_.clock.now())) {
            refused.push_back(std::move(*dead));
        }
    }
    bury(std::move(refused), events_.catalog().text(N_("too many notifications are waiting")));
    if (!all_configured) drop_unconfigured();  // walks every lane
    work_->ring();
}

void Dispatcher::drop_unconfigured() {
    const std::string reason(events_.catalog().text(N_("recipient no longer configured")));
    bury(outbox_.keep_only(recipients_, reason, env_.clock.now()), reason, LogLevel::warning);
}

asio::awaitable<void> Dispatcher::run() {
    for (;;) {
        bury(outbox_.expire(env_.clock.now()), events_.catalog().text(N_("expired")));
        while (auto claim = outbox_.claim(env_.clock.now().mono)) {
            // The channel as it is now: a reload may take it away while this is under way.
            std::shared_ptr<Notifier> channel =
                notifiers_.at(claim->rows.front().recipient.channel);
            sends_.spawn(send(std::move(*claim), std::move(channel)));
        }
        const auto due = outbox_.next_due(env_.clock.now().mono);
        const bool woken = co_await work_->wait_until(due.value_or(MonoTime::max()));
        if (!woken) co_return;
    }
}

asio::awaitable<void> Dispatcher::send(Outbox::Claim claim, std::shared_ptr<Notifier> channel) {
    // A cut-off must not throw between the channel's answer and its record.
    co_await asio::this_coro::throw_if_cancelled(false);
    if (!claim.changed.empty()) {
        const CommitOutcome written = co_await commit(std::move(claim.changed));
        // commit() turned cancellation off for the whole task; what came meanwhile is not repeated.
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        if (sends_.cancelled() || written == CommitOutcome::abandoned) co_return;
        // What is in a digest must be known to the next start, or it could not be repeated as it
        // is.
        const bool digest = !claim.rows.front().digest.empty();
        if (written == CommitOutcome::overdue && digest) {
            commit_later(outbox_.disband(claim.rows, env_.clock.now().mono));
            work_->ring();
            co_return;
        }
    }
    // A message whose send threw must not stay in flight: its lanes and its place in the channel
    // would be lost with it.
    DeliveryOutcome outcome;
    try {
        outcome = co_await channel->deliver(claim.rows);
    } catch (const std::exception& error) {
        events_.internal_error(error.what());
        outcome.failure = DeliveryFailure::own_fault;
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (!outcome.accepted() && state.cancelled() != asio::cancellation_type::none) {
        co_return;  // our own doing: the rows stay pending
    }
    settle(claim.rows, outcome);
}

void Dispatcher::settle(std::span<const Notification> sent, const DeliveryOutcome& outcome) {
    const std::string reason =
        outcome.accepted() ? std::string() : describe(outcome, events_.catalog());
    std::vector<Notification> rows = outbox_.complete(sent, outcome, reason, env_.clock.now());
    const Recipient& recipient = sent.front().recipient;
    if (outcome.accepted()) {
        ++counters_.delivered;
        events_.mail_sent(recipient);
    } else {
        ++counters_.failed_attempts;
        events_.mail_failed(recipient, reason);
    }
    bool left = false;
    for (const Notification& row : rows) {
        left = left || row.status == DeliveryStatus::pending;
        if (row.status != DeliveryStatus::dead) continue;
        ++counters_.dead;
        events_.dead_letter(row, reason);
    }
    commit_later(std::move(rows));
    // A reload may have removed the recipient while this was under way; the last word is written
    // last.
    if (left) drop_unconfigured();
    work_->ring();
}

void Dispatcher::bury(std::vector<Notification> dead, std::string_view reason, LogLevel level) {
    if (dead.empty()) return;
    for (const Notification& row : dead) {
        ++counters_.dead;
        events_.dead_letter(row, reason, level);
    }
    commit_later(std::move(dead));
}

void Dispatcher::commit_later(std::vector<Notification> rows) {
    commits_.spawn(commit_unwatched(std::move(rows)));
}

asio::awaitable<void> Dispatcher::commit_unwatched(std::vector<Notification> rows) {
    co_await commit(std::move(rows));
}

asio::awaitable<CommitOutcome> Dispatcher::commit(std::vector<Notification> rows) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    Batch batch;
    batch.notifications = std::move(rows);
    const CommitOutcome outcome = co_await committer_.commit(std::move(batch));
    co_return outcome;
}

asio::awaitable<void> Dispatcher::stop(Duration grace) {
    co_await loop_.stop();
    TaskGroup watchdog(executor_, [](auto) {});
    watchdog.spawn(cut_off(grace));
    co_await sends_.wait_empty();
    co_await watchdog.stop();
    co_await commits_.wait_empty();
}

asio::awaitable<void> Dispatcher::cut_off(Duration grace) {
    const MonoTime end = env_.clock.now().mono + grace;
    const bool slept = co_await env_.clock.sleep_until(end);
    if (slept) sends_.cancel();
}

}  // namespace vigia
