#include "env/real/name_cache.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const AddressList> list(const char* joined) {
    auto made = std::make_shared<AddressList>();
    made->joined = joined;
    return made;
}

TEST(NameCache, KeepsANameUntilItsTime) {
    NameCache cache(10);
    const MonoTime start{1h};
    cache.put("a", list("1"), start + 10s);
    EXPECT_EQ(cache.find("a", start)->joined, "1");
    EXPECT_EQ(cache.find("a", start + 10s), nullptr);
    EXPECT_EQ(cache.find("b", start), nullptr);
    cache.put("a", list("2"), start + 20s);
    EXPECT_EQ(cache.find("a", start + 10s)->joined, "2");
    EXPECT_EQ(cache.size(), 1U);
}

TEST(NameCache, MakesRoomByForgettingTheOldest) {
    NameCache cache(2);
    const MonoTime start{1h};
    cache.put("a", list("1"), start + 10s);
    cache.put("b", list("2"), start + 10s);
    cache.put("a", list("3"), start + 10s);
    cache.put("c", list("4"), start + 10s);
    EXPECT_EQ(cache.size(), 2U);
    EXPECT_EQ(cache.find("b", start), nullptr);
    EXPECT_EQ(cache.find("a", start)->joined, "3");
    EXPECT_EQ(cache.find("c", start)->joined, "4");
}

TEST(NameCache, MayBeOfNoSize) {
    NameCache cache(0);
    cache.put("a", list("1"), MonoTime::max());
    EXPECT_EQ(cache.find("a", MonoTime{}), nullptr);
}

}  // namespace
}  // namespace vigia
