#include "engine/stall_watch.hpp"

#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using engine_test::Bench;
using std::chrono::milliseconds;
using std::chrono::seconds;

class StallWatchTest : public testing::Test {
protected:
    StallWatchTest() {
        bench_.tasks.spawn(watch_.run());
        bench_.run_for(seconds(1));
    }
    MonoTime now() const { return bench_.clock.now().mono; }

    Bench bench_;
    StallWatch watch_{bench_.clock};
};

TEST_F(StallWatchTest, SeesNothingWhileTheLoopRuns) {
    const MonoTime start = now();
    bench_.run_for(seconds(60));
    EXPECT_EQ(watch_.longest_between(start, now()), Duration::zero());
    EXPECT_EQ(watch_.stalls(), 0U);
}

TEST_F(StallWatchTest, AStallCountsForWhateverWasUnderWayInIt) {
    const MonoTime before = now();
    bench_.freeze(seconds(5));
    const MonoTime after = now();
    EXPECT_GT(watch_.longest_between(before, after), StallWatch::kTolerance);
    EXPECT_GT(watch_.longest_between(before - seconds(60), after), StallWatch::kTolerance);
    EXPECT_EQ(watch_.stalls(), 1U);
    EXPECT_GE(watch_.longest(), seconds(4));
    bench_.run_for(seconds(10));
    EXPECT_EQ(watch_.longest_between(after + milliseconds(1), now()), Duration::zero())
        << "what began later";
}

TEST_F(StallWatchTest, IsKnownBeforeTheHeartbeatHasRun) {
    const MonoTime before = now();
    bench_.clock.pass(seconds(5));  // another's timer may be first after the stall
    EXPECT_GT(watch_.longest_between(before, now()), StallWatch::kTolerance);
    bench_.run_for({});
}

TEST_F(StallWatchTest, ShortStallsAreMeasuredAndNotCounted) {
    const MonoTime before = now();
    bench_.freeze(StallWatch::kPeriod + milliseconds(300));
    EXPECT_EQ(watch_.longest_between(before, now()), milliseconds(300));
    EXPECT_EQ(watch_.stalls(), 0U);
    bench_.run_for(seconds(1));
    const MonoTime between = now();
    bench_.freeze(StallWatch::kPeriod + milliseconds(40));
    EXPECT_EQ(watch_.longest_between(between, now()), milliseconds(40)) << "the one since";
    EXPECT_EQ(watch_.longest_between(before, now()), milliseconds(300)) << "the longest";
}

TEST_F(StallWatchTest, OnlyThePartSinceTheBeginningCounts) {
    bench_.clock.pass(StallWatch::kPeriod + milliseconds(100));
    const MonoTime start = now();
    bench_.run_for({});
    EXPECT_EQ(watch_.longest_between(start, now()), Duration::zero());
}

TEST_F(StallWatchTest, ForgivesAQuarterOfTheTimeoutAndNeverMoreThanHalfASecond) {
    EXPECT_EQ(StallWatch::tolerance_for(milliseconds(100)), milliseconds(25));
    EXPECT_EQ(StallWatch::tolerance_for(seconds(2)), StallWatch::kTolerance);
    EXPECT_EQ(StallWatch::tolerance_for(seconds(10)), StallWatch::kTolerance);
}

}  // namespace
}  // namespace vigia
