#include "core/evaluator.hpp"

#include "tests/unit/core/checks.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vigia {
namespace {

using core_test::at;
using core_test::check;
using core_test::kCheckTime;
using core_test::policy;
using std::chrono::seconds;

constexpr Outcome kOutcomes[] = {Outcome::up, Outcome::degraded, Outcome::down, Outcome::unknown};

struct Row {
    const char* what;
    Health health;
    std::uint32_t bad;
    std::uint32_t good;
    Outcome seen;
    int alert_threshold;
    int recovery_threshold;
    Health then_health;
    std::uint32_t then_bad;
    std::uint32_t then_good;
    Transition transition;
};

constexpr auto kPending = Health::pending;
constexpr auto kUp = Health::up;
constexpr auto kDegraded = Health::degraded;
constexpr auto kDown = Health::down;
using O = Outcome;
using T = Transition;

constexpr Row kRows[] = {
    // A good check confirms a pending monitor at once, whatever the recovery threshold.
    {"pending, up", kPending, 0, 0, O::up, 3, 3, kUp, 0, 1, T::confirmed_up},
    {"pending, degraded", kPending, 0, 0, O::degraded, 3, 3, kDegraded, 0, 1, T::confirmed_up},
    {"pending after failures, up", kPending, 2, 0, O::up, 3, 3, kUp, 0, 1, T::confirmed_up},
    {"pending, first failure", kPending, 0, 0, O::down, 2, 2, kPending, 1, 0, T::none},
    {"pending, last failure", kPending, 1, 0, O::down, 2, 2, kDown, 2, 0, T::confirmed_down},
    {"pending, threshold 1", kPending, 0, 0, O::down, 1, 1, kDown, 1, 0, T::confirmed_down},
    {"pending, unknown", kPending, 2, 0, O::unknown, 3, 2, kPending, 2, 0, T::none},
    {"up, up", kUp, 0, 7, O::up, 3, 2, kUp, 0, 8, T::none},
    {"up, degraded", kUp, 0, 7, O::degraded, 3, 2, kDegraded, 0, 8, T::quality},
    {"up, first failure", kUp, 0, 7, O::down, 3, 2, kUp, 1, 0, T::none},
    {"up, second failure", kUp, 1, 0, O::down, 3, 2, kUp, 2, 0, T::none},
    {"up, third failure", kUp, 2, 0, O::down, 3, 2, kDown, 3, 0, T::confirmed_down},
    {"up, threshold 1", kUp, 0, 7, O::down, 1, 2, kDown, 1, 0, T::confirmed_down},
    {"up, a blip ends", kUp, 2, 0, O::up, 3, 2, kUp, 0, 1, T::none},
    {"up, a blip ends degraded", kUp, 2, 0, O::degraded, 3, 2, kDegraded, 0, 1, T::quality},
    {"up, unknown", kUp, 2, 0, O::unknown, 3, 2, kUp, 2, 0, T::none},
    {"degraded, degraded", kDegraded, 0, 1, O::degraded, 3, 2, kDegraded, 0, 2, T::none},
    {"degraded, up", kDegraded, 0, 1, O::up, 3, 2, kUp, 0, 2, T::quality},
    {"degraded, first failure", kDegraded, 0, 1, O::down, 2, 2, kDegraded, 1, 0, T::none},
    {"degraded, last failure", kDegraded, 1, 0, O::down, 2, 2, kDown, 2, 0, T::confirmed_down},
    {"degraded, unknown", kDegraded, 0, 9, O::unknown, 1, 1, kDegraded, 0, 9, T::none},
    {"down, first good of two", kDown, 3, 0, O::up, 3, 2, kDown, 0, 1, T::none},
    {"down, second good of two", kDown, 0, 1, O::up, 3, 2, kUp, 0, 2, T::recovered},
    {"down, recovers degraded", kDown, 0, 1, O::degraded, 3, 2, kDegraded, 0, 2, T::recovered},
    {"down, third good of three", kDown, 0, 2, O::up, 3, 3, kUp, 0, 3, T::recovered},
    {"down, recovery threshold 1", kDown, 5, 0, O::up, 3, 1, kUp, 0, 1, T::recovered},
    {"down, bad resets the good streak", kDown, 0, 1, O::down, 1, 2, kDown, 1, 0, T::none},
    {"down, still down", kDown, 3, 0, O::down, 3, 2, kDown, 4, 0, T::none},
    {"down, unknown keeps the good streak", kDown, 0, 1, O::unknown, 3, 2, kDown, 0, 1, T::none},
    // A reload lowered or raised a threshold in the middle of a streak.
    {"alert threshold lowered", kUp, 4, 0, O::down, 2, 2, kDown, 5, 0, T::confirmed_down},
    {"lowered, but good comes first", kUp, 4, 0, O::up, 2, 2, kUp, 0, 1, T::none},
    {"lowered, but unknown comes first", kUp, 4, 0, O::unknown, 2, 2, kUp, 4, 0, T::none},
    {"alert threshold raised", kUp, 2, 0, O::down, 5, 2, kUp, 3, 0, T::none},
    {"recovery threshold lowered", kDown, 0, 2, O::up, 3, 1, kUp, 0, 3, T::recovered},
    {"recovery threshold raised", kDown, 0, 1, O::up, 3, 9, kDown, 0, 2, T::none},
    {"threshold 0 counts as 1", kUp, 0, 1, O::down, 0, 0, kDown, 1, 0, T::confirmed_down},
    {"threshold below 0 counts as 1", kDown, 1, 0, O::up, -5, -5, kUp, 0, 1, T::recovered},
    // Streaks of years do not wrap.
    {"a streak at its end stays", kDown, 0xffffffff, 0, O::down, 3, 2, kDown, 0xffffffff, 0,
     T::none},
};

TEST(Evaluator, FollowsTheTransitionTable) {
    for (const Row& row : kRows) {
        SCOPED_TRACE(row.what);
        MonitorState before;
        before.health = row.health;
        before.bad_streak = row.bad;
        before.good_streak = row.good;
        const Evaluation got = evaluate(before, check(row.seen, seconds(60)),
                                        policy(row.alert_threshold, row.recovery_threshold));
        EXPECT_EQ(got.state.health, row.then_health);
        EXPECT_EQ(got.state.bad_streak, row.then_bad);
        EXPECT_EQ(got.state.good_streak, row.then_good);
        EXPECT_EQ(got.transition, row.transition);
    }
}

/// The rules of PRODUCT §4 read backwards from the whole history, nothing remembered in between.
Health health_after(const std::vector<Outcome>& known, std::size_t count, int alert, int recovery) {
    if (count == 0) return Health::pending;
    const Health before = health_after(known, count - 1, alert, recovery);
    const bool good = is_good(known[count - 1]);
    int run = 0;
    while (static_cast<std::size_t>(run) < count &&
           is_good(known[count - 1 - static_cast<std::size_t>(run)]) == good) {
        ++run;
    }
    if (!good) return run >= alert ? Health::down : before;
    if (before == Health::down && run < recovery) return Health::down;
    return known[count - 1] == Outcome::up ? Health::up : Health::degraded;
}

Transition expected_transition(Health before, Health after) {
    if (before == after) return Transition::none;
    if (after == Health::down) return Transition::confirmed_down;
    if (before == Health::down) return Transition::recovered;
    return before == Health::pending ? Transition::confirmed_up : Transition::quality;
}

void expect_agreement(unsigned sequence, int alert, int recovery) {
    constexpr int kLength = 7;
    std::vector<Outcome> known;
    MonitorState state;
    for (int i = 0; i < kLength; ++i, sequence /= 4) {
        const Outcome seen = kOutcomes[sequence % 4];
        const Evaluation got = evaluate(state, check(seen, seconds(i)), policy(alert, recovery));
        if (seen == Outcome::unknown) {
            ASSERT_EQ(got.state, state);
            ASSERT_EQ(got.transition, Transition::none);
            continue;
        }
        known.push_back(seen);
        const Health before = health_after(known, known.size() - 1, alert, recovery);
        const Health after = health_after(known, known.size(), alert, recovery);
        ASSERT_EQ(got.state.health, after);
        ASSERT_EQ(got.transition, expected_transition(before, after));
        ASSERT_EQ(got.state.first_failure.has_value(), got.state.bad_streak > 0);
        ASSERT_TRUE(got.state.bad_streak == 0 || got.state.good_streak == 0);
        ASSERT_EQ(got.state.since.has_value(), after != Health::pending);
        state = got.state;
    }
}

TEST(Evaluator, AgreesWithTheRulesOnEverySequenceOfSevenChecks) {
    for (int alert = 1; alert <= 3; ++alert) {
        for (int recovery = 1; recovery <= 3; ++recovery) {
            for (unsigned sequence = 0; sequence < 4U * 4 * 4 * 4 * 4 * 4 * 4; ++sequence) {
                expect_agreement(sequence, alert, recovery);
                if (HasFatalFailure()) FAIL() << sequence << ' ' << alert << ' ' << recovery;
            }
        }
    }
}

TEST(Evaluator, ReachesTheThresholdAcrossAnUnknownCheck) {
    MonitorState state;
    state.health = Health::up;
    int second = 0;
    for (const Outcome seen : {O::down, O::down, O::unknown}) {
        const Evaluation got = evaluate(state, check(seen, seconds(second++)), policy(3, 2));
        EXPECT_EQ(got.transition, Transition::none);
        state = got.state;
    }
    const Evaluation got = evaluate(state, check(O::down, seconds(second)), policy(3, 2));
    EXPECT_EQ(got.transition, Transition::confirmed_down);
    EXPECT_EQ(got.state.first_failure, at(seconds(0)));
}

TEST(Evaluator, ReturnsTheStateAsItWasForUnknown) {
    for (const Health health : {kPending, kUp, kDegraded, kDown}) {
        const MonitorState before{.health = health,
                                  .bad_streak = 2,
                                  .good_streak = 0,
                                  .since = core_test::kStart,
                                  .first_failure = at(seconds(1))};
        const Evaluation got = evaluate(before, check(O::unknown, seconds(9)), policy(1, 1));
        EXPECT_EQ(got.state, before);
        EXPECT_EQ(got.transition, Transition::none);
    }
}

TEST(Evaluator, RemembersTheStartOfTheFirstFailureOfTheStreak) {
    MonitorState state = evaluate({}, check(O::down, seconds(10)), policy(3, 2)).state;
    state = evaluate(state, check(O::down, seconds(20)), policy(3, 2)).state;
    EXPECT_EQ(state.first_failure, at(seconds(10)));
    state = evaluate(state, check(O::up, seconds(30)), policy(3, 2)).state;
    EXPECT_FALSE(state.first_failure);
    state = evaluate(state, check(O::down, seconds(40)), policy(3, 2)).state;
    EXPECT_EQ(state.first_failure, at(seconds(40)));
}

TEST(Evaluator, DatesHealthFromTheEndOfTheCheckThatConfirmedIt) {
    MonitorState state = evaluate({}, check(O::up, seconds(10)), policy(1, 2)).state;
    EXPECT_EQ(state.since, at(seconds(10) + kCheckTime).wall);
    state = evaluate(state, check(O::up, seconds(20)), policy(1, 2)).state;
    EXPECT_EQ(state.since, at(seconds(10) + kCheckTime).wall);
    state = evaluate(state, check(O::down, seconds(30)), policy(1, 2)).state;
    EXPECT_EQ(state.since, at(seconds(30) + kCheckTime).wall);
    state = evaluate(state, check(O::up, seconds(40)), policy(1, 2)).state;
    EXPECT_EQ(state.since, at(seconds(30) + kCheckTime).wall);
    state = evaluate(state, check(O::degraded, seconds(50)), policy(1, 2)).state;
    EXPECT_EQ(state.since, at(seconds(50) + kCheckTime).wall);
}

TEST(Evaluator, ResumesAStoredStateWithAMarkThatIsNeverInTheFuture) {
    MonitorState stored;
    stored.health = Health::up;
    stored.bad_streak = 2;
    stored.since = core_test::kStart;
    stored.first_failure = at(seconds(100));

    // Another boot: its monotonic clock has just begun.
    const Now later{.mono = MonoTime(seconds(5)), .wall = core_test::kStart + seconds(160)};
    MonitorState resumed = resume_state(stored, later);
    EXPECT_EQ(resumed.first_failure->mono, MonoTime(seconds(5 - 60)));
    EXPECT_EQ(resumed.first_failure->wall, stored.first_failure->wall);
    resumed.first_failure = stored.first_failure;
    EXPECT_EQ(resumed, stored);

    const Now set_back{.mono = MonoTime(seconds(5)), .wall = core_test::kStart};
    EXPECT_EQ(resume_state(stored, set_back).first_failure->mono, set_back.mono);
    EXPECT_EQ(resume_state({}, later), MonitorState{});
}

}  // namespace
}  // namespace vigia
