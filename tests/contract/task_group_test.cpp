#include "env/task_group.hpp"

#include "env/parking.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace vigia {
namespace {

namespace asio = boost::asio;

class TaskGroupTest : public testing::Test {
protected:
    ~TaskGroupTest() override {
        tasks_.cancel();
        poll();
    }
    void poll() {
        io_.restart();
        while (io_.poll() > 0) io_.restart();
    }
    asio::awaitable<void> wait(Parking& parking, std::string name) {
        said_.push_back(name + " begins");
        const bool resumed = co_await parking.wait();
        said_.push_back(name + (resumed ? " ends" : " is cancelled"));
    }
    asio::awaitable<void> wait_twice(Parking& parking) {
        co_await parking.wait();
        co_await parking.wait();
        said_.emplace_back("not reached");
    }
    asio::awaitable<void> tidy_up(Parking& parking) {
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await parking.wait();
        co_await more_.wait();
        said_.emplace_back("tidied up");
    }
    asio::awaitable<void> fail() {
        said_.emplace_back("fails");
        throw std::runtime_error("broken");
        co_return;
    }
    asio::awaitable<void> stop_group(TaskGroup& group) {
        co_await group.stop();
        said_.emplace_back("stopped");
    }

    asio::io_context io_{1};
    std::vector<std::string> said_;
    std::vector<std::string> failures_;
    Parking first_{io_.get_executor()};
    Parking second_{io_.get_executor()};
    Parking more_{io_.get_executor()};
    TaskGroup tasks_{io_.get_executor(), [this](const std::exception_ptr& error) {
                         try {
                             std::rethrow_exception(error);
                         } catch (const std::exception& e) {
                             failures_.emplace_back(e.what());
                         }
                     }};
};

using Said = std::vector<std::string>;

TEST_F(TaskGroupTest, CountsItsTasksUntilTheyEnd) {
    tasks_.spawn(wait(first_, "a"));
    tasks_.spawn(wait(second_, "b"));
    EXPECT_EQ(tasks_.size(), 2U);
    poll();
    EXPECT_EQ(said_, (Said{"a begins", "b begins"}));
    first_.resume();
    poll();
    EXPECT_EQ(tasks_.size(), 1U);
    second_.resume();
    poll();
    EXPECT_EQ(tasks_.size(), 0U);
    EXPECT_TRUE(failures_.empty());
}

TEST_F(TaskGroupTest, StopCancelsEveryWaitAndWaitsForTheEnds) {
    TaskGroup group(io_.get_executor(), [](auto) { ADD_FAILURE() << "an exception"; });
    group.spawn(wait(first_, "a"));
    group.spawn(wait(second_, "b"));
    poll();
    tasks_.spawn(stop_group(group));
    poll();
    EXPECT_EQ(said_, (Said{"a begins", "b begins", "a is cancelled", "b is cancelled", "stopped"}));
    EXPECT_EQ(group.size(), 0U);
}

TEST_F(TaskGroupTest, OneTaskIsCancelledAlone) {
    const TaskGroup::Task a = tasks_.spawn(wait(first_, "a"));
    tasks_.spawn(wait(second_, "b"));
    poll();
    tasks_.cancel(a);
    poll();
    tasks_.cancel(a);
    poll();
    EXPECT_EQ(said_, (Said{"a begins", "b begins", "a is cancelled"}));
    EXPECT_EQ(tasks_.size(), 1U);
    EXPECT_FALSE(tasks_.cancelled());
}

TEST_F(TaskGroupTest, StopOfNothingReturnsAtOnce) {
    TaskGroup group(io_.get_executor(), [](auto) {});
    tasks_.spawn(stop_group(group));
    poll();
    EXPECT_EQ(said_, Said{"stopped"});
}

TEST_F(TaskGroupTest, ACancelledTaskEndsAtItsNextWaitAndThatIsNoFailure) {
    tasks_.spawn(wait_twice(first_));
    poll();
    tasks_.cancel();
    poll();
    EXPECT_EQ(tasks_.size(), 0U);
    EXPECT_TRUE(said_.empty());
    EXPECT_TRUE(failures_.empty());
}

TEST_F(TaskGroupTest, ATaskThatMustDoMoreMaySaySo) {
    tasks_.spawn(tidy_up(first_));
    poll();
    tasks_.cancel();
    poll();
    more_.resume();
    poll();
    EXPECT_EQ(said_, Said{"tidied up"});
    EXPECT_EQ(tasks_.size(), 0U);
}

TEST_F(TaskGroupTest, ReportsAnExceptionAndGoesOn) {
    tasks_.spawn(fail());
    tasks_.spawn(wait(first_, "a"));
    poll();
    EXPECT_EQ(failures_, Said{"broken"});
    EXPECT_EQ(tasks_.size(), 1U);
}

TEST_F(TaskGroupTest, ATaskSpawnedAfterTheCancellationStartsCancelled) {
    tasks_.cancel();
    tasks_.spawn(wait(first_, "a"));
    poll();
    EXPECT_EQ(tasks_.size(), 0U);
    EXPECT_FALSE(first_.occupied());
    EXPECT_TRUE(failures_.empty());
}

}  // namespace
}  // namespace vigia
