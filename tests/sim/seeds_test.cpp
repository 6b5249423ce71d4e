#include "sim/random_script.hpp"
#include "sim/scenario.hpp"
#include "sim/world.hpp"

#include <gtest/gtest.h>

namespace vigia::sim {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // five to ten times slower
#else
constexpr bool kSanitized = false;
#endif

using std::chrono::hours;

Report run_twice(const ScenarioOptions& options) {
    const Script script = make_random_script(options);
    const Report report = World(script).run();
    EXPECT_TRUE(report.findings.empty()) << describe(report, script);
    const Report again = World(script).run();
    EXPECT_EQ(again.hash, report.hash) << script.reproduce;
    EXPECT_EQ(again.last_draw, report.last_draw) << script.reproduce;
    return report;
}

class Seed : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Seed, KeepsTheInvariantsForADayAndReproducesItself) {
    ScenarioOptions options;
    options.seed = GetParam();
    options.monitors = kSanitized ? 15 : 50;
    // Every other world is a bad one.
    options.faults = options.seed % 2 == 0 ? 5 : 1;
    options.on_disk = options.seed % 4 >= 2;
    const Report report = run_twice(options);
    EXPECT_EQ(report.length, options.length);
}

INSTANTIATE_TEST_SUITE_P(FirstTwenty, Seed, testing::Range<std::uint64_t>(1, 21));

/// Small and bad worlds, ten a test.
class TenSeeds : public testing::TestWithParam<std::uint64_t> {};

TEST_P(TenSeeds, KeepTheInvariants) {
    const std::uint64_t first = 1000 + 10 * GetParam();
    for (std::uint64_t seed = first; seed < first + (kSanitized ? 1 : 10); ++seed) {
        ScenarioOptions options;
        options.seed = seed;
        options.monitors = 10;
        options.length = hours(12);
        options.faults = 15;
        options.on_disk = seed % 2 == 0;
        run_twice(options);
    }
}

INSTANTIATE_TEST_SUITE_P(OfHundredAndSeventy, TenSeeds, testing::Range<std::uint64_t>(0, 17));

TEST(Seeds, MakeDifferentWorlds) {
    ScenarioOptions options;
    options.monitors = 5;
    options.length = hours(6);
    const Report one = World(make_random_script(options)).run();
    options.seed = 2;
    const Report two = World(make_random_script(options)).run();
    EXPECT_NE(one.hash, two.hash);
}

TEST(Seeds, FewMonitorsInAVeryBadWorld) {
    for (std::uint64_t seed = 100; seed < (kSanitized ? 103U : 110U); ++seed) {
        ScenarioOptions options;
        options.seed = seed;
        options.monitors = 3;
        options.outages = 10;
        options.faults = 25;
        options.on_disk = seed % 2 == 0;
        run_twice(options);
    }
}

TEST(SimulatedMonth, OfTwoHundredMonitorsKeepsTheInvariantsAndReproducesItself) {
    ScenarioOptions options;
    options.seed = 2024;
    options.monitors = kSanitized ? 40 : 200;
    options.length = hours(24) * (kSanitized ? 5 : 30);
    options.intervals = {60, 120, 180, 300, 300};
    const Report report = run_twice(options);
    EXPECT_EQ(report.length, options.length);
    EXPECT_GT(report.tally.checks(), kSanitized ? 50'000U : 1'000'000U);
    EXPECT_GT(report.tally.incidents(), 100U);
    EXPECT_GT(report.tally.crashes(), 5U);
    std::printf("%.0f days, %zu checks, %zu incidents, %zu mails, %zu crashes, journal %016zx\n",
                to_seconds(report.length) / 86'400, report.tally.checks(), report.tally.incidents(),
                report.tally.mails(), report.tally.crashes(), report.hash);
}

}  // namespace
}  // namespace vigia::sim
