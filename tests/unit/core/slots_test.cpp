#include "core/slots.hpp"

#include "base/rng.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <vector>

namespace vigia {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using enum Tier;

/// Midnight of day 20,000.
constexpr std::int64_t kDay = 20'000;
constexpr WallTime kMidnight{std::chrono::hours(24 * kDay)};

WallTime at(Duration since) {
    return kMidnight + since;
}
std::int64_t five(Duration since) {
    return slot_of(at(since), five_minutes);
}
std::int64_t in_hours(Duration since) {
    return slot_of(at(since), hour);
}

/// Everything for a hundred days.
OldestSlots all() {
    return {slot_of(at(-hours(2400)), five_minutes), slot_of(at(-hours(2400)), hour),
            slot_of(at(-hours(2400)), day)};
}

TEST(Cover, TakesTheFewestSlots) {
    struct Case {
        const char* name;
        TimeRange range;
        std::vector<SlotRange> expected;
    };
    const Case cases[] = {
        {"nothing", {kMidnight, kMidnight}, {}},
        {"backwards", {at(hours(1)), kMidnight}, {}},
        {"a whole day", {kMidnight, at(hours(24))}, {{day, kDay, kDay + 1}}},
        {"within one slot",
         {at(seconds(1)), at(seconds(2))},
         {{five_minutes, five({}), five({}) + 1}}},
        {"an hour", {at(hours(1)), at(hours(2))}, {{hour, in_hours(hours(1)), in_hours(hours(2))}}},
        {"an hour and a little",
         {at(minutes(57)), at(minutes(123))},
         {{five_minutes, five(minutes(55)), five(minutes(60))},
          {hour, in_hours(hours(1)), in_hours(hours(2))},
          {five_minutes, five(minutes(120)), five(minutes(125))}}},
        {"the last 24 hours at a quarter past three",
         {at(hours(3) + minutes(15)), at(hours(27) + minutes(15))},
         {{five_minutes, five(minutes(195)), five(hours(4))},
          {hour, in_hours(hours(4)), in_hours(hours(27))},
          {five_minutes, five(hours(27)), five(hours(27) + minutes(15))}}},
        {"some days",
         {at(hours(22) + minutes(58)), at(hours(49) + minutes(2))},
         {{five_minutes, five(minutes(22 * 60 + 55)), five(hours(23))},
          {hour, in_hours(hours(23)), in_hours(hours(24))},
          {day, kDay + 1, kDay + 2},
          {hour, in_hours(hours(48)), in_hours(hours(49))},
          {five_minutes, five(hours(49)), five(hours(49) + minutes(5))}}},
    };
    for (const Case& c : cases) EXPECT_EQ(cover(c.range, all()), c.expected) << c.name;
}

TEST(Cover, WhereAShorterTierIsGoneTheNextOneStandsIn) {
    OldestSlots oldest = all();
    oldest[0] = five(hours(47));
    const TimeRange range{at(minutes(30)), at(hours(48) + minutes(10))};
    EXPECT_EQ(cover(range, oldest),
              (std::vector<SlotRange>{{hour, in_hours({}), in_hours(hours(24))},
                                      {day, kDay + 1, kDay + 2},
                                      {five_minutes, five(hours(48)), five(hours(48)) + 2}}));
    oldest[1] = in_hours(hours(47));
    EXPECT_EQ(cover(range, oldest),
              (std::vector<SlotRange>{{day, kDay, kDay + 2},
                                      {five_minutes, five(hours(48)), five(hours(48)) + 2}}));
}

TEST(Cover, BeforeTheFirstSlotTheDaysHaveAllThereIs) {
    const OldestSlots young{five(hours(30)), in_hours(hours(30)), kDay + 1};
    EXPECT_EQ(cover({at(-hours(24)), at(hours(31))}, young),
              (std::vector<SlotRange>{{day, kDay - 1, kDay + 2}}));
    EXPECT_EQ(cover({at(-hours(24)), at(hours(31))}, {}),
              (std::vector<SlotRange>{{day, kDay - 1, kDay + 2}}));
}

TEST(Cover, EveryRangeIsCoveredOnceAndInOrder) {
    Rng rng(1);
    const auto random_time = [&](int days) {
        return at(minutes(static_cast<std::int64_t>(rng.below(1440U * 10))) - hours(24 * days));
    };
    for (int i = 0; i < 20'000; ++i) {
        const OldestSlots oldest{slot_of(random_time(3), five_minutes),
                                 slot_of(random_time(5), hour), slot_of(random_time(7), day)};
        const TimeRange range{random_time(2), random_time(1)};
        const std::vector<SlotRange> ranges = cover(range, oldest);
        ASSERT_EQ(ranges.empty(), range.from >= range.to);
        if (ranges.empty()) continue;
        ASSERT_LE(ranges.size(), 5U);
        EXPECT_LE(start_of(ranges.front().first, ranges.front().tier), range.from);
        EXPECT_GE(start_of(ranges.back().end, ranges.back().tier), range.to);
        for (std::size_t r = 0; r < ranges.size(); ++r) {
            EXPECT_LT(ranges[r].first, ranges[r].end);
            if (r > 0) {
                EXPECT_EQ(start_of(ranges[r].first, ranges[r].tier),
                          start_of(ranges[r - 1].end, ranges[r - 1].tier));
            }
        }
    }
}

TEST(Cover, HostileTimesStayInRange) {
    EXPECT_LE(cover({WallTime::min(), WallTime::max()}, all()).size(), 5U);
    EXPECT_LE(cover({WallTime::min(), WallTime::max()}, {}).size(), 5U);
    EXPECT_TRUE(cover({WallTime::max(), WallTime::max()}, all()).empty());
}

}  // namespace
}  // namespace vigia
