#include "engine/shard.hpp"

#include "core/timetable.hpp"
#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>
#include <map>

namespace vigia {
namespace {

namespace asio = boost::asio;
using engine_test::Bench;
using sim::Behaviour;
using sim::StoreFault;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Policy policy() {
    Policy p;
    p.check_interval = seconds(60);
    p.retry_attempts = 1;
    p.alert_threshold = 2;
    p.recovery_threshold = 2;
    p.timeout = seconds(10);
    return p;
}

class ShardTest : public testing::Test {
protected:
    ShardTest() {
        bench_.tasks.spawn(committer_.run());
        bench_.tasks.spawn(committer_.watch());
        dispatcher_.configure(OutboxPolicy{}, bench_.channels(), {{"email", "ana@people.sim"}},
                              "watch.sim");
        dispatcher_.start();
    }
    ~ShardTest() override {
        if (!stopped_) stop();
    }

    asio::awaitable<void> stop_task() {
        co_await shard_.stop();
        co_await dispatcher_.stop(seconds(3));
        committer_.stop();
        stopped_ = true;
    }
    void stop() {
        bench_.tasks.spawn(stop_task());
        bench_.run_for(minutes(5));
        EXPECT_TRUE(stopped_);
    }
    void start(std::vector<MonitorPtr> monitors,
               const std::unordered_map<MonitorId, InitialState>& initial = {}) {
        watched_ = std::move(monitors);
        shard_.start(watched_, initial);
    }
    void reload(std::vector<MonitorPtr> monitors) {
        shard_.apply(difference(watched_, monitors));
        watched_ = std::move(monitors);
    }
    /// When the probes of a monitor began.
    std::vector<Duration> starts(const MonitorPtr& monitor) const {
        std::vector<Duration> times;
        for (const auto& probe : bench_.seen.started) {
            if (probe.monitor == monitor->id) times.push_back(probe.at);
        }
        return times;
    }
    /// How many probes of a monitor were under way at once, at most.
    int most_at_once(const MonitorPtr& monitor) const {
        std::map<Duration, int> changes;
        for (const auto& p : bench_.seen.started) changes[p.at] += p.monitor == monitor->id;
        for (const auto& p : bench_.seen.ended) changes[p.at] -= p.monitor == monitor->id;
        int now = 0;
        int most = 0;
        for (const auto& [at, change] : changes) most = std::max(most, now += change);
        return most;
    }
    Health health(const MonitorPtr& monitor) const {
        const MonitorState* state = shard_.state_of(monitor->id);
        return state == nullptr ? Health::pending : state->health;
    }
    std::vector<Incident> incidents() const {
        std::vector<Incident> all;
        for (const auto& [id, incident] : bench_.memory.incidents()) all.push_back(incident);
        return all;
    }

