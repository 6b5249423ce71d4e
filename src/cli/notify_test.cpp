#include "cli/notify_test.hpp"

#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "cli/phrase.hpp"
#include "core/notification.hpp"
#include "engine/semaphore.hpp"
#include "env/task_group.hpp"
#include "notify/email_notifier.hpp"

#include <boost/asio/this_coro.hpp>
#include <exception>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kEmail = "email";

/// The test messages of one command; lives in the frame of notify_test().
class TestRound {
public:
    TestRound(asio::any_io_executor executor, Env& env, Terminal& terminal,
              const EmailChannel& channel, Catalog catalog)
        : env_(env),
          terminal_(terminal),
          catalog_(catalog),
          notifier_(env, channel, catalog),
          // Unique, or mail servers take a second test for a copy of the first.
          test_(fmt::format("test-{:016x}", env.rng.next())),
          room_(executor, kAtOnce),
          sends_(executor, [this](std::exception_ptr error) { failure_ = std::move(error); }) {}

    asio::awaitable<bool> run(const EmailChannel& channel) {
        // In order while the server answers. Once it is in trouble, each message may take minutes:
        // the rest go side by side.
        for (const std::string& address : channel.recipients) {
            if (trouble_) {
                sends_.spawn(send(address));
            } else {
                co_await send(address);
            }
        }
        co_await sends_.wait_empty();
        if (failure_) std::rethrow_exception(failure_);
        co_return all_accepted_;
    }

private:
    static constexpr std::size_t kAtOnce = 4;

    asio::awaitable<void> send(std::string address) {
        const Semaphore::Permit permit = co_await room_.acquire();
        Notification notification;
        notification.kind = NotificationKind::test;
        notification.recipient = {std::string(kEmail), address};
        notification.id = make_notification_id(test_, notification.kind, 0, notification.recipient);
        notification.created_at = env_.clock.now().wall;
        std::vector<Notification> message{std::move(notification)};
        const DeliveryOutcome outcome = co_await notifier_.deliver(std::move(message));
        report(address, outcome);
    }

    void report(const std::string& address, const DeliveryOutcome& outcome) {
        if (outcome.accepted()) {
            terminal_.out(
                phrase(catalog_, N_("Mail sent successfully to {}"), escape_line(address)) + "\n");
            return;
        }
        all_accepted_ = false;
        trouble_ = trouble_ || outcome.channel_trouble();
        terminal_.out(phrase(catalog_, N_("Error sending mail to {}: {}"), escape_line(address),
                             describe(outcome, catalog_)) +
                      "\n");
    }

    Env& env_;
    Terminal& terminal_;
    Catalog catalog_;
    EmailNotifier notifier_;
    IncidentId test_;
    Semaphore room_;
    bool all_accepted_ = true;
    bool trouble_ = false;  ///< of the server, not of one recipient
    std::exception_ptr failure_;
    TaskGroup sends_;
};

}  // namespace

bool is_channel(std::string_view name) {
    return name == kEmail;
}

std::string unknown_channel(std::string_view name, const Catalog& catalog) {
    constexpr std::size_t kLongest = 100;
    return phrase(catalog, N_("unknown channel: {} (there is: {})"),
                  shorten(escape_line(name), kLongest), kEmail);
}

asio::awaitable<int> notify_test(Env& env, Terminal& terminal, std::optional<EmailChannel> email,
                                 Language language) {
    const Catalog catalog(language);
    if (!email) {
        terminal.error(std::string(catalog.text(N_("No notification channel is configured."))) +
                       "\n");
        co_return kExitFailed;
    }
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    TestRound round(executor, env, terminal, *email, catalog);
    const bool all_accepted = co_await round.run(*email);
    co_return all_accepted ? kExitOk : kExitFailed;
}

}  // namespace vigia
