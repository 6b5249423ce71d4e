// The spans that a store's file keeps, and the uptime that follows from them.

#include "tests/contract/history_fixture.hpp"

namespace vigia {
namespace {

using enum SpanState;

class SqliteUptimeTest : public test::HistoryTest {
protected:
    void checks(const std::string& monitor, Duration from, Duration to, Outcome outcome) {
        for (Duration t = from; t < to; t += minutes(1)) check(monitor, t, outcome);
    }
    std::vector<Span> spans(const std::string& monitor) {
        return history()->spans(id(monitor), range(-hours(1000), hours(1000))).value();
    }
    Span span(Duration from, Duration to, SpanState state) { return {at(from), at(to), state}; }
};

TEST_F(SqliteUptimeTest, FollowsTheConfirmedHealth) {
    check("m", {}, Outcome::up, Health::up);
    checks("m", minutes(1), minutes(10), Outcome::up);
    checks("m", minutes(10), minutes(12), Outcome::down);
    check("m", minutes(12), Outcome::down, Health::down);
    checks("m", minutes(13), minutes(15), Outcome::down);
    check("m", minutes(15), Outcome::up, Health::up);
    checks("m", minutes(16), minutes(21), Outcome::up);
    EXPECT_EQ(spans("m"),
              (std::vector<Span>{span({}, minutes(12), up), span(minutes(12), minutes(15), down),
                                 span(minutes(15), minutes(20), up)}));
    const Uptime uptime = history()->uptime(id("m"), range({}, hours(24))).value();
    EXPECT_NEAR(uptime.share().value(), 17.0 / 20, 1e-9);
    EXPECT_EQ(history()->uptime(id("m"), range(minutes(12), minutes(15)))->share(), 0.0);
}

TEST_F(SqliteUptimeTest, APendingMonitorIsNotObserved) {
    checks("m", {}, minutes(3), Outcome::down);
    EXPECT_TRUE(spans("m").empty());
    check("m", minutes(3), Outcome::down, Health::down);
    check("m", minutes(4), Outcome::down);
    EXPECT_EQ(spans("m"), (std::vector<Span>{span(minutes(3), minutes(4), down)}));
}

TEST_F(SqliteUptimeTest, WhatWeCouldNotSeeIsNotCharged) {
    check("m", {}, Outcome::up, Health::up);
    checks("m", minutes(1), minutes(10), Outcome::up);
    checks("m", minutes(10), minutes(70), Outcome::unknown);
    checks("m", minutes(70), minutes(81), Outcome::up);
    EXPECT_EQ(spans("m"),
              (std::vector<Span>{span({}, minutes(10), up), span(minutes(10), minutes(70), unknown),
                                 span(minutes(70), minutes(80), up)}));
    EXPECT_EQ(history()->uptime(id("m"), range({}, hours(24)))->share(), 1.0);
}

TEST_F(SqliteUptimeTest, TheTimeThatVigiaWasOffIsNotCharged) {
    check("m", {}, Outcome::down, Health::down);
    checks("m", minutes(1), minutes(11), Outcome::down);
    restart();
    EXPECT_EQ(spans("m"), (std::vector<Span>{span({}, minutes(10), down)})) << "while it is off";
    check("m", hours(5), Outcome::down);
    check("m", hours(5) + minutes(1), Outcome::up, Health::up);
    check("m", hours(5) + minutes(2), Outcome::up);
    EXPECT_EQ(
        spans("m"),
        (std::vector<Span>{span({}, minutes(10), down), span(hours(5), hours(5) + minutes(1), down),
                           span(hours(5) + minutes(1), hours(5) + minutes(2), up)}));
}

TEST_F(SqliteUptimeTest, AShortRestartEndsNoSpan) {
    check("m", {}, Outcome::up, Health::up);
    check("m", minutes(1), Outcome::up);
    restart();
    check("m", minutes(2), Outcome::up);
    EXPECT_EQ(spans("m"), (std::vector<Span>{span({}, minutes(2), up)}));
    EXPECT_EQ(count("span"), 0);
}

TEST_F(SqliteUptimeTest, AMonitorThatIsForgottenEndsWhereItWasLastSeen) {
    check("m", {}, Outcome::up, Health::up);
    check("n", {}, Outcome::up, Health::up);
    check("m", minutes(1), Outcome::up);
    checks("n", minutes(1), minutes(5), Outcome::up);
    Batch forgotten;
    forgotten.states.push_back({id("m"), MonitorState{}});
    commit(forgotten);
    checks("n", minutes(5), minutes(8), Outcome::up);
    EXPECT_EQ(spans("m"), (std::vector<Span>{span({}, minutes(1), up)}));
    check("m", minutes(9), Outcome::up, Health::up);
    check("m", minutes(10), Outcome::up);
    EXPECT_EQ(spans("m"),
              (std::vector<Span>{span({}, minutes(1), up), span(minutes(9), minutes(10), up)}));
    EXPECT_EQ(count("monitor"), 2) << "it has the number that it had";
}

TEST_F(SqliteUptimeTest, InAMergedBatchEachResultIsJudgedByWhatWasDecidedUntilThen) {
    Batch batch;
    for (int i = 0; i < 10; ++i) {
        batch.results.push_back(result("m", minutes(i), i < 5 ? Outcome::up : Outcome::down));
    }
    batch.states.push_back(state("m", {}, Health::up));
    batch.states.push_back(state("m", minutes(7), Health::down));
    commit(batch);
    EXPECT_EQ(spans("m"),
              (std::vector<Span>{span({}, minutes(7), up), span(minutes(7), minutes(9), down)}));
}

TEST_F(SqliteUptimeTest, AStoreOfBeforeTheHistoryIsFollowedFromItsFirstResult) {
    Batch batch;
    batch.states.push_back(state("m", -hours(9), Health::down));
    commit(batch);
    restart();
    checks("m", {}, minutes(2), Outcome::down);
    EXPECT_EQ(spans("m"), (std::vector<Span>{span({}, minutes(1), down)}));
}

TEST_F(SqliteUptimeTest, AllMonitorsAreToldAtOnce) {
    check("a", {}, Outcome::up, Health::up);
    check("b", {}, Outcome::down, Health::down);
    check("c", {}, Outcome::down);
    for (const char* const monitor : {"a", "b", "c"}) {
        checks(monitor, minutes(1), minutes(2), Outcome::up);
    }
    const auto all = history()->uptimes(range({}, hours(1))).value();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].monitor, id("a"));
    EXPECT_EQ(all[0].uptime.share(), 1.0);
    EXPECT_EQ(all[1].uptime.share(), 0.0);
    EXPECT_FALSE(all[2].uptime.share());
    const auto states = history()->states().value();
    ASSERT_EQ(states.size(), 2U);
    EXPECT_EQ(states[1].monitor, id("b"));
    EXPECT_EQ(states[1].health, Health::down);
    EXPECT_EQ(states[1].since, at({}));
    EXPECT_EQ(states[1].observed, down);
}

}  // namespace
}  // namespace vigia
