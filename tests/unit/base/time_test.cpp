#include "base/time.hpp"

#include "base/local_time.hpp"

#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>
#include <optional>
#include <string>

namespace vigia {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// 2024-12-19 10:15:23 UTC, a Thursday.
constexpr WallTime kThursday{seconds(1'734'603'323)};

TEST(Time, ConvertsSeconds) {
    EXPECT_EQ(from_seconds(0.1), milliseconds(100));
    EXPECT_EQ(from_seconds(-2.5), milliseconds(-2500));
    EXPECT_DOUBLE_EQ(to_seconds(milliseconds(1250)), 1.25);
}

TEST(Time, RebuildsAMarkFromTheWallClock) {
    const Now now{.mono = MonoTime(seconds(10)), .wall = kThursday};
    const struct {
        WallTime then;
        MonoTime mark;
    } rows[] = {
        {kThursday, now.mono},
        {kThursday - nanoseconds(1), now.mono - nanoseconds(1)},
        {kThursday - hours(5), now.mono - hours(5)},
        {kThursday + nanoseconds(1), now.mono},
        {WallTime::max(), now.mono},
        {kThursday - days(36'525), now.mono - days(36'525)},
        {kThursday - days(36'526), now.mono - days(36'525)},
        {WallTime::min(), now.mono - days(36'525)},
    };
    for (const auto& row : rows) EXPECT_EQ(mono_mark(row.then, now), row.mark);
}

/// Sets the machine's time zone while a test runs. POSIX rules: no zone files are needed.
class LocalTime : public ::testing::Test {
protected:
    void SetUp() override {
        if (const char* zone = std::getenv("TZ")) before_ = zone;
    }

    void TearDown() override {
        if (before_) {
            ::setenv("TZ", before_->c_str(), 1);
        } else {
            ::unsetenv("TZ");
        }
        ::tzset();
    }

    static void set_zone(const char* zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }

private:
    std::optional<std::string> before_;
};

constexpr const char* kMadrid = "CET-1CEST,M3.5.0,M10.5.0/3";

TEST_F(LocalTime, IsWrittenForPeopleInTheirZone) {
    const struct {
        const char* zone;
        WallTime time;
        const char* written;
    } rows[] = {
        {"UTC0", kThursday, "2024-12-19 10:15:23"},
        {kMadrid, kThursday, "2024-12-19 11:15:23"},
        {kMadrid, WallTime(seconds(1'719'792'000)), "2024-07-01 02:00:00"},
        {"IST-5:30", kThursday, "2024-12-19 15:45:23"},
        {"EST5EDT", kThursday, "2024-12-19 05:15:23"},
        {"UTC0", kThursday + milliseconds(999), "2024-12-19 10:15:23"},
        {"UTC0", WallTime(nanoseconds(0)), "1970-01-01 00:00:00"},
        {"UTC0", WallTime(nanoseconds(-1)), "1969-12-31 23:59:59"},
        {"UTC0", WallTime(seconds(951'782'400)), "2000-02-29 00:00:00"},
        {"UTC0", WallTime::min(), "1677-09-21 00:12:43"},
        {"UTC0", WallTime::max(), "2262-04-11 23:47:16"},
    };
    for (const auto& row : rows) {
        set_zone(row.zone);
        EXPECT_EQ(format_local(row.time), row.written) << row.zone;
    }
}

TEST_F(LocalTime, IsWrittenForJsonInUtcWhateverTheZone) {
    const struct {
        WallTime time;
        const char* written;
    } rows[] = {
        {kThursday, "2024-12-19T10:15:23.000Z"},
        {kThursday + milliseconds(123), "2024-12-19T10:15:23.123Z"},
        {kThursday + nanoseconds(999'999'999), "2024-12-19T10:15:23.999Z"},
        {kThursday + nanoseconds(7'999'999), "2024-12-19T10:15:23.007Z"},
        {WallTime(nanoseconds(-1)), "1969-12-31T23:59:59.999Z"},
        {WallTime(milliseconds(-1)), "1969-12-31T23:59:59.999Z"},
        {WallTime(milliseconds(-1000)), "1969-12-31T23:59:59.000Z"},
    };
    for (const char* zone : {"UTC0", kMadrid, "EST5EDT"}) {
        set_zone(zone);
        for (const auto& row : rows) EXPECT_EQ(format_utc(row.time), row.written);
    }
}

TEST_F(LocalTime, IsWrittenForMailInEnglishWithItsOffset) {
    const struct {
        const char* zone;
        WallTime time;
        const char* written;
    } rows[] = {
        {kMadrid, kThursday, "Thu, 19 Dec 2024 11:15:23 +0100"},
        {kMadrid, WallTime(seconds(1'719'792'000)), "Mon, 01 Jul 2024 02:00:00 +0200"},
        {"UTC0", kThursday, "Thu, 19 Dec 2024 10:15:23 +0000"},
        {"EST5EDT", kThursday, "Thu, 19 Dec 2024 05:15:23 -0500"},
        {"NST3:30", kThursday, "Thu, 19 Dec 2024 06:45:23 -0330"},
        {"IST-5:30", kThursday, "Thu, 19 Dec 2024 15:45:23 +0530"},
        {"UTC0", WallTime(seconds(951'782'400)), "Tue, 29 Feb 2000 00:00:00 +0000"},
    };
    for (const auto& row : rows) {
        set_zone(row.zone);
        EXPECT_EQ(format_rfc5322(row.time), row.written) << row.zone;
    }
}

TEST_F(LocalTime, KeepsBothHoursOfAClockChangeApartInMail) {
    set_zone(kMadrid);
    const WallTime first(seconds(1'729'989'000));  // 2024-10-27 00:30 UTC
    EXPECT_EQ(format_local(first), format_local(first + hours(1)));
    EXPECT_EQ(format_rfc5322(first), "Sun, 27 Oct 2024 02:30:00 +0200");
    EXPECT_EQ(format_rfc5322(first + hours(1)), "Sun, 27 Oct 2024 02:30:00 +0100");
}

}  // namespace
}  // namespace vigia
