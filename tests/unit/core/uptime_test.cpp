#include "core/uptime.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <limits>
#include <optional>
#include <vector>

namespace vigia {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using enum SpanState;

constexpr WallTime kStart{seconds(1'734'600'000)};
constexpr Duration kCycle = minutes(1);

WallTime at(Duration since) {
    return kStart + since;
}

TEST(Uptime, IsTheShareOfTheTimeThatWasObserved) {
    struct Case {
        const char* name;
        std::vector<Span> spans;
        std::optional<double> share;
    };
    const TimeRange day{kStart, at(hours(24))};
    const Case cases[] = {
        {"nothing observed", {}, std::nullopt},
        {"always up", {{kStart, at(hours(24)), up}}, 1.0},
        {"always down", {{kStart, at(hours(24)), down}}, 0.0},
        {"a quarter down",
         {{kStart, at(hours(18)), up}, {at(hours(18)), at(hours(24)), down}},
         0.75},
        {"degraded is up", {{kStart, at(hours(12)), degraded}, {at(hours(12)), day.to, up}}, 1.0},
        {"unknown is not charged",
         {{kStart, at(hours(6)), up},
          {at(hours(6)), at(hours(12)), unknown},
          {at(hours(12)), at(hours(18)), down}},
         0.5},
        {"nor is maintenance",
         {{kStart, at(hours(1)), up}, {at(hours(1)), at(hours(24)), maintenance}},
         1.0},
        {"nor is the time in no span", {{at(hours(23)), at(hours(24)), up}}, 1.0},
        {"what is outside of the range does not count",
         {{at(-hours(9)), at(hours(6)), down}, {at(hours(6)), at(hours(50)), up}},
         0.75},
        {"wholly outside",
         {{at(-hours(2)), kStart, down}, {day.to, at(hours(30)), down}},
         std::nullopt},
        {"one that ends before it begins", {{at(hours(2)), at(hours(1)), down}}, std::nullopt},
    };
    for (const Case& c : cases) {
        Uptime uptime;
        for (const Span& span : c.spans) uptime.add(span, day);
        EXPECT_EQ(uptime.share().has_value(), c.share.has_value()) << c.name;
        if (c.share) EXPECT_NEAR(uptime.share().value_or(-1), *c.share, 1e-12) << c.name;
    }
}

TEST(Uptime, TellsHowLongItWasWhat) {
    Uptime uptime;
    uptime.add({kStart, at(hours(3)), unknown}, {at(hours(1)), at(hours(9))});
    uptime.add(up, minutes(5));
    EXPECT_EQ(uptime.in(unknown), hours(2));
    EXPECT_EQ(uptime.in(up), minutes(5));
    EXPECT_EQ(uptime.observed(), minutes(5));
}

TEST(Uptime, HostileTimesStayInRange) {
    Uptime uptime;
    const TimeRange ever{WallTime::min(), WallTime::max()};
    for (int i = 0; i < 3; ++i) {
        uptime.add({WallTime::min(), WallTime::max(), down}, ever);
        uptime.add({WallTime::min(), WallTime::max(), up}, ever);
    }
    EXPECT_EQ(uptime.in(down), Duration::max());
    EXPECT_GE(uptime.share().value_or(-1), 0);
}

TEST(SpanTrack, NothingIsSaidOfAMonitorThatIsPending) {
    SpanTrack track;
    EXPECT_FALSE(track.observe(kStart, kCycle, std::nullopt));
    EXPECT_FALSE(track.observe(at(minutes(1)), kCycle, std::nullopt));
    EXPECT_FALSE(track.state());
    EXPECT_FALSE(track.end());
}

TEST(SpanTrack, AStateLastsUntilTheCheckThatChangesIt) {
    SpanTrack track;
    EXPECT_FALSE(track.observe(kStart, kCycle, up));
    EXPECT_FALSE(track.observe(at(minutes(1)), kCycle, up));
    EXPECT_EQ(track.observe(at(minutes(2)), kCycle, down), (Span{kStart, at(minutes(2)), up}));
    EXPECT_EQ(track.state(), down);
    EXPECT_EQ(track.began(), at(minutes(2)));
    EXPECT_EQ(track.observe(at(minutes(3)), kCycle, unknown),
              (Span{at(minutes(2)), at(minutes(3)), down}));
    EXPECT_EQ(track.observe(at(minutes(4)), kCycle, std::nullopt),
              (Span{at(minutes(3)), at(minutes(4)), unknown}));
}

TEST(SpanTrack, EndsWithTheLastCheckBeforeASilence) {
    SpanTrack track;
    track.observe(kStart, kCycle, up);
    EXPECT_FALSE(track.observe(at(minutes(3)), kCycle, up)) << "two cycles and the grace";
    EXPECT_EQ(track.observe(at(minutes(7)), kCycle, up), (Span{kStart, at(minutes(3)), up}));
    EXPECT_EQ(track.began(), at(minutes(7)));
    EXPECT_FALSE(track.observe(at(hours(3)), hours(2), up)) << "such is its interval";
}

TEST(SpanTrack, AClockThatIsSetBackBeginsAnew) {
    SpanTrack track;
    track.observe(kStart, kCycle, up);
    track.observe(at(minutes(1)), kCycle, up);
    EXPECT_EQ(track.observe(at(-hours(5)), kCycle, up), (Span{kStart, at(minutes(1)), up}));
    EXPECT_EQ(track.began(), at(-hours(5)));
    EXPECT_EQ(track.observe(at(minutes(1) - hours(5)), kCycle, down),
              (Span{at(-hours(5)), at(minutes(1) - hours(5)), up}));
}

TEST(SpanTrack, AClockThatWasAheadForAWhileLeavesNoSpanBeyondThat) {
    SpanTrack track;
    track.observe(kStart, kCycle, up);
    EXPECT_FALSE(track.observe(at(hours(100'000)), kCycle, up)) << "no length";
    EXPECT_FALSE(track.observe(at(minutes(2)), kCycle, up)) << "no length either";
    EXPECT_EQ(track.observe(at(minutes(3)), kCycle, down),
              (Span{at(minutes(2)), at(minutes(3)), up}));
}

TEST(SpanTrack, GoesOnAfterARestartUnlessThatTookLong) {
    SpanTrack quick(up, kStart, at(minutes(10)));
    EXPECT_FALSE(quick.observe(at(minutes(11)), kCycle, up));
    EXPECT_EQ(quick.began(), kStart);
    SpanTrack slow(up, kStart, at(minutes(10)));
    EXPECT_EQ(slow.observe(at(hours(2)), kCycle, down), (Span{kStart, at(minutes(10)), up}));
    EXPECT_EQ(slow.began(), at(hours(2)));
}

TEST(SpanTrack, EndsWhereItWasLastSeen) {
    SpanTrack track;
    track.observe(kStart, kCycle, degraded);
    track.observe(at(minutes(1)), kCycle, degraded);
    EXPECT_EQ(track.end(), (Span{kStart, at(minutes(1)), degraded}));
    EXPECT_FALSE(track.end());
}

TEST(SpanTrack, HostileTimesDoNotOverflow) {
    SpanTrack track(down, WallTime::max(), WallTime::min());
    for (const WallTime time : {WallTime::max(), WallTime::min(), WallTime{}, WallTime::max()}) {
        for (const Duration cycle : {Duration::min(), Duration::max()}) {
            const auto span = track.observe(time, cycle, up);
            if (span) EXPECT_LT(span->began, span->ended);
        }
    }
}

}  // namespace
}  // namespace vigia
