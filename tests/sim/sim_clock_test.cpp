#include "sim/sim_clock.hpp"

#include "env/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <string>

namespace vigia::sim {
namespace {

namespace asio = boost::asio;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Moment kStart{hours(3), {MonoTime(hours(100)), WallTime(seconds(1'734'603'323))}};

class SimClockTest : public testing::Test {
protected:
    ~SimClockTest() override {
        tasks_.cancel();
        poll();
    }
    void poll() {
        io_.restart();
        while (io_.poll() > 0) io_.restart();
    }
    asio::awaitable<void> nap(std::string name, Duration length) {
        const bool slept = co_await clock_.sleep_until(clock_.now().mono + length);
        order_ += slept ? name : "(" + name + ")";
    }
    asio::awaitable<void> wait(Alarm& alarm, MonoTime when) {
        const bool came = co_await alarm.wait_until(when);
        order_ += came ? "!" : "(!)";
    }
    Duration elapsed() const { return clock_.moment().elapsed - kStart.elapsed; }

    asio::io_context io_{1};
    SimClock clock_{io_.get_executor(), kStart};
    TaskGroup tasks_{io_.get_executor(), [](auto) { ADD_FAILURE() << "an exception"; }};
    std::string order_;
};

TEST_F(SimClockTest, WakesInTheOrderOfTimeAndThenOfArrival) {
    tasks_.spawn(nap("c", seconds(2)));
    tasks_.spawn(nap("a", seconds(1)));
    tasks_.spawn(nap("b", seconds(1)));
    tasks_.spawn(nap("0", -seconds(5)));
    poll();
    EXPECT_EQ(order_, "") << "nothing moves by itself";
    EXPECT_EQ(clock_.waiters(), 4U);
    clock_.jump();
    poll();
    EXPECT_EQ(order_, "0");
    EXPECT_EQ(elapsed(), Duration::zero()) << "time never goes back";
    clock_.jump();
    poll();
    EXPECT_EQ(order_, "0ab");
    EXPECT_EQ(elapsed(), seconds(1));
    clock_.jump();
    poll();
    EXPECT_EQ(order_, "0abc");
    EXPECT_FALSE(clock_.next());
    EXPECT_EQ(clock_.now().wall - kStart.now.wall, seconds(2));
}

TEST_F(SimClockTest, ACancelledSleepSaysSoAndLeavesNoTrace) {
    tasks_.spawn(nap("a", seconds(1)));
    poll();
    tasks_.cancel();
    poll();
    EXPECT_EQ(order_, "(a)");
    EXPECT_EQ(clock_.waiters(), 0U);
}

TEST_F(SimClockTest, AnAlarmEndsByTimeOrByItsRing) {
    const auto alarm = clock_.make_alarm();
    tasks_.spawn(wait(*alarm, clock_.now().mono + seconds(5)));
    poll();
    alarm->ring();
    poll();
    EXPECT_EQ(order_, "!");
    EXPECT_EQ(clock_.waiters(), 0U);
    tasks_.spawn(wait(*alarm, clock_.now().mono + seconds(5)));
    poll();
    EXPECT_EQ(order_, "!") << "that ring was used";
    clock_.jump();
    poll();
    EXPECT_EQ(order_, "!!");
    EXPECT_EQ(elapsed(), seconds(5));
}

TEST_F(SimClockTest, ARingIsRememberedOnceForTheNextWait) {
    const auto alarm = clock_.make_alarm();
    alarm->ring();
    alarm->ring();
    tasks_.spawn(wait(*alarm, MonoTime::max()));
    poll();
    EXPECT_EQ(order_, "!");
    tasks_.spawn(wait(*alarm, MonoTime::max()));
    poll();
    EXPECT_EQ(order_, "!");
    EXPECT_FALSE(clock_.next()) << "for ever is no time to jump to";
    tasks_.cancel();
    poll();
}

TEST_F(SimClockTest, WhoeverShouldHaveBeenWokenInAFreezeIsWokenAfterIt) {
    const MonoTime before = clock_.now().mono;
    tasks_.spawn(nap("a", seconds(1)));
    tasks_.spawn(nap("b", seconds(9)));
    tasks_.spawn(nap("c", seconds(11)));
    poll();
    clock_.pass(seconds(10));
    EXPECT_TRUE(clock_.frozen_between(before + seconds(4), before + seconds(5)));
    EXPECT_FALSE(clock_.frozen_between(before + seconds(11), before + seconds(12)));
    clock_.jump();
    poll();
    EXPECT_EQ(order_, "ab");
    EXPECT_EQ(elapsed(), seconds(10));
}

TEST_F(SimClockTest, AStepOfTheWallClockChangesNoWait) {
    tasks_.spawn(nap("a", seconds(1)));
    poll();
    clock_.step_wall(-hours(5));
    clock_.jump();
    poll();
    EXPECT_EQ(order_, "a");
    EXPECT_EQ(elapsed(), seconds(1));
    EXPECT_EQ(clock_.now().wall, kStart.now.wall - hours(5) + seconds(1));
}

}  // namespace
}  // namespace vigia::sim
