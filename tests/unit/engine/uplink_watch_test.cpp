#include "engine/uplink_watch.hpp"

#include "engine/probe_runner.hpp"
#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>
#include <map>
#include <optional>

namespace vigia {
namespace {

namespace asio = boost::asio;
using engine_test::Bench;
using sim::Behaviour;
using sim::OwnFault;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Policy policy() {
    Policy p;
    p.retry_attempts = 1;
    p.timeout = seconds(5);
    return p;
}

class UplinkWatchTest : public testing::Test {
protected:
    UplinkWatchTest() {
        bench_.tasks.spawn(stalls_.run());
        bench_.tasks.spawn(committer_.run());
        bench_.tasks.spawn(committer_.watch());
        dispatcher_.configure(OutboxPolicy{}, bench_.channels(), {{"email", "ana@people.sim"}},
                              "watch.sim");
        dispatcher_.start();
        uplink_.start();
    }
    ~UplinkWatchTest() override {
        stop();
        committer_.stop();
        bench_.run_for(hours(1));
    }

    asio::awaitable<void> stop_task() {
        co_await uplink_.stop();
        co_await dispatcher_.stop(seconds(3));
    }
    void stop() {
        if (std::exchange(stopped_, true)) return;
        bench_.tasks.spawn(stop_task());
        bench_.run_for(minutes(1));
    }

    void watch(std::vector<MonitorPtr> monitors) {
        config_.monitors = std::move(monitors);
        uplink_.configure(config_);
        bench_.run_for(seconds(1));
    }
    void fault(Duration from, Duration length, OwnFault what) {
        const Duration begin = bench_.elapsed() + from;
        plan_.add({begin, begin + length}, what);
        bench_.network.set_own_faults(plan_);
    }

    asio::awaitable<void> check(MonitorPtr monitor) {
        const MonitorId id = monitor->id;
        const Duration begun = bench_.elapsed();
        CheckResult found = co_await runner_.check(std::move(monitor), endpoint_);
        took_[id] = bench_.elapsed() - begun;
        results_[id] = std::move(found);
    }
    /// One check of each, begun at once.
    void check_all(const std::vector<MonitorPtr>& monitors) {
        for (const MonitorPtr& monitor : monitors) bench_.tasks.spawn(check(monitor));
        bench_.run_for(seconds(10));
    }
    /// From one second on, with a website whose check fails by it; returns 12 s into it.
    void lose_the_uplink_for_five_minutes() {
        const auto one = bench_.website("one", policy());
        watch({one});
        fault(seconds(1), minutes(5), OwnFault::uplink_cut);
        bench_.run_for(seconds(2));
        check_all({one});
    }
    const ProbeResult& result(const MonitorPtr& monitor) { return results_[monitor->id].probe; }

