// Invariant 11: trouble of the monitor itself is told, and not in a storm.

#include "core/own_health.hpp"
#include "sim/checkers/trouble_notice.hpp"
#include "tests/sim/history.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace vigia::sim {
namespace {

using namespace history;

/// A store that fails from minute 60 to 70, and a checker that knows of it.
struct TroubleHistory {
    TroubleHistory() {
        store.add({minutes(60), minutes(70)}, StoreFault::failing);
        checker.starting(at({}), config(), {});
    }
    void told(Duration when, Trouble trouble = Trouble::store_failing) {
        told(when, when, trouble);
    }
    void told(Duration when, Duration committed, Trouble trouble) {
        TroubleChange change;
        change.trouble = trouble;
        change.since = at(when).now;
        change.reason.code = trouble == Trouble::store_failing ? ReasonCode::store_failing
                                                               : ReasonCode::notifications_late;
        Batch batch;
        const std::vector<Recipient> recipients{kAna};
        batch.notifications = trouble_notices(change, recipients, "watch.sim", at(when).now);
        checker.commit_begun(at(committed));
        checker.committed(at(committed), batch);
    }
    std::string first() const { return findings.empty() ? "" : findings.all().front().what; }

    Findings findings;
    FaultPlan<StoreFault> store;
    TroubleNoticeChecker checker{findings, store};
};

TEST(TroubleNoticeChecker, PassesNoticesThatAreFarApart) {
    TroubleHistory h;
    h.told(minutes(70));
    h.told(minutes(71), Trouble::notifications_late);
    h.told(minutes(130));
    h.checker.sampled(at(hours(9)), Sample{});
    EXPECT_TRUE(h.findings.empty()) << h.first();
}

TEST(TroubleNoticeChecker, FindsAFailingStoreThatIsNotTold) {
    TroubleHistory h;
    h.checker.sampled(at(minutes(72)), Sample{});
    EXPECT_TRUE(h.findings.empty()) << h.first();
    h.checker.sampled(at(minutes(74)), Sample{});
    EXPECT_EQ(h.findings.count(), 1U);
}

TEST(TroubleNoticeChecker, FindsAStorm) {
    TroubleHistory h;
    h.told(minutes(70));
    h.told(minutes(100));
    EXPECT_EQ(h.findings.count(), 1U);
}

TEST(TroubleNoticeChecker, ReckonsFromTheDecisionsNotFromTheirCommits) {
    TroubleHistory h;
    h.told(minutes(61), minutes(119), Trouble::store_failing);
    h.told(minutes(122), minutes(122), Trouble::store_failing);
    EXPECT_TRUE(h.findings.empty()) << h.first();
    h.told(minutes(180), minutes(190), Trouble::store_failing);
    EXPECT_EQ(h.findings.count(), 1U);
}

TEST(TroubleNoticeChecker, ADecisionWithAStepOfTheClockBeforeItsCommitHasNoDate) {
    TroubleHistory h;
    h.told(minutes(61));
    h.checker.clock_stepped(at(minutes(100)));
    h.told(minutes(90), minutes(130), Trouble::store_failing);
    EXPECT_TRUE(h.findings.empty()) << h.first();
    h.told(minutes(150));
    EXPECT_TRUE(h.findings.empty()) << h.first();
    h.told(minutes(170));
    EXPECT_EQ(h.findings.count(), 1U);
}

TEST(TroubleNoticeChecker, AllowsForADisturbanceAndForNobodyToTell) {
    TroubleHistory crashed;
    crashed.told(minutes(61));
    crashed.checker.crashed(at(minutes(62)));
    crashed.checker.starting(at(minutes(63)), config(), {});
    crashed.told(minutes(70));
    crashed.checker.sampled(at(minutes(90)), Sample{});
    EXPECT_TRUE(crashed.findings.empty()) << crashed.first();
    TroubleHistory silent;
    Config switched_off = config();
    switched_off.health.notices = false;
    silent.checker.starting(at({}), switched_off, {});
    silent.checker.sampled(at(minutes(90)), Sample{});
    EXPECT_TRUE(silent.findings.empty()) << silent.first();
}

}  // namespace
}  // namespace vigia::sim
