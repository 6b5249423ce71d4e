#include "engine/probe_runner.hpp"

#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>
#include <optional>

namespace vigia {
namespace {

namespace asio = boost::asio;
using engine_test::Bench;
using sim::Behaviour;
using sim::OwnFault;
using sim::Timeline;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Policy policy() {
    Policy p;
    p.retry_attempts = 3;
    p.retry_delay = seconds(6);
    p.timeout = seconds(10);
    return p;
}

class ProbeRunnerTest : public testing::Test {
protected:
    ProbeRunnerTest() {
        bench_.tasks.spawn(stalls_.run());
        bench_.settle();
    }

    asio::awaitable<void> check(MonitorPtr monitor, std::optional<CheckResult>& result) {
        CheckResult found = co_await runner_.check(std::move(monitor), endpoint_);
        result = std::move(found);
    }
    /// One check of a target that behaves by `segments`.
    CheckResult check(std::vector<Timeline::Segment> segments) {
        std::optional<CheckResult> result;
        bench_.tasks.spawn(check(bench_.website("a", policy(), std::move(segments)), result));
        bench_.run_for(minutes(2));
        EXPECT_TRUE(result);
        return result.value_or(CheckResult{});
    }

    Bench bench_;
    StallWatch stalls_{bench_.clock};
    ProbeRunner runner_{bench_.io.get_executor(), bench_.env, bench_.events, stalls_, 100};
    Semaphore endpoint_{bench_.io.get_executor(), 2};
};

TEST_F(ProbeRunnerTest, IsGoodAtTheFirstGoodProbe) {
    const CheckResult result = check({});
    EXPECT_EQ(result.outcome(), Outcome::up);
    EXPECT_EQ(result.attempts, 1);
    EXPECT_EQ(bench_.seen.started.size(), 1U);
    EXPECT_GE(result.finished.mono, result.started.mono);
    EXPECT_EQ(bench_.logged("INFO Checking website: a"), 1U);
    EXPECT_EQ(bench_.lines.size(), 1U);
}

TEST_F(ProbeRunnerTest, TriesAgainAfterTheDelayCountedFromTheEnd) {
    const CheckResult result = check({{{}, Behaviour::status_503}, {seconds(8), Behaviour::up}});
    EXPECT_EQ(result.outcome(), Outcome::up);
    EXPECT_EQ(result.attempts, 3);
    ASSERT_EQ(bench_.seen.started.size(), 3U);
    EXPECT_EQ(bench_.seen.started[1].at, bench_.seen.ended[0].at + seconds(6));
    EXPECT_EQ(bench_.seen.started[2].at, bench_.seen.ended[1].at + seconds(6));
    EXPECT_EQ(bench_.logged("WARNING Attempt 1 failed (status code: 503): a"), 1U);
    EXPECT_EQ(bench_.logged("WARNING Attempt 2 failed (status code: 503): a"), 1U);
}

TEST_F(ProbeRunnerTest, FailsWhenEveryProbeFailed) {
    const CheckResult result = check({{{}, Behaviour::refused}});
    EXPECT_EQ(result.outcome(), Outcome::down);
    EXPECT_EQ(result.attempts, 3);
    EXPECT_EQ(result.probe.reason.code, ReasonCode::connection_refused);
    EXPECT_EQ(bench_.logged("ERROR Error in attempt"), 3U);
}

TEST_F(ProbeRunnerTest, EveryProbeHasItsOwnDeadline) {
    const CheckResult result = check({{{}, Behaviour::hang}});
    EXPECT_EQ(result.outcome(), Outcome::down);
    EXPECT_EQ(result.probe.reason.code, ReasonCode::timeout);
    ASSERT_EQ(bench_.seen.ended.size(), 3U);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(bench_.seen.ended[i].at - bench_.seen.started[i].at, seconds(10));
    }
    EXPECT_EQ(result.finished.mono - result.started.mono, seconds(3 * 10 + 2 * 6));
}

struct UnknownCase {
    const char* what;
    Duration from;  ///< when this machine cannot see
    Duration to;
    Behaviour behaviour;
    Outcome outcome;
    ReasonCode reason;
};
class ProbeRunnerUnknown : public ProbeRunnerTest,
                           public testing::WithParamInterface<UnknownCase> {};

TEST_P(ProbeRunnerUnknown, MakesTheCheckUnknownUnlessALaterProbeIsGood) {
    const UnknownCase& c = GetParam();
    sim::FaultPlan<OwnFault> faults;
    faults.add({c.from, c.to}, OwnFault::no_descriptors);
    bench_.network.set_own_faults(faults);
    const CheckResult result = check({{{}, c.behaviour}});
    EXPECT_EQ(result.outcome(), c.outcome);
    EXPECT_EQ(result.probe.reason.code, c.reason);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ProbeRunnerUnknown,
    testing::Values(
        UnknownCase{"all unknown",
                    {},
                    minutes(1),
                    Behaviour::refused,
                    Outcome::unknown,
                    ReasonCode::no_descriptors},
        UnknownCase{"unknown, down, down",
                    {},
                    seconds(3),
                    Behaviour::refused,
                    Outcome::unknown,
                    ReasonCode::no_descriptors},
        UnknownCase{"down, unknown, down", seconds(3), seconds(9), Behaviour::refused,
                    Outcome::unknown, ReasonCode::no_descriptors},
        UnknownCase{"down, down, unknown", seconds(9), minutes(1), Behaviour::refused,
                    Outcome::unknown, ReasonCode::no_descriptors},
        UnknownCase{"unknown, up", {}, seconds(3), Behaviour::up, Outcome::up, ReasonCode::none}),
    [](const auto& tested) {
        std::string name;
        for (const char* c = tested.param.what; *c != '\0'; ++c) {
            if (*c != ' ' && *c != ',') name += *c;
        }
        return name;
    });

TEST_F(ProbeRunnerTest, OurOwnStandingStillIsUnknown) {
    std::optional<CheckResult> result;
    Policy once = policy();
    once.retry_attempts = 1;
    bench_.tasks.spawn(check(bench_.website("a", once, {{{}, Behaviour::hang}}), result));
    bench_.run_for(seconds(2));
    bench_.freeze(seconds(60));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->outcome(), Outcome::unknown);
    EXPECT_EQ(result->probe.reason.code, ReasonCode::own_lateness);
    EXPECT_EQ(runner_.counters().own_lateness, 1U);
}

