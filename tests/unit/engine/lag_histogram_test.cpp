#include "engine/lag_histogram.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LagHistogram, OfNothingIsZero) {
    const LagHistogram histogram;
    EXPECT_EQ(histogram.percentile(0.99), Duration::zero());
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.max(), Duration::zero());
}

TEST(LagHistogram, APercentileIsAtMostAnEighthTooHigh) {
    for (const Duration value :
         {Duration(microseconds(9)), Duration(microseconds(100)), Duration(milliseconds(1)),
          Duration(milliseconds(37)), Duration(milliseconds(999)), Duration(seconds(5)),
          Duration(seconds(50))}) {
        SCOPED_TRACE(value.count());
        LagHistogram histogram;
        for (int i = 0; i < 99; ++i) histogram.add(value);
        histogram.add(hours(1));
        EXPECT_GE(histogram.percentile(0.5), value);
        EXPECT_LE(histogram.percentile(0.5), value + value / 8 + microseconds(1));
    }
}

TEST(LagHistogram, PercentilesAreOfTheNearestRank) {
    LagHistogram histogram;
    for (int i = 1; i <= 100; ++i) histogram.add(i <= 99 ? milliseconds(1) : seconds(1));
    EXPECT_LT(histogram.percentile(0.99), milliseconds(2)) << "99 of 100 are that small";
    EXPECT_EQ(histogram.percentile(1.0), seconds(1)) << "never more than the maximum";
    EXPECT_LT(histogram.percentile(0.001), milliseconds(2));
}

TEST(LagHistogram, HoldsWhatIsOffItsScale) {
    LagHistogram histogram;
    histogram.add(-seconds(1));
    histogram.add(hours(10));
    EXPECT_EQ(histogram.count(), 2U);
    EXPECT_EQ(histogram.max(), hours(10));
    EXPECT_LE(histogram.percentile(0.5), microseconds(1));
    EXPECT_GE(histogram.percentile(1.0), seconds(64));
}

TEST(LagHistogram, TellsWhatWasAddedSinceACopy) {
    LagHistogram lag;
    for (int i = 0; i < 1000; ++i) lag.add(std::chrono::seconds(8));
    const LagHistogram before = lag;
    EXPECT_EQ(lag.since(before).count(), 0U);
    EXPECT_EQ(lag.since(before).percentile(0.99), Duration::zero());
    for (int i = 0; i < 10; ++i) lag.add(std::chrono::milliseconds(4));
    EXPECT_EQ(lag.since(before).count(), 10U);
    EXPECT_LE(lag.since(before).percentile(0.99), std::chrono::microseconds(4500));
}

}  // namespace
}  // namespace vigia
