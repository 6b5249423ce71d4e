#include "config/scalars.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace vigia {
namespace {

using namespace std::chrono_literals;

TEST(Numbers, AreReadAsWritten) {
    EXPECT_EQ(number_value("0"), 0);
    EXPECT_EQ(number_value("-0"), 0);
    EXPECT_EQ(number_value("0.1"), 0.1);
    EXPECT_EQ(number_value("1e3"), 1000);
    EXPECT_EQ(number_value("2.5E-1"), 0.25);
    EXPECT_EQ(number_value("1e-999"), 0);
    EXPECT_EQ(number_value("0." + std::string(400, '0') + "1"), 0);
    EXPECT_TRUE(std::isinf(number_value("1.9e308")));
    EXPECT_LT(number_value("-1.9e308"), 0);
}

TEST(Integers, MayBeWrittenAsReals) {
    EXPECT_EQ(integer_value("42"), 42);
    EXPECT_EQ(integer_value("-42"), -42);
    EXPECT_EQ(integer_value("3.0"), 3);
    EXPECT_EQ(integer_value("1e3"), 1000);
    EXPECT_EQ(integer_value("9223372036854775807"), INT64_MAX);
    for (const char* text : {"0.5", "1e-3", "9223372036854775808", "1e300", "-1.9e308"}) {
        EXPECT_EQ(integer_value(text), std::nullopt) << text;
    }
}

TEST(Durations, AreReadInTheUnitOfTheirKey) {
    EXPECT_EQ(duration_of(1.5, DurationUnit::seconds), Duration(1500ms));
    EXPECT_EQ(duration_of(20, DurationUnit::minutes), Duration(20min));
    EXPECT_EQ(duration_of(0.5, DurationUnit::hours), Duration(30min));
    EXPECT_EQ(duration_of(0.1, DurationUnit::seconds), Duration(100ms));
    EXPECT_EQ(duration_of(-1, DurationUnit::seconds), Duration(-1s));
    EXPECT_EQ(duration_of(1e12, DurationUnit::seconds), std::nullopt);
    EXPECT_EQ(duration_of(INFINITY, DurationUnit::seconds), std::nullopt);
    EXPECT_EQ(duration_of(NAN, DurationUnit::seconds), std::nullopt);
}

TEST(Durations, AreReadFromText) {
    EXPECT_EQ(parse_duration("500ms"), Duration(500ms));
    EXPECT_EQ(parse_duration("10s"), Duration(10s));
    EXPECT_EQ(parse_duration("5m"), Duration(5min));
    EXPECT_EQ(parse_duration("2h"), Duration(2h));
    EXPECT_EQ(parse_duration("1d"), Duration(24h));
    EXPECT_EQ(parse_duration("0s"), Duration(0));
    EXPECT_EQ(parse_duration("1.5h"), Duration(90min));
    for (const char* text : {"",      "s",     "ms",   "10",  "10 s",          " 10s",   "10s ",
                             "-1s",   "+1s",   "1e3s", ".5s", "5.s",           "1.5.5s", "10S",
                             "10sec", "1h30m", "1w",   "٣s",  "999999999999d", "0x10s",  "infs",
                             "nans",  "1,5s"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

TEST(Durations, AreWrittenAsTheyAreRead) {
    const std::pair<Duration, const char*> rows[] = {
        {0s, "0s"},         {100ms, "100ms"},
        {1500ms, "1500ms"}, {10s, "10s"},
        {90s, "90s"},       {5min, "5m"},
        {2h, "2h"},         {24h, "1d"},
        {36h, "36h"},       {kLongestDuration, "366d"},
    };
    for (const auto& [duration, text] : rows) {
        EXPECT_EQ(duration_text(duration), text);
        EXPECT_EQ(parse_duration(text), duration);
    }
}

}  // namespace
}  // namespace vigia
