#include "engine/semaphore.hpp"

#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>

namespace vigia {
namespace {

namespace asio = boost::asio;
using engine_test::Bench;

/// Tasks that hold room by name, until told to leave.
class SemaphoreTest : public testing::Test {
protected:
    asio::awaitable<void> hold(std::string name) {
        const Semaphore::Permit permit = co_await semaphore_.acquire();
        order_ += name;
        Parking& stay = stays_.try_emplace(name, bench_.io.get_executor()).first->second;
        co_await stay.wait();
    }
    void start(const std::string& name) { groups_.at(name).spawn(hold(name)); }
    void start_all(const std::string& names) {
        for (const char c : names) {
            const std::string name(1, c);
            add(name);
            start(name);
        }
        bench_.settle();
    }
    void add(const std::string& name) {
        groups_.try_emplace(name, bench_.io.get_executor(), [](auto) {});
    }
    void leave(const std::string& name) { stays_.at(name).resume(); }

    void TearDown() override {
        for (auto& [name, group] : groups_) group.cancel();
        bench_.settle();
        EXPECT_EQ(semaphore_.in_use(), 0U);
        EXPECT_EQ(semaphore_.waiting(), 0U);
    }

    Bench bench_;
    Semaphore semaphore_{bench_.io.get_executor(), 2};
    std::string order_;
    std::map<std::string, Parking> stays_;
    std::map<std::string, TaskGroup> groups_;
};

TEST_F(SemaphoreTest, LetsInNoMoreThanItsLimitFirstComeFirstServed) {
    start_all("abcde");
    EXPECT_EQ(order_, "ab");
    EXPECT_EQ(semaphore_.in_use(), 2U);
    EXPECT_EQ(semaphore_.waiting(), 3U);
    leave("b");
    bench_.settle();
    EXPECT_EQ(order_, "abc");
    leave("a");
    leave("c");
    bench_.settle();
    EXPECT_EQ(order_, "abcde");
    EXPECT_EQ(semaphore_.in_use(), 2U);
}

TEST_F(SemaphoreTest, ACancelledWaiterLosesItsPlaceAndNobodyElseTheirs) {
    start_all("abcde");
    groups_.at("d").cancel();
    bench_.settle();
    EXPECT_EQ(semaphore_.waiting(), 2U);
    leave("a");
    leave("b");
    bench_.settle();
    EXPECT_EQ(order_, "abce");
}

TEST_F(SemaphoreTest, RoomThatWasGrantedToACancelledWaiterGoesToTheNext) {
    start_all("abcd");
    leave("a");
    // Until a has left: c has been granted its room and has not run yet.
    while (groups_.at("a").size() > 0) ASSERT_EQ(bench_.io.poll_one(), 1U);
    groups_.at("c").cancel();
    bench_.settle();
    EXPECT_NE(order_.find('d'), std::string::npos) << order_;
    EXPECT_EQ(groups_.at("c").size(), 0U);
    EXPECT_EQ(semaphore_.in_use(), 2U);
}

TEST_F(SemaphoreTest, ANewcomerDoesNotWaitWhileThereIsRoom) {
    start_all("abc");
    add("d");
    // Both leave, and d comes, before c has run, whom the first room was granted to.
    leave("a");
    leave("b");
    start("d");
    bench_.settle();
    EXPECT_EQ(order_.size(), 4U) << order_;
    EXPECT_EQ(semaphore_.in_use(), 2U);
    EXPECT_EQ(semaphore_.waiting(), 0U);
}

}  // namespace
}  // namespace vigia
