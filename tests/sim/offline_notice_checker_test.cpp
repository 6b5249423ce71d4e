// Invariant 10: a loss of our own uplink is told once.

#include "core/uplink.hpp"
#include "sim/checkers/offline_notice.hpp"
#include "tests/sim/history.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace vigia::sim {
namespace {

using namespace history;

/// A loss from minute 60 to 75, and a checker that knows of it.
struct OfflineHistory {
    OfflineHistory() {
        machine.add({minutes(60), minutes(75)}, OwnFault::uplink_cut);
        checker.starting(at({}), config(), {});
    }
    void told(Duration from, Duration to, Duration when) {
        Batch batch;
        const std::vector<Recipient> recipients{kAna};
        const OfflinePeriod period{at(from).now, at(to).now};
        batch.notifications = offline_notices(period, recipients, "watch.sim", at(when).now);
        checker.committed(at(when), batch);
    }
    std::string first() const { return findings.empty() ? "" : findings.all().front().what; }

    Findings findings;
    FaultPlan<OwnFault> machine;
    OfflineNoticeChecker checker{findings, machine};
};

TEST(OfflineNoticeChecker, PassesOneNotice) {
    OfflineHistory h;
    h.told(minutes(60) + seconds(20), minutes(75) + seconds(1), minutes(75) + seconds(40));
    h.checker.sampled(at(minutes(80)), Sample{});
    h.checker.sampled(at(hours(9)), Sample{});
    EXPECT_TRUE(h.findings.empty()) << h.first();
}

TEST(OfflineNoticeChecker, ANoticeThatACrashLeftInDoubtIsOfTheTimeBeforeIt) {
    OfflineHistory h;
    h.checker.crashed(at(minutes(75) + seconds(40)));
    h.told(minutes(60) + seconds(20), minutes(75) + seconds(1), hours(9));
    EXPECT_TRUE(h.findings.empty()) << h.first();
}

TEST(OfflineNoticeChecker, FindsALossThatIsNotTold) {
    OfflineHistory h;
    h.checker.sampled(at(minutes(77)), Sample{});
    EXPECT_TRUE(h.findings.empty()) << h.first();
    h.checker.sampled(at(minutes(79)), Sample{});
    EXPECT_EQ(h.findings.count(), 1U);
}

TEST(OfflineNoticeChecker, FindsALossThatIsToldTwice) {
    OfflineHistory h;
    h.told(minutes(60), minutes(70), minutes(76));
    h.told(minutes(71), minutes(75), minutes(77));
    EXPECT_EQ(h.findings.count(), 1U);
}

TEST(OfflineNoticeChecker, FindsANoticeWithoutALossAndOneThatIsTooLong) {
    OfflineHistory early;
    early.told(minutes(20), minutes(25), minutes(26));
    EXPECT_GE(early.findings.count(), 1U);
    OfflineHistory longer;
    longer.told(minutes(50), minutes(75), minutes(76));
    EXPECT_EQ(longer.findings.count(), 1U);
}

TEST(OfflineNoticeChecker, AllowsForACrashMeanwhileAndForNobodyToTell) {
    OfflineHistory crashed;
    crashed.checker.crashed(at(minutes(70)));
    crashed.checker.sampled(at(minutes(90)), Sample{});
    EXPECT_TRUE(crashed.findings.empty()) << crashed.first();
    OfflineHistory silent;
    Config nobody = config();
    nobody.email.reset();
    silent.checker.starting(at({}), nobody, {});
    silent.checker.sampled(at(minutes(90)), Sample{});
    EXPECT_TRUE(silent.findings.empty()) << silent.first();
}

}  // namespace
}  // namespace vigia::sim