    Bench bench_;
    Committer committer_{bench_.io.get_executor(), bench_.clock, bench_.store, bench_.events};
    Dispatcher dispatcher_{bench_.io.get_executor(), bench_.env, committer_, bench_.events};
    UplinkWatch uplink_{bench_.io.get_executor(), bench_.env, dispatcher_, bench_.events};
    StallWatch stalls_{bench_.clock};
    ProbeRunner runner_{
        bench_.io.get_executor(), bench_.env, bench_.events, stalls_, 100, &uplink_};
    Semaphore endpoint_{bench_.io.get_executor(), 10};
    Config config_;
    sim::FaultPlan<OwnFault> plan_;
    std::map<MonitorId, CheckResult> results_;
    std::map<MonitorId, Duration> took_;
    bool stopped_ = false;
};

TEST_F(UplinkWatchTest, AProbeThatHangsCountsAsSoonAsACanaryAnswers) {
    const auto dead = bench_.website("dead", policy(), {{{}, Behaviour::hang}});
    watch({dead});
    check_all({dead});
    EXPECT_EQ(result(dead).outcome, Outcome::down);
    EXPECT_EQ(result(dead).reason.code, ReasonCode::timeout);
    EXPECT_EQ(took_[dead->id], seconds(5)) << "the canaries answered at once";
    EXPECT_EQ(uplink_.state(), UplinkState::connected);
}

TEST_F(UplinkWatchTest, WhileCutOffWhatCannotBeReachedIsUnknownAndWhatAnswersStaysDown) {
    const auto one = bench_.website("one", policy());
    const auto two = bench_.website("two", policy());
    watch({one, two});
    fault(seconds(1), minutes(5), OwnFault::uplink_cut);
    bench_.run_for(seconds(2));
    check_all({one, two});
    for (const MonitorPtr& monitor : {one, two}) {
        EXPECT_EQ(result(monitor).outcome, Outcome::unknown);
        EXPECT_EQ(result(monitor).reason.code, ReasonCode::uplink_down);
        EXPECT_LE(took_[monitor->id], seconds(5) + 2 * UplinkWatch::kRoundLimit);
        const Now end = results_[monitor->id].finished;
        EXPECT_LE(end.mono - results_[monitor->id].started.mono, seconds(5)) << "of the probe";
    }
    EXPECT_EQ(uplink_.state(), UplinkState::cut_off);
    EXPECT_EQ(bench_.logged("WARNING This machine is cut off"), 1U);
    EXPECT_EQ(bench_.logged("without a result (this machine is cut off from the network"), 2U);

    ProbeResult refused;
    refused.outcome = Outcome::down;
    refused.reason.code = ReasonCode::connection_refused;
    ProbeResult local;
    local.outcome = Outcome::down;
    local.reason.code = ReasonCode::timeout;
    local.remote_address = "127.0.0.1:80";
    bench_.tasks.spawn([](UplinkWatch& uplink, MonitorPtr monitor, ProbeResult& first,
                          ProbeResult& second) -> asio::awaitable<void> {
        co_await uplink.judge(monitor, first);
        co_await uplink.judge(monitor, second);
    }(uplink_, one, refused, local));
    bench_.run_for(seconds(3));
    EXPECT_EQ(refused.outcome, Outcome::down) << "a refusal is an answer";
    EXPECT_EQ(local.outcome, Outcome::down) << "this machine needs no uplink";
}

TEST_F(UplinkWatchTest, OneNoticeGoesOutOnceWeAreBackForGood) {
    lose_the_uplink_for_five_minutes();
    bench_.run_for(minutes(4) + seconds(45));
    EXPECT_EQ(uplink_.state(), UplinkState::cut_off);
    bench_.run_for(seconds(20));
    EXPECT_EQ(uplink_.state(), UplinkState::connected);
    EXPECT_EQ(bench_.logged("INFO This machine reaches the network again"), 1U);
    EXPECT_TRUE(bench_.seen.mails.empty()) << "it may be gone again";
    bench_.run_for(seconds(30));
    ASSERT_EQ(bench_.seen.mails.size(), 1U);
    EXPECT_EQ(bench_.seen.mails[0].subject, "🟠 MONITOR OFFLINE: nothing could be watched");
    EXPECT_EQ(bench_.logged("INFO The monitor was offline from"), 1U);
    bench_.run_for(hours(1));
    EXPECT_EQ(bench_.seen.mails.size(), 1U);
}

TEST_F(UplinkWatchTest, ALossShorterThanTheSettingIsOnlyLogged) {
    config_.uplink.notice_after = minutes(10);
    lose_the_uplink_for_five_minutes();
    bench_.run_for(minutes(10));
    EXPECT_EQ(bench_.logged("INFO The monitor was offline from"), 1U);
    EXPECT_TRUE(bench_.seen.mails.empty());
}

TEST_F(UplinkWatchTest, AStopTellsOfALossThatHasJustEnded) {
    lose_the_uplink_for_five_minutes();
    bench_.run_for(minutes(5));
    EXPECT_EQ(uplink_.state(), UplinkState::connected);
    EXPECT_TRUE(bench_.memory.notifications().empty());
    stop();
    EXPECT_EQ(bench_.memory.notifications().size(), 1U);
}

TEST_F(UplinkWatchTest, APulledCableIsTold) {
    const auto one = bench_.website("one", policy());
    watch({one});
    fault(seconds(1), minutes(5), OwnFault::network_unreachable);
    bench_.run_for(seconds(3));
    check_all({one});
    EXPECT_EQ(result(one).reason.code, ReasonCode::network_unreachable) << "as it was";
    EXPECT_EQ(uplink_.state(), UplinkState::cut_off);
    bench_.run_for(minutes(7));
    EXPECT_EQ(bench_.seen.mails.size(), 1U);
}

TEST_F(UplinkWatchTest, NobodyIsAskedWhereItIsSwitchedOffOrEverythingIsOnThisMachine) {
    auto local = std::make_shared<Monitor>(*bench_.website("local", policy()));
    HttpTarget target;
    target.url = "http://127.0.0.1:8080/";
    local->target = target;
    watch({local});
    bench_.run_for(hours(1));
    EXPECT_EQ(uplink_.rounds(), 0U);

    const auto dead = bench_.website("dead", policy(), {{{}, Behaviour::hang}});
    config_.uplink.enabled = false;
    watch({dead});
    fault({}, hours(1), OwnFault::uplink_cut);
    check_all({dead});
    EXPECT_EQ(result(dead).outcome, Outcome::down);
    EXPECT_EQ(uplink_.rounds(), 0U);
}

TEST_F(UplinkWatchTest, AReloadThatSwitchesItOffLeavesNobodyWaiting) {
    const auto one = bench_.website("one", policy());
    watch({one});
    fault({}, hours(1), OwnFault::uplink_cut);
    bench_.tasks.spawn(check(one));
    bench_.run_for(seconds(5) + std::chrono::milliseconds(500));
    ASSERT_FALSE(results_.contains(one->id)) << "the canaries are being waited for";
    config_.uplink.enabled = false;
    uplink_.configure(config_);
    bench_.run_for(seconds(5));
    EXPECT_TRUE(results_.contains(one->id));
}

TEST_F(UplinkWatchTest, AskingGoesOnAtEachStatesOwnPace) {
    watch({bench_.website("one", policy())});
    const std::uint64_t before = uplink_.rounds();
    bench_.run_for(minutes(10));
    EXPECT_EQ(uplink_.rounds() - before, 10U);
}

}  // namespace
}  // namespace vigia
