// The small values of base: queue, hash, ids, randomness, secrets, assertions.

#include "base/assert.hpp"
#include "base/bounded_queue.hpp"
#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/secret.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>

namespace vigia {
namespace {

TEST(BoundedQueue, RefusesAndCountsWhatDoesNotFit) {
    BoundedQueue<std::unique_ptr<int>> queue(2);
    EXPECT_TRUE(queue.empty());
    EXPECT_TRUE(queue.push(std::make_unique<int>(1)));
    EXPECT_TRUE(queue.push(std::make_unique<int>(2)));
    EXPECT_FALSE(queue.push(std::make_unique<int>(3)));
    EXPECT_EQ(queue.dropped(), 1U);
    EXPECT_EQ(queue.size(), 2U);
    EXPECT_EQ(**queue.pop(), 1);
    EXPECT_TRUE(queue.push(std::make_unique<int>(4)));
    EXPECT_EQ(**queue.pop(), 2);
    EXPECT_EQ(**queue.pop(), 4);
    EXPECT_FALSE(queue.pop());
    EXPECT_EQ(queue.dropped(), 1U);
}

// Literal values: phases and Message-IDs hang on them.
TEST(StableHash, NeverChanges) {
    EXPECT_EQ(stable_hash(""), 0xefd01f60ba992926U);
    EXPECT_EQ(stable_hash("a"), 0x82a2a958a9bece5bU);
    EXPECT_EQ(stable_hash("site-web-uno"), 0x2d66d83b2e032adaU);
}

TEST(Ids, AreKeptApartByType) {
    static_assert(!std::is_convertible_v<MonitorId, IncidentId>);
    static_assert(!std::is_convertible_v<std::string, MonitorId>);
    const MonitorId a("a");
    EXPECT_EQ(a, MonitorId("a"));
    EXPECT_LT(a, MonitorId("b"));
    EXPECT_TRUE(MonitorId().empty());
    const std::unordered_set<MonitorId> set{a, MonitorId("b"), MonitorId("a")};
    EXPECT_EQ(set.size(), 2U);
}

TEST(Rng, RepeatsItselfFromASeedAndStaysInRange) {
    Rng a(42);
    Rng b(42);
    Rng c(43);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t x = a.next();
        EXPECT_EQ(x, b.next());
        EXPECT_NE(x, c.next());
        seen.insert(a.below(10));
        b.below(10);
        c.below(10);
        const double u = c.uniform(-2.0, 3.0);
        EXPECT_GE(u, -2.0);
        EXPECT_LT(u, 3.0);
    }
    EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Secret, CopiesDeeplyMovesWholeAndComparesByValue) {
    static_assert(!std::is_convertible_v<Secret, std::string>);
    Secret a(std::string(100, 's'));
    Secret b = a;
    EXPECT_EQ(a, b);
    EXPECT_NE(a.reveal().data(), b.reveal().data());
    const Secret c = std::move(b);
    EXPECT_EQ(c, a);
    EXPECT_TRUE(b.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the promise
    Secret& self = a;
    a = self;
    EXPECT_EQ(c, a);
    a = Secret("short");
    EXPECT_EQ(a.reveal(), "short");
    a = Secret();
    EXPECT_TRUE(a.empty());
}

TEST(Secret, OverwritesItsBytes) {
    // Room for a longer value, so that the buffer outlives the assignment.
    Secret secret("correct horse battery staple");
    const std::string& inside = secret.reveal();
    const char* buffer = inside.data();
    secret = Secret();
    ASSERT_GE(inside.capacity(), 28U);
    ASSERT_EQ(inside.data(), buffer);
    for (std::size_t i = 0; i < 28; ++i) EXPECT_EQ(buffer[i], '\0') << i;
}

TEST(Result, ThrowsItsDetailWhenForcedOpen) {
    const Result<int> failed(Error{make_error_code(boost::system::errc::io_error), "disk on fire"});
    try {
        static_cast<void>(failed.value());
        FAIL();
    } catch (const FatalError& e) {
        EXPECT_STREQ(e.what(), "disk on fire");
    }
    EXPECT_EQ(Result<int>(7).value(), 7);
}

TEST(Assert, StopsTheProgramAndSaysWhere) {
    const int two = 2;
    VIGIA_ASSERT(two == 2);
    EXPECT_DEATH(VIGIA_ASSERT(two == 3), "values_test.cpp:.*invariant broken in .*: two == 3");
}

}  // namespace
}  // namespace vigia
