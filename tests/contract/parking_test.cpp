#include "env/parking.hpp"

#include "env/task_group.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <vector>

namespace vigia {
namespace {

namespace asio = boost::asio;

class ParkingTest : public testing::Test {
protected:
    asio::awaitable<void> wait() {
        const bool resumed = co_await parking_.wait();
        results_.push_back(resumed);
    }
    void poll() {
        io_.restart();
        while (io_.poll() > 0) io_.restart();
    }

    asio::io_context io_{1};
    Parking parking_{io_.get_executor()};
    TaskGroup tasks_{io_.get_executor(), [](auto) { ADD_FAILURE() << "an exception"; }};
    std::vector<bool> results_;
};

using Results = std::vector<bool>;

TEST_F(ParkingTest, WaitsUntilResumed) {
    tasks_.spawn(wait());
    poll();
    EXPECT_TRUE(parking_.occupied());
    EXPECT_EQ(results_, Results{});
    parking_.resume();
    EXPECT_EQ(results_, Results{}) << "never inside the call";
    poll();
    EXPECT_EQ(results_, Results{true});
    EXPECT_FALSE(parking_.occupied());
}

TEST_F(ParkingTest, RemembersOneResumeForTheNextWait) {
    parking_.resume();
    parking_.resume();
    tasks_.spawn(wait());
    poll();
    EXPECT_EQ(results_, Results{true});
    tasks_.spawn(wait());
    poll();
    EXPECT_EQ(results_, Results{true}) << "only one was remembered";
    parking_.resume();
    poll();
}

TEST_F(ParkingTest, ACancelledWaitSaysSo) {
    tasks_.spawn(wait());
    poll();
    tasks_.cancel();
    poll();
    EXPECT_EQ(results_, Results{false});
    EXPECT_EQ(tasks_.size(), 0U);
}

TEST_F(ParkingTest, AResumeThatCameFirstIsNotTakenBackByACancellation) {
    tasks_.spawn(wait());
    poll();
    parking_.resume();
    tasks_.cancel();
    poll();
    EXPECT_EQ(results_, Results{true});
}

TEST_F(ParkingTest, CanBeUsedAgainAfterACancellation) {
    {
        TaskGroup first(io_.get_executor(), [](auto) {});
        first.spawn(wait());
        poll();
        first.cancel();
        poll();
    }
    tasks_.spawn(wait());
    poll();
    parking_.resume();
    poll();
    EXPECT_EQ(results_, (Results{false, true}));
}

}  // namespace
}  // namespace vigia
