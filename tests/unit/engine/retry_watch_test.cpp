#include "engine/retry_watch.hpp"

#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <utility>

namespace vigia {
namespace {

namespace asio = boost::asio;
using engine_test::Bench;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A store that another process writes, too.
class SharedStore final : public Store {
public:
    asio::awaitable<Result<void>> commit(Batch batch) override {
        for (Notification& row : batch.notifications) written.push_back(std::move(row));
        co_return Result<void>();
    }
    Result<StoredState> load() override { return StoredState{}; }
    asio::awaitable<Result<std::vector<Notification>>> take_retried() override {
        ++asked;
        if (failing) co_return Error{make_error_code(*failing), "gone"};
        co_return std::exchange(retried, {});
    }

    std::vector<Notification> retried;
    std::vector<Notification> written;
    std::optional<StoreErrc> failing;
    int asked = 0;
};

class RetryWatchTest : public testing::Test {
protected:
    RetryWatchTest() {
        bench_.tasks.spawn(committer_.run());
        dispatcher_.configure(OutboxPolicy{}, bench_.channels(), {{"email", "ana@people.sim"}},
                              "watch.sim");
        dispatcher_.start();
        retries_.start();
    }
    ~RetryWatchTest() override {
        bench_.tasks.spawn(stop());
        bench_.run_for(minutes(1));
        committer_.stop();
        bench_.run_for(minutes(1));
    }
    asio::awaitable<void> stop() {
        co_await retries_.stop();
        co_await dispatcher_.stop(seconds(3));
    }
    Notification dead_letter(const std::string& address) {
        auto what = std::make_shared<Announcement>();
        what->incident = IncidentId("site-a-1");
        what->monitor_name = "Web";
        what->message_domain = "watch.sim";
        Notification n;
        n.recipient = {"email", address};
        n.id = make_notification_id(what->incident, n.kind, 0, n.recipient);
        n.announcement = what;
        n.created_at = bench_.clock.now().wall - hours(1000);
        n.retried_at = bench_.clock.now().wall;
        return n;
    }

    Bench bench_;
    SharedStore store_;
    Committer committer_{bench_.io.get_executor(), bench_.clock, store_, bench_.events};
    Dispatcher dispatcher_{bench_.io.get_executor(), bench_.env, committer_, bench_.events};
    RetryWatch retries_{bench_.io.get_executor(), bench_.clock, store_, dispatcher_, bench_.events};
};

TEST_F(RetryWatchTest, WhatIsRetriedGoesOutWithinSecondsUnderItsMessageId) {
    bench_.run_for(minutes(1));
    EXPECT_TRUE(bench_.seen.mails.empty());
    const Notification letter = dead_letter("ana@people.sim");
    store_.retried = {letter};
    bench_.run_for(RetryWatch::kPeriod + seconds(1));
    ASSERT_EQ(bench_.seen.mails.size(), 1U);
    EXPECT_EQ(bench_.seen.mails[0].message_id, message_id(letter.id, "watch.sim"));
    EXPECT_EQ(bench_.logged("INFO Notifications retried by hand: 1"), 1U);
    ASSERT_EQ(store_.written.size(), 1U);
    EXPECT_EQ(store_.written[0].status, DeliveryStatus::delivered);
    bench_.run_for(hours(1));
    EXPECT_EQ(bench_.seen.mails.size(), 1U);
}

TEST_F(RetryWatchTest, ForARecipientWhoIsGoneItIsADeadLetterAgain) {
    store_.retried = {dead_letter("eva@people.sim")};
    bench_.run_for(minutes(1));
    EXPECT_TRUE(bench_.seen.mails.empty());
    ASSERT_EQ(store_.written.size(), 1U);
    EXPECT_EQ(store_.written[0].status, DeliveryStatus::dead);
    EXPECT_EQ(store_.written[0].last_error, "recipient no longer configured");
}

TEST_F(RetryWatchTest, AStoreThatCannotBeReadIsAskedAgain) {
    store_.failing = StoreErrc::unavailable;
    store_.retried = {dead_letter("ana@people.sim")};
    bench_.run_for(minutes(1));
    EXPECT_GT(store_.asked, 10);
    EXPECT_TRUE(bench_.seen.mails.empty());
    store_.failing.reset();
    bench_.run_for(minutes(1));
    EXPECT_EQ(bench_.seen.mails.size(), 1U);
    EXPECT_EQ(bench_.logged("ERROR"), 0U) << "those who write to it tell of it";
}

TEST_F(RetryWatchTest, ADamagedRowIsToldOnce) {
    store_.failing = StoreErrc::damaged;
    bench_.run_for(minutes(1));
    EXPECT_EQ(bench_.logged("ERROR What is retried by hand cannot be read"), 1U);
}

}  // namespace
}  // namespace vigia
