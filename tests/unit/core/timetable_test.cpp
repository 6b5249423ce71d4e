#include "core/timetable.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vigia {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

MonoTime mono(Duration since_zero) {
    return MonoTime(since_zero);
}

/// Places of the monotonic clock that are easy to get wrong.
const std::vector<MonoTime> kClocks = {mono(nanoseconds(0)),
                                       mono(nanoseconds(1)),
                                       mono(nanoseconds(-1)),
                                       mono(seconds(-7)),
                                       mono(hours(1'000'000)),
                                       mono(-hours(1'000'000)),
                                       mono(days(365 * 200) + nanoseconds(12'345))};
const std::vector<Duration> kIntervals = {nanoseconds(1), nanoseconds(7), milliseconds(100),
                                          seconds(10),    minutes(1),     days(30)};

bool is_slot(MonoTime t, Duration phase, Duration interval) {
    // In steps that stay in range: how far both are into their interval.
    Duration into = t.time_since_epoch() % interval;
    if (into < Duration::zero()) into += interval;
    return into == phase;
}

TEST(Timetable, SpreadsFirstChecksOverOneSecondAndTwoMillisecondsEach) {
    const struct {
        std::size_t count;
        Duration interval;
        Duration window;
    } rows[] = {
        {0, seconds(60), seconds(1)},       {1, seconds(60), milliseconds(1002)},
        {500, seconds(60), seconds(2)},     {10'000, seconds(60), seconds(21)},
        {10'000, seconds(10), seconds(10)}, {1, milliseconds(100), milliseconds(100)},
        {29'500, seconds(60), seconds(60)}, {29'499, seconds(60), milliseconds(59'998)},
        {SIZE_MAX, days(30), days(30)},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(spread_window(row.count, row.interval), row.window) << row.count;
    }
}

TEST(Timetable, MakesFirstChecksEvenlyAndInsideTheWindow) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{3}, std::size_t{10'000}}) {
        for (const Duration interval : kIntervals) {
            for (const MonoTime start : kClocks) {
                const Duration window = spread_window(count, interval);
                const Duration even = window / static_cast<Duration::rep>(count);
                MonoTime last = first_check(start, 0, count, interval);
                EXPECT_EQ(last, start);
                for (std::size_t i = 1; i < count; ++i) {
                    const MonoTime next = first_check(start, i, count, interval);
                    ASSERT_GE(next - last, even);
                    ASSERT_LE(next - last, even + nanoseconds(1));
                    last = next;
                }
                EXPECT_LT(last, start + window);
                EXPECT_GE(last + even + nanoseconds(1), start + window);
            }
        }
    }
}

TEST(Timetable, StartsAHundredThousandMonitorsOverTheirInterval) {
    const MonoTime a = first_check(mono(hours(1)), 99'998, 100'000, seconds(60));
    const MonoTime b = first_check(mono(hours(1)), 99'999, 100'000, seconds(60));
    EXPECT_EQ(b - a, Duration(seconds(60)) / 100'000);
}

TEST(Timetable, RefusesAnIndexBeyondTheCount) {
    EXPECT_DEATH(first_check(mono(seconds(0)), 3, 3, seconds(1)), "index < count");
    EXPECT_DEATH(first_check(mono(seconds(0)), 0, 0, seconds(1)), "index < count");
}

// A literal value: a changed phase would move every monitor's slots at an upgrade.
TEST(Timetable, TakesThePhaseFromTheIdAlone) {
    EXPECT_EQ(phase_of(MonitorId("site-web-uno"), seconds(60)), nanoseconds(28'017'873'626));
    EXPECT_EQ(phase_of(MonitorId("site-web-uno"), nanoseconds(1)), nanoseconds(0));
    for (const Duration interval : kIntervals) {
        for (int i = 0; i < 100; ++i) {
            const Duration phase = phase_of(MonitorId("m" + std::to_string(i)), interval);
            EXPECT_GE(phase, Duration::zero());
            EXPECT_LT(phase, interval);
        }
    }
}

TEST(Timetable, SpreadsPhasesOverTheInterval) {
    std::vector<int> bins(60);
    for (int i = 0; i < 6000; ++i) {
        const Duration phase = phase_of(MonitorId("site-" + std::to_string(i)), seconds(60));
        ++bins.at(static_cast<std::size_t>(phase / seconds(1)));
    }
    for (const int n : bins) {  // 100 each, give or take five standard deviations
        EXPECT_GT(n, 50);
        EXPECT_LT(n, 150);
    }
}

TEST(Timetable, FindsTheFirstSlotAtOrAfterATime) {
    for (const Duration interval : kIntervals) {
        for (const Duration phase : {Duration::zero(), interval / 3, interval - nanoseconds(1)}) {
            for (const MonoTime earliest : kClocks) {
                const MonoTime slot = next_slot(earliest, phase, interval);
                EXPECT_TRUE(is_slot(slot, phase, interval));
                EXPECT_GE(slot, earliest);
                EXPECT_LT(slot - earliest, interval);
                EXPECT_EQ(next_slot(slot, phase, interval), slot);
                EXPECT_EQ(next_slot(slot + nanoseconds(1), phase, interval), slot + interval);
            }
        }
    }
}

TEST(Timetable, WaitsAtLeastHalfAnIntervalAfterTheFirstCheck) {
    for (const Duration interval : kIntervals) {
        const Duration phase = interval / 3;
        for (const MonoTime clock : kClocks) {
            const MonoTime slot = slot_after_first(clock, phase, interval);
            EXPECT_TRUE(is_slot(slot, phase, interval));
            EXPECT_GE(slot - clock, interval - interval / 2);
            EXPECT_LT((slot - clock), interval + interval / 2 + nanoseconds(1));
            EXPECT_GT(slot, clock);
        }
    }
    const MonoTime slot = next_slot(mono(hours(3)), seconds(20), seconds(60));
    const struct {
        Duration before;  ///< of the first check, ahead of a slot
        Duration wait;
    } rows[] = {
        {seconds(0), seconds(60)},  {seconds(1), seconds(61)},  {seconds(29), seconds(89)},
        {seconds(30), seconds(30)}, {seconds(31), seconds(31)}, {seconds(59), seconds(59)},
    };
    for (const auto& row : rows) {
        const MonoTime first = slot - row.before;
        EXPECT_EQ(slot_after_first(first, seconds(20), seconds(60)) - first, row.wait);
    }
}

struct Overrun {
    const char* what;
    Duration due;  ///< after a slot; zero: at it
    Duration took;
    Duration next;  ///< after that slot
    std::uint64_t skipped;
};

TEST(Timetable, SkipsAndCountsTheSlotsThatACheckOverran) {
    constexpr Duration kInterval = seconds(10);
    constexpr Duration kPhase = milliseconds(3300);
    const Overrun rows[] = {
        {"in time", seconds(0), milliseconds(20), seconds(10), 0},
        {"no time at all", seconds(0), seconds(0), seconds(10), 0},
        {"just in time", seconds(0), seconds(10), seconds(10), 0},
        {"one nanosecond over", seconds(0), seconds(10) + nanoseconds(1), seconds(20), 1},
        {"two and a half intervals", seconds(0), seconds(25), seconds(30), 2},
        {"three intervals", seconds(0), seconds(30), seconds(30), 2},
        {"a suspend of a day", seconds(0), days(1) + seconds(1), days(1) + seconds(10), 8640},
        {"a first check, half an interval ahead", seconds(5), seconds(1), seconds(10), 0},
        {"a first check, less than half ahead", seconds(6), seconds(1), seconds(20), 0},
        {"a first check that overran", seconds(6), seconds(15), seconds(30), 1},
        {"a first check that ended at its slot", seconds(6), seconds(14), seconds(20), 0},
    };
    for (const MonoTime clock : kClocks) {
        const MonoTime slot = next_slot(clock, kPhase, kInterval);
        for (const Overrun& row : rows) {
            SCOPED_TRACE(row.what);
            const MonoTime due = slot + row.due;
            const NextSlot got = slot_after(due, due + row.took, kPhase, kInterval);
            EXPECT_EQ(got.due, slot + row.next);
            EXPECT_EQ(got.skipped, row.skipped);
        }
    }
}

TEST(Timetable, KeepsTheRateWithoutDriftWhateverEachCheckTakes) {
    const Duration interval = milliseconds(100);
    const MonitorId id("site-fast");
    const Duration phase = phase_of(id, interval);
    MonoTime due = first_check(mono(hours(77)), 2, 5, interval);
    NextSlot next = slot_after(due, due, phase, interval);
    const MonoTime begin = next.due;
    for (int i = 0; i < 10'000; ++i) {
        due = next.due;
        next = slot_after(due, due + milliseconds(i % 100), phase, interval);
        ASSERT_EQ(next.skipped, 0U);
    }
    EXPECT_EQ(next.due - begin, interval * 10'000);
}

TEST(Timetable, AccountsForEverySlotWhenChecksOverrun) {
    const Duration interval = milliseconds(100);
    const Duration phase = milliseconds(42);
    const MonoTime begin = next_slot(mono(hours(77)), phase, interval);
    MonoTime due = begin;
    std::uint64_t skipped = 0;
    std::int64_t made = 0;
    for (; made < 10'000; ++made) {
        const Duration took = milliseconds((made * 37) % 450);
        const NextSlot next = slot_after(due, due + took, phase, interval);
        ASSERT_GE(next.due, due + took);
        ASSERT_LT(next.due, due + std::max(took, interval) + interval);
        skipped += next.skipped;
        due = next.due;
    }
    EXPECT_EQ(due - begin, interval * (made + static_cast<std::int64_t>(skipped)));
}

TEST(Timetable, WaitsHalfAnIntervalWhenAReloadChangesTheInterval) {
    const MonoTime due = next_slot(mono(hours(5)), seconds(7), seconds(60));
    const NextSlot next = slot_after(due, due + seconds(1), seconds(3), seconds(10));
    EXPECT_TRUE(is_slot(next.due, seconds(3), seconds(10)));
    EXPECT_GE(next.due - due, seconds(5));
    EXPECT_LT(next.due - due, seconds(15));
}

}  // namespace
}  // namespace vigia
