#include "engine/own_health_watch.hpp"

#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>
#include <utility>

namespace vigia {
namespace {

namespace asio = boost::asio;
using engine_test::Bench;
using sim::MailFault;
using sim::StoreFault;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Policy policy() {
    Policy p;
    p.retry_attempts = 1;
    p.check_interval = seconds(10);
    p.alert_threshold = 1;
    p.alert_repeat_interval = Duration::zero();
    return p;
}

class OwnHealthWatchTest : public testing::Test {
protected:
    OwnHealthWatchTest() {
        bench_.tasks.spawn(committer_.run());
        bench_.tasks.spawn(committer_.watch());
        dispatcher_.configure(OutboxPolicy{}, bench_.channels(),
                              {{"email", "ana@people.sim"}, {"email", "luis@people.sim"}},
                              "watch.sim");
        dispatcher_.start();
        health_.start();
    }
    ~OwnHealthWatchTest() override {
        bench_.tasks.spawn(stop());
        bench_.run_for(hours(2));
        committer_.stop();
        bench_.run_for(hours(1));
    }
    asio::awaitable<void> stop() {
        co_await shard_.stop();
        co_await health_.stop();
        co_await dispatcher_.stop(seconds(3));
    }
    /// Watches one website; what it does by itself.
    void watch(std::vector<sim::Timeline::Segment> segments = {}) {
        shard_.start({bench_.website("one", policy(), std::move(segments))}, {});
    }
    void store_fails(Duration from, Duration length, StoreFault fault = StoreFault::failing) {
        const Duration begin = bench_.elapsed() + from;
        bench_.store_faults.add({begin, begin + length}, fault);
    }
    std::size_t notices() const {
        std::size_t count = 0;
        for (const sim::AcceptedMail& mail : bench_.seen.mails) {
            count += mail.subject.starts_with("🟠 MONITOR IN TROUBLE: ");
        }
        return count;
    }

    Bench bench_;
    Committer committer_{bench_.io.get_executor(), bench_.clock, bench_.store, bench_.events};
    Dispatcher dispatcher_{bench_.io.get_executor(), bench_.env, committer_, bench_.events};
    Shard shard_{bench_.io.get_executor(), bench_.env, committer_, dispatcher_, bench_.events, {}};
    OwnHealthWatch health_{
        bench_.io.get_executor(), bench_.env, {committer_, dispatcher_, shard_}, bench_.events};
};

TEST_F(OwnHealthWatchTest, AQuietMonitorSaysNothing) {
    watch();
    bench_.run_for(hours(5));
    EXPECT_EQ(bench_.logged("trouble"), 0U);
    EXPECT_TRUE(health_.is_working());
    EXPECT_TRUE(health_.is_well());
}

TEST_F(OwnHealthWatchTest, AStoreThatFailsIsToldWithoutIt) {
    watch();
    bench_.run_for(seconds(30));
    for (const StoreFault fault : {StoreFault::failing, StoreFault::hanging}) {
        const std::size_t before = notices();
        store_fails({}, minutes(5), fault);
        bench_.run_for(minutes(3));
        EXPECT_TRUE(health_.has(Trouble::store_failing));
        EXPECT_FALSE(health_.is_well());
        EXPECT_TRUE(health_.is_working()) << "a restart would not mend the store";
        EXPECT_EQ(notices(), before + 2) << "one to each recipient, while it fails";
        bench_.run_for(minutes(4));
        EXPECT_FALSE(health_.has(Trouble::store_failing));
        EXPECT_TRUE(health_.is_well());
        EXPECT_EQ(notices(), before + 2);
        bench_.run_for(hours(1));
    }
    EXPECT_EQ(bench_.logged("WARNING The monitor is in trouble: the store has not"), 2U);
    EXPECT_EQ(bench_.logged("INFO The monitor is no longer in trouble: the store has not"), 2U);
}

TEST_F(OwnHealthWatchTest, AShortTroubleIsNone) {
    watch();
    for (int i = 0; i < 10; ++i) {
        store_fails({}, seconds(50));
        bench_.run_for(minutes(2));
    }
    EXPECT_EQ(bench_.logged("in trouble"), 0U);
}

TEST_F(OwnHealthWatchTest, SwitchedOffOnlyTheLogIsTold) {
    health_.configure(false);
    watch();
    store_fails({}, minutes(5));
    bench_.run_for(hours(1));
    EXPECT_EQ(bench_.logged("WARNING The monitor is in trouble"), 1U);
    EXPECT_EQ(notices(), 0U);
}

TEST_F(OwnHealthWatchTest, DeliveriesThatAreLateAreToldOnceAndOnceTheyAreNot) {
    watch({{minutes(1), sim::Behaviour::refused}});
    bench_.office.add_trouble({{{}, minutes(40)}, MailFault::refused, {}});
    bench_.run_for(minutes(39));
    EXPECT_EQ(bench_.logged("WARNING The monitor is in trouble: notifications undelivered for more "
                            "than 15 minutes, waiting: 2"),
              1U);
    bench_.run_for(minutes(30));
    EXPECT_EQ(bench_.logged("INFO The monitor is no longer in trouble: notifications undelivered"),
              1U);
    EXPECT_EQ(notices(), 2U) << "late as all the rest, but told";
}

TEST_F(OwnHealthWatchTest, ADeadLetterIsToldToThoseWhoCanBeReached) {
    watch({{minutes(1), sim::Behaviour::refused}});
    bench_.office.add_trouble({{{}, hours(10)}, MailFault::rejected, "luis@people.sim"});
    bench_.run_for(hours(5));
    EXPECT_EQ(notices(), 1U);
    EXPECT_EQ(bench_.logged("WARNING The monitor is in trouble: notifications given up: 1"), 1U);
    EXPECT_EQ(bench_.logged("INFO The monitor is no longer in trouble: notifications given up"),
              1U);
}

TEST_F(OwnHealthWatchTest, ASuspendIsNoTrouble) {
    watch();
    bench_.run_for(minutes(1));
    bench_.freeze(hours(8));
    bench_.run_for(hours(1));
    EXPECT_EQ(bench_.logged("in trouble"), 0U);
}

TEST_F(OwnHealthWatchTest, AProcessThatStandsStillAgainAndAgainIsLate) {
    watch();
    for (int i = 0; i < 60; ++i) {
        bench_.freeze(seconds(8));
        bench_.run_for(seconds(2));
    }
    EXPECT_TRUE(health_.has(Trouble::checks_late));
    EXPECT_EQ(bench_.logged("WARNING The monitor is in trouble: checks begin late"), 1U);
    bench_.run_for(minutes(10));
    EXPECT_FALSE(health_.has(Trouble::checks_late));
}

TEST_F(OwnHealthWatchTest, ChecksThatNoLongerBeginAreSeen) {
    watch();
    bench_.run_for(minutes(1));
    bench_.tasks.spawn(shard_.stop());
    bench_.run_for(minutes(2));
    EXPECT_FALSE(health_.is_working());
    EXPECT_FALSE(health_.is_well());
}

}  // namespace
}  // namespace vigia