    Bench bench_;
    Committer committer_{bench_.io.get_executor(), bench_.clock, bench_.store, bench_.events};
    Dispatcher dispatcher_{bench_.io.get_executor(), bench_.env, committer_, bench_.events};
    Shard shard_{bench_.io.get_executor(),
                 bench_.env,
                 committer_,
                 dispatcher_,
                 bench_.events,
                 ShardLimits{}};
    std::vector<MonitorPtr> watched_;
    bool stopped_ = false;
};

TEST_F(ShardTest, AResultTellsWithinWhatTimeItsMonitorIsCheckedAgain) {
    start({bench_.website("w", policy())});
    bench_.run_for(minutes(5));
    std::size_t results = 0;
    for (const Batch& batch : bench_.seen.commits) {
        for (const ResultRow& row : batch.results) {
            ++results;
            EXPECT_GE(row.cycle, seconds(60)) << "the interval";
            EXPECT_LE(row.cycle, seconds(70)) << "and what the check took";
        }
    }
    EXPECT_GE(results, 4U);
}

TEST_F(ShardTest, SpreadsTheFirstChecksAndThenKeepsAFixedRate) {
    std::vector<MonitorPtr> monitors;
    for (int i = 0; i < 50; ++i) {
        monitors.push_back(bench_.website("w" + std::to_string(i), policy()));
    }
    const MonoTime zero = bench_.clock.now().mono;
    start(monitors);
    bench_.run_for(minutes(10));
    for (std::size_t i = 0; i < monitors.size(); ++i) {
        SCOPED_TRACE(i);
        const std::vector<Duration> times = starts(monitors[i]);
        ASSERT_GE(times.size(), 9U);
        EXPECT_EQ(zero + times[0], first_check(zero, i, monitors.size(), seconds(60)));
        EXPECT_GE(times[1] - times[0], seconds(30));
        EXPECT_LE(times[1] - times[0], seconds(90));
        for (std::size_t n = 1; n < times.size(); ++n) {
            EXPECT_EQ((zero + times[n]).time_since_epoch() % Duration(seconds(60)),
                      phase_of(monitors[i]->id, seconds(60)));
            if (n > 1) {
                EXPECT_EQ(times[n] - times[n - 1], seconds(60)) << "no drift";
            }
        }
    }
    EXPECT_EQ(shard_.stats().lag.max(), Duration::zero());
    EXPECT_EQ(shard_.stats().skipped_slots, 0U);
}

TEST_F(ShardTest, ProbesOfOneMonitorNeverOverlapAndMissedSlotsAreCounted) {
    Policy slow = policy();
    slow.check_interval = seconds(4);
    const MonitorPtr monitor = bench_.website("slow", slow, {{{}, Behaviour::hang}});
    start({monitor});
    bench_.run_for(minutes(2));
    EXPECT_EQ(most_at_once(monitor), 1);
    const std::vector<Duration> times = starts(monitor);
    for (std::size_t n = 2; n < times.size(); ++n) {
        EXPECT_EQ(times[n] - times[n - 1], seconds(12)) << "the next slot after the overrun";
    }
    EXPECT_GE(shard_.stats().skipped_slots, 18U);
}

TEST_F(ShardTest, ASlowMonitorDisturbsNoOther) {
    Policy long_timeout = policy();
    long_timeout.timeout = seconds(50);
    std::vector<MonitorPtr> monitors;
    for (int i = 0; i < 20; ++i) {
        const auto name = "w" + std::to_string(i);
        monitors.push_back(i % 4 == 0 ? bench_.website(name, long_timeout, {{{}, Behaviour::hang}})
                                      : bench_.website(name, policy()));
    }
    start(monitors);
    bench_.run_for(minutes(30));
    EXPECT_EQ(shard_.stats().lag.max(), Duration::zero());
    for (std::size_t i = 0; i < monitors.size(); ++i) {
        if (i % 4 != 0) {
            EXPECT_GE(starts(monitors[i]).size(), 30U) << i;
        }
    }
}

TEST_F(ShardTest, AfterASuspendItTakesUpTheRhythmWithoutABurst) {
    std::vector<MonitorPtr> monitors;
    for (int i = 0; i < 10; ++i) {
        monitors.push_back(bench_.website("w" + std::to_string(i), policy()));
    }
    start(monitors);
    bench_.run_for(minutes(5));
    const std::size_t before = bench_.seen.started.size();
    bench_.freeze(hours(8));
    bench_.run_for(minutes(1));
    EXPECT_LE(bench_.seen.started.size() - before, 2 * monitors.size());
    EXPECT_GE(bench_.seen.started.size() - before, monitors.size());
}

TEST_F(ShardTest, TakesAnOutageThroughDecideCommitAct) {
    const MonitorPtr monitor = bench_.website(
        "a", policy(), {{minutes(5), Behaviour::refused}, {minutes(20), Behaviour::up}});
    start({monitor});
    bench_.run_for(minutes(4));
    EXPECT_EQ(health(monitor), Health::up);
    bench_.run_for(minutes(6));
    EXPECT_EQ(health(monitor), Health::down);
    ASSERT_EQ(incidents().size(), 1U);
    EXPECT_FALSE(incidents()[0].ended_at);
    bench_.run_for(minutes(15));
    EXPECT_EQ(health(monitor), Health::up);
    EXPECT_EQ(incidents()[0].end_reason, EndReason::resolved);
    EXPECT_TRUE(incidents()[0].ended_at);
    EXPECT_EQ(bench_.seen.mails.size(), 2U);
    EXPECT_EQ(bench_.logged("ERROR Website down: a"), 1U);
    EXPECT_EQ(bench_.logged("INFO Website recovered: a"), 1U);
}

TEST_F(ShardTest, NothingIsSaidOrShownBeforeItsCommit) {
    const MonitorPtr monitor = bench_.website("a", policy(), {{minutes(5), Behaviour::refused}});
    bench_.store_faults.add({minutes(5), minutes(5) + seconds(115)}, StoreFault::failing);
    start({monitor});
    bench_.run_for(minutes(5) + seconds(20));
    for (int i = 0; i < 200; ++i) {
        bench_.run_for(seconds(1));
        if (health(monitor) != Health::down && bench_.memory.incidents().empty()) {
            EXPECT_TRUE(bench_.seen.mails.empty());
            EXPECT_EQ(bench_.logged("Website down"), 0U);
        }
    }
    EXPECT_EQ(health(monitor), Health::down);
    EXPECT_EQ(bench_.seen.mails.size(), 1U);
}

TEST_F(ShardTest, GoesOnFromWhatTheStoreKnew) {
    const MonitorPtr monitor = bench_.website("a", policy(), {{{}, Behaviour::refused}});
    InitialState initial;
    initial.state.health = Health::up;
    initial.state.bad_streak = 1;
    const WallTime failed = bench_.clock.now().wall - minutes(7);
    initial.state.first_failure = Now{MonoTime(hours(900)), failed};  // of another process
    start({monitor}, {{monitor->id, initial}});
    bench_.run_for(seconds(10));
    EXPECT_EQ(health(monitor), Health::down) << "one before the restart, one after";
    ASSERT_EQ(incidents().size(), 1U);
    EXPECT_EQ(incidents()[0].started_at, failed);
}

TEST_F(ShardTest, AReloadLeavesAloneWhatDidNotChange) {
    const MonitorPtr same = bench_.website("same", policy());
    const MonitorPtr gone = bench_.website("gone", policy());
    start({same, gone});
    bench_.run_for(minutes(5) + seconds(7));
    const MonitorPtr equal = std::make_shared<Monitor>(*same);
    const MonitorPtr fresh = bench_.website("fresh", policy());
    reload({equal, fresh});
    bench_.run_for(minutes(5));
    const std::vector<Duration> times = starts(same);
    for (std::size_t n = 2; n < times.size(); ++n) EXPECT_EQ(times[n] - times[n - 1], seconds(60));
    EXPECT_EQ(health(same), Health::up);
    EXPECT_EQ(shard_.state_of(gone->id), nullptr);
    EXPECT_LE(starts(gone).back(), minutes(5) + seconds(7));
    EXPECT_EQ(starts(fresh).front(), minutes(5) + seconds(7)) << "the only one: at once";
    EXPECT_EQ(shard_.stats().monitors, 2U);
}

TEST_F(ShardTest, AChangedIntervalTakesEffectAtOnceAndTheStateStays) {
    const MonitorPtr before = bench_.website("a", policy(), {{{}, Behaviour::refused}});
    start({before});
    bench_.run_for(minutes(5));
    EXPECT_EQ(health(before), Health::down);
    auto after = std::make_shared<Monitor>(*before);
    after->policy.check_interval = seconds(10);
    reload({after});
    EXPECT_EQ(health(before), Health::down);
    const std::size_t probes = bench_.seen.started.size();
    bench_.run_for(minutes(1));
    EXPECT_EQ(bench_.seen.started.size() - probes, 6U);
    EXPECT_EQ(incidents().size(), 1U);
}

TEST_F(ShardTest, WhatAProbeOfTheOldTargetFindsSaysNothingOfTheNewOne) {
    const MonitorPtr before = bench_.website("a", policy(), {{minutes(2), Behaviour::hang}});
    start({before});
    Policy strict = policy();
    strict.alert_threshold = 1;
    while (bench_.http.in_flight() == 0 || bench_.elapsed() < minutes(3)) {
        bench_.run_for(milliseconds(500));
    }
    auto after = std::make_shared<Monitor>(*before);
    after->policy = strict;
    std::get<HttpTarget>(after->target).url = "http://elsewhere.sim/";
    bench_.network.put("http://elsewhere.sim/", after->id, {});
    const std::size_t results = bench_.memory.results();
    reload({after});
    bench_.run_for(seconds(15));
    EXPECT_EQ(bench_.memory.results(), results) << "the time-out is of the old target";
    bench_.run_for(minutes(3));
    EXPECT_EQ(health(after), Health::up);
    EXPECT_TRUE(incidents().empty());
}

TEST_F(ShardTest, ARemovedMonitorsIncidentIsRetiredAndNobodyIsTold) {
    const MonitorPtr monitor = bench_.website("a", policy(), {{{}, Behaviour::refused}});
    const MonitorPtr other = bench_.website("b", policy());
    start({monitor, other});
    bench_.run_for(minutes(5) + seconds(20));
    ASSERT_EQ(incidents().size(), 1U);
    reload({other});
    bench_.run_for(minutes(30));
    ASSERT_EQ(incidents().size(), 1U);
    EXPECT_EQ(incidents()[0].end_reason, EndReason::retired);
    EXPECT_TRUE(incidents()[0].ended_at);
    EXPECT_EQ(bench_.seen.mails.size(), 1U) << "the alert";
    EXPECT_EQ(bench_.logged("No longer watched"), 1U);
    const StoredState stored = bench_.memory.load().value();
    for (const StateRow& row : stored.states) {
        if (row.monitor == monitor->id) {
            EXPECT_EQ(row.state, MonitorState{});
        }
    }
}

TEST_F(ShardTest, AMonitorAddedAgainWaitsForItsOwnLastCheck) {
    Policy patient = policy();
    patient.timeout = seconds(40);
    const MonitorPtr monitor = bench_.website("a", patient, {{minutes(2), Behaviour::hang}});
    const MonitorPtr other = bench_.website("b", policy());
    start({monitor, other});
    while (bench_.http.in_flight() == 0 || bench_.elapsed() < minutes(3)) {
        bench_.run_for(milliseconds(500));
    }
    const std::size_t before = starts(monitor).size();
    for (int i = 0; i < 3; ++i) {
        reload({other});
        EXPECT_EQ(shard_.state_of(monitor->id), nullptr);
        reload({monitor, other});
        EXPECT_EQ(health(monitor), Health::pending);
    }
    auto changed = std::make_shared<Monitor>(*monitor);
    changed->name = "renamed";
    reload({changed, other});
    EXPECT_EQ(health(monitor), Health::pending);
    bench_.run_for(minutes(3));
    EXPECT_EQ(most_at_once(monitor), 1);
    EXPECT_GT(starts(monitor).size(), before) << "it is watched again";
    EXPECT_EQ(health(monitor), Health::down);
    EXPECT_EQ(incidents().size(), 1U);
    EXPECT_EQ(incidents()[0].monitor_name, "renamed");
}

TEST_F(ShardTest, ADatabaseServerHasAsManyConnectionsAtOnceAsItsLimit) {
    std::vector<MonitorPtr> monitors;
    for (int i = 0; i < 200; ++i) {
        auto monitor = std::make_shared<Monitor>();
        monitor->id = MonitorId("db-" + std::to_string(i));
        monitor->category = MonitorCategory::database;
        monitor->policy = policy();
        monitor->policy.check_interval = seconds(1);
        DbTarget target;
        target.host = "db.sim";
        target.port = 5432;
        target.database = std::to_string(i);
        monitor->target = target;
        bench_.network.put(sim::url_of(monitor->target), monitor->id,
                           sim::Timeline({{{}, Behaviour::hang}}));
        monitors.push_back(std::move(monitor));
    }
    start(monitors);
    bench_.run_for(seconds(5));
    EXPECT_EQ(bench_.http.in_flight(), ShardLimits{}.max_per_database);
}

TEST_F(ShardTest, OfARemovedMonitorNothingIsTriedAgain) {
    Policy stubborn = policy();
    stubborn.retry_attempts = 10;
    stubborn.retry_delay = seconds(5);
    const MonitorPtr monitor = bench_.website("a", stubborn, {{{}, Behaviour::refused}});
    const MonitorPtr other = bench_.website("b", policy());
    start({monitor, other});
    bench_.run_for(seconds(2));
    const std::size_t before = starts(monitor).size();
    ASSERT_GT(before, 0U);
    reload({other});
    bench_.run_for(minutes(2));
    EXPECT_EQ(starts(monitor).size(), before);
}

TEST_F(ShardTest, WhatLeavesAtAStopIsStillCommitted) {
    Policy stubborn = policy();
    stubborn.alert_threshold = 1;
    const MonitorPtr monitor = bench_.website("a", stubborn, {{{}, Behaviour::hang}});
    start({monitor});
    bench_.run_for(minutes(2));
    ASSERT_EQ(incidents().size(), 1U);
    while (bench_.http.in_flight() == 0) bench_.run_for(milliseconds(500));
    reload({});
    stop();
    EXPECT_TRUE(incidents()[0].ended_at);
}

TEST_F(ShardTest, AStopEndsChecksWithoutAResultAndCommitsWhatHasOne) {
    const MonitorPtr hanging = bench_.website("h", policy(), {{{}, Behaviour::hang}});
    const MonitorPtr good = bench_.website("g", policy());
    bench_.store_faults.add({{}, seconds(5)}, StoreFault::slow);
    start({hanging, good});
    bench_.run_for(seconds(3));
    EXPECT_EQ(bench_.http.in_flight(), 1U);
    stop();
    EXPECT_EQ(bench_.http.in_flight(), 0U);
    EXPECT_EQ(bench_.memory.results(), 1U) << "the good one's was being committed";
    EXPECT_TRUE(bench_.failures.empty());
    EXPECT_EQ(bench_.logged("CRITICAL"), 0U);
}

}  // namespace
}  // namespace vigia
