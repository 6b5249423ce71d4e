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
    EXPECT_FALSE(watch_.stalled_between(start, now()));
    EXPECT_EQ(watch_.stalls(), 0U);
}

TEST_F(StallWatchTest, AStallCountsForWhateverWasUnderWayInIt) {
    const MonoTime before = now();
    bench_.freeze(seconds(5));
    const MonoTime after = now();
    EXPECT_TRUE(watch_.stalled_between(before, after));
    EXPECT_TRUE(watch_.stalled_between(before - seconds(60), after + seconds(60)));
    EXPECT_EQ(watch_.stalls(), 1U);
    EXPECT_GE(watch_.longest(), seconds(4));
    bench_.run_for(seconds(10));
    EXPECT_FALSE(watch_.stalled_between(after + milliseconds(1), now())) << "what began later";
}

TEST_F(StallWatchTest, IsKnownBeforeTheHeartbeatHasRun) {
    const MonoTime before = now();
    bench_.clock.pass(seconds(5));  // another's timer may be first after the stall
    EXPECT_TRUE(watch_.stalled_between(before, now()));
    bench_.run_for({});
}

TEST_F(StallWatchTest, ShortLatenessIsTolerated) {
    const MonoTime before = now();
    bench_.freeze(StallWatch::kTolerance);
    EXPECT_FALSE(watch_.stalled_between(before, now()));
}

}  // namespace
}  // namespace vigia
