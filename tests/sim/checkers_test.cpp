// The other invariants: rhythm, what is shown, crashes, bounds, convergence.

#include "sim/checkers/bounds.hpp"
#include "sim/checkers/committed_view.hpp"
#include "sim/checkers/convergence.hpp"
#include "sim/checkers/crash.hpp"
#include "sim/checkers/rhythm.hpp"
#include "tests/sim/history.hpp"

#include <gtest/gtest.h>

namespace vigia::sim {
namespace {

using namespace history;

using Rhythm = History<RhythmChecker>;

TEST(RhythmChecker, PassesAFixedRate) {
    Rhythm h;
    for (int i = 0; i < 10; ++i) h.check(seconds(60) * i, Sight::good);
    EXPECT_EQ(h.found(), 0U) << h.first();
}

TEST(RhythmChecker, FindsProbesThatOverlap) {
    Rhythm h;
    h.checker.probe_started(at(seconds(60)), kWeb);
    h.checker.probe_started(at(seconds(65)), kWeb);
    EXPECT_EQ(h.found(), 1U);
}

TEST(RhythmChecker, FindsAMonitorThatIsLeftAlone) {
    Rhythm h;
    h.check(seconds(10), Sight::good);
    h.checker.sampled(at(seconds(90)), Sample{});
    EXPECT_EQ(h.found(), 0U);
    h.checker.sampled(at(seconds(120)), Sample{});
    EXPECT_EQ(h.found(), 1U);
}

TEST(RhythmChecker, FindsAProbeThatOutlivesItsDeadline) {
    Rhythm h;
    h.checker.probe_started(at(seconds(10)), kWeb);
    h.checker.sampled(at(seconds(22)), Sample{});
    EXPECT_EQ(h.found(), 1U);
}

TEST(RhythmChecker, AllowsForAFreezeAndALateCommit) {
    Rhythm h;
    h.check(seconds(10), Sight::good);
    h.checker.frozen(at(hours(3)));
    h.check(hours(3) + seconds(30), Sight::good);
    h.checker.commit_begun(at(hours(3) + seconds(31)));
    h.check(hours(3) + seconds(31 + 40 + 60), Sight::good);
    EXPECT_EQ(h.found(), 0U) << h.first();
}

Sample showing(const MonitorState& state) {
    Sample sample;
    sample.state_of = [state](const MonitorId&) { return &state; };
    return sample;
}

TEST(CommittedViewChecker, FindsAStateThatWasNeverCommitted) {
    History<CommittedViewChecker> h;
    MonitorState down;
    down.health = Health::down;
    h.checker.sampled(at(seconds(1)), showing({}));
    EXPECT_EQ(h.found(), 0U);
    Sample passed_over = showing(down);
    passed_over.store_failing_since = seconds(1);
    h.checker.sampled(at(seconds(40)), passed_over);
    EXPECT_EQ(h.found(), 0U) << "the store was away for long";
    Batch batch;
    batch.states.push_back({kWeb, down});
    h.checker.committed(at(seconds(41)), batch);
    h.checker.sampled(at(seconds(41)), showing({}));
    h.checker.sampled(at(seconds(42)), showing(down));
    EXPECT_EQ(h.found(), 0U) << "it may lag by one: " << h.first();
    down.bad_streak = 9;
    h.checker.sampled(at(seconds(43)), showing(down));
    EXPECT_EQ(h.found(), 0U) << "nobody acts on a streak";
    MonitorState up;
    up.health = Health::up;
    h.checker.sampled(at(seconds(44)), showing(up));
    EXPECT_EQ(h.found(), 1U);
}

TEST(CrashChecker, FindsWhatAStartLostOrInvented) {
    const Incident open = incident(seconds(5), seconds(10));
    MonitorState down;
    down.health = Health::down;
    const Notification pending = letter(open);
    const StoredState all{{{kWeb, down}}, {open}, {pending}};
    struct Case {
        const char* what;
        StoredState stored;
        MonitorState shown;
        std::size_t pending;
        std::size_t found;
    };
    for (const Case& c :
         {Case{"nothing", all, down, 1, 0}, Case{"the state", {{}, {open}, {pending}}, down, 1, 1},
          Case{"the incident", {{{kWeb, down}}, {}, {pending}}, down, 1, 1},
          Case{"the notification", {{{kWeb, down}}, {open}, {}}, down, 1, 1},
          Case{"an invented incident",
               {{{kWeb, down}}, {open, incident({}, {})}, {pending}},
               down,
               1,
               1},
          Case{"the process forgot the state", all, {}, 1, 1},
          Case{"the process forgot to send", all, down, 0, 1}}) {
        History<CrashChecker> h;
        Batch batch;
        batch.states.push_back({kWeb, down});
        batch.incidents.push_back(open);
        batch.notifications.push_back(pending);
        h.checker.committed(at(seconds(10)), batch);
        h.checker.starting(at(seconds(20)), config(), c.stored);
        Sample sample = showing(c.shown);
        sample.pending_notifications = c.pending;
        h.checker.started(at(seconds(20)), sample);
        EXPECT_EQ(h.found(), c.found) << c.what << ": " << h.first();
    }
}

TEST(BoundsChecker, FindsEachBoundThatIsPassed) {
    History<BoundsChecker> h;
    Sample sample;
    sample.waiters = 2 + BoundsChecker::kLoops;
    sample.probes_in_flight = 2;
    h.checker.sampled(at(seconds(1)), sample);
    EXPECT_EQ(h.found(), 0U);
    ++sample.waiters;
    ++sample.probes_in_flight;
    sample.pending_notifications = BoundsChecker::kThreadsPerMonitor + 1;
    h.checker.sampled(at(seconds(2)), sample);
    EXPECT_EQ(h.found(), 3U);
}

TEST(ConvergenceChecker, FindsAHealthThatIsNotTheTruth) {
    const Policy policy = config().monitors.front()->policy;
    const Duration limit = ConvergenceChecker::longest(policy);
    MonitorState up;
    up.health = Health::up;
    for (const std::optional<bool> truth :
         {std::optional(true), std::optional(false), std::optional<bool>()}) {
        History<ConvergenceChecker> h;
        Sample sample = showing(up);
        sample.truth_of = [truth](const MonitorId&) {
            return std::pair(Duration(hours(1)), truth);
        };
        h.checker.sampled(at(hours(1) + limit - seconds(1)), sample);
        EXPECT_EQ(h.found(), 0U) << "it may take that long";
        h.checker.sampled(at(hours(1) + limit), sample);
        EXPECT_EQ(h.found(), truth == false ? 1U : 0U);
    }
}

TEST(ConvergenceChecker, CountsFromTheEndOfTheLastTrouble) {
    History<ConvergenceChecker> h;
    Sample sample = showing({});
    sample.truth_of = [](const MonitorId&) { return std::pair(Duration{}, std::optional(true)); };
    sample.calm.machine = hours(5);
    h.checker.sampled(at(hours(5) + seconds(1)), sample);
    EXPECT_EQ(h.found(), 0U);
    h.checker.sampled(at(hours(6)), sample);
    EXPECT_EQ(h.found(), 1U) << "pending for an hour";
}

}  // namespace
}  // namespace vigia::sim