struct LateCase {
    Duration timeout;
    Duration late;  ///< how long after the deadline the loop comes to it
    Outcome outcome;
};

TEST_F(ProbeRunnerTest, OurOwnLatenessIsMeasuredAgainstTheTimeout) {
    const LateCase cases[] = {
        {milliseconds(100), milliseconds(25), Outcome::down},
        {milliseconds(100), milliseconds(26), Outcome::unknown},
        {milliseconds(40), milliseconds(300), Outcome::unknown},
        {seconds(10), milliseconds(500), Outcome::down},
        {seconds(10), milliseconds(501), Outcome::unknown},
    };
    int number = 0;
    for (const LateCase& one : cases) {
        SCOPED_TRACE(++number);
        Policy once = policy();
        once.retry_attempts = 1;
        once.timeout = one.timeout;
        std::optional<CheckResult> result;
        bench_.run_for(milliseconds(250));
        const std::string name = "late" + std::to_string(number);
        bench_.tasks.spawn(check(bench_.website(name, once, {{{}, Behaviour::hang}}), result));
        bench_.run_for(one.timeout - milliseconds(1));
        bench_.freeze(milliseconds(1) + one.late);
        ASSERT_TRUE(result);
        EXPECT_EQ(result->outcome(), one.outcome);
    }
}

TEST_F(ProbeRunnerTest, AStallThatTookMostOfTheTimeoutCountsThoughTheDeadlineIsKept) {
    Policy once = policy();
    once.retry_attempts = 1;
    once.timeout = milliseconds(400);
    std::optional<CheckResult> result;
    bench_.tasks.spawn(check(bench_.website("a", once, {{{}, Behaviour::hang}}), result));
    bench_.run_for(milliseconds(10));
    bench_.freeze(milliseconds(380));
    ASSERT_FALSE(result);
    bench_.run_for(milliseconds(20));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->outcome(), Outcome::unknown);
}

TEST_F(ProbeRunnerTest, WaitingForRoomCountsNeitherAgainstTheDeadlineNorTheTarget) {
    std::array<std::optional<CheckResult>, 3> results;
    Policy once = policy();
    once.retry_attempts = 1;
    const MonitorPtr hanging = bench_.website("h", once, {{{}, Behaviour::hang}});
    for (auto& result : results) bench_.tasks.spawn(check(hanging, result));
    bench_.run_for(seconds(11));
    EXPECT_TRUE(results[0] && results[1]);
    EXPECT_FALSE(results[2]) << "the endpoint has room for two";
    EXPECT_EQ(runner_.counters().in_flight, 1U);
    bench_.run_for(seconds(10));
    ASSERT_TRUE(results[2]);
    EXPECT_EQ(bench_.seen.started[2].at, seconds(10));
    EXPECT_EQ(bench_.seen.ended[2].at, seconds(20));
    EXPECT_EQ(results[2]->outcome(), Outcome::down);
}

TEST_F(ProbeRunnerTest, ACancelledCheckEndsWithoutAResultWhereverItWas) {
    for (const Duration moment : {Duration(seconds(3)), Duration(seconds(12))}) {
        SCOPED_TRACE(to_seconds(moment));
        std::optional<CheckResult> result;
        TaskGroup group(bench_.io.get_executor(),
                        [](auto) { FAIL() << "cancelling is no failure"; });
        group.spawn(check(bench_.website("a", policy(), {{{}, Behaviour::hang}}), result));
        bench_.run_for(moment);
        group.cancel();
        bench_.settle();
        EXPECT_EQ(group.size(), 0U);
        EXPECT_FALSE(result);
        EXPECT_EQ(runner_.counters().in_flight, 0U);
        EXPECT_EQ(endpoint_.in_use(), 0U);
    }
}

}  // namespace
}  // namespace vigia
