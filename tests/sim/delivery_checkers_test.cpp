// Invariants 3 and 4: who is told, how often, and who is not.

#include "sim/checkers/delivery.hpp"
#include "sim/checkers/retired_silence.hpp"
#include "tests/sim/history.hpp"

#include <gtest/gtest.h>

namespace vigia::sim {
namespace {

using namespace history;

class Delivery : public testing::Test {
protected:
    Delivery() { h.commit(seconds(10), with_letter(DeliveryStatus::pending)); }

    Batch with_letter(DeliveryStatus status, NotificationKind kind = NotificationKind::alert) {
        Notification n = letter(outage, kind);
        n.status = status;
        Batch batch;
        if (kind == NotificationKind::alert && status == DeliveryStatus::pending) {
            batch.incidents.push_back(outage);
        }
        batch.notifications.push_back(n);
        return batch;
    }
    void take(Duration when, NotificationKind kind = NotificationKind::alert) {
        const std::string id = message_id(letter(outage, kind).id, "watch.sim");
        h.checker.mail_accepted(at(when), {when, kAna.address, id, "", "subject"});
    }
    void reply(Duration when, DeliveryFailure failure) {
        DeliveryOutcome outcome;
        outcome.failure = failure;
        h.checker.mail_reported(at(when), message_id(letter(outage).id, "watch.sim"), outcome);
    }
    void commit(Duration when, DeliveryStatus status,
                NotificationKind kind = NotificationKind::alert) {
        h.checker.committed(at(when), with_letter(status, kind));
    }
    void finish(Duration when) { h.checker.finished(at(when), Sample{}); }

    struct DeliveryHistory : History<DeliveryChecker> {
        using History::commit;
        void commit(Duration when, const Batch& batch) { checker.committed(at(when), batch); }
    };
    const Incident outage = incident(seconds(5), seconds(10));
    DeliveryHistory h;
};

TEST_F(Delivery, PassesAnAlertThatIsSentOnceAndRecorded) {
    take(seconds(11));
    reply(seconds(11), DeliveryFailure::none);
    commit(seconds(12), DeliveryStatus::delivered);
    finish(hours(2));
    EXPECT_EQ(h.found(), 0U) << h.first();
}

TEST_F(Delivery, FindsASecondCopy) {
    take(seconds(11));
    reply(seconds(11), DeliveryFailure::none);
    take(seconds(20));
    EXPECT_EQ(h.found(), 1U);
}

TEST_F(Delivery, AllowsACopyAfterALostAcknowledgementButNotTwo) {
    take(seconds(11));
    reply(seconds(11), DeliveryFailure::unreachable);
    take(seconds(20));
    reply(seconds(20), DeliveryFailure::none);
    EXPECT_EQ(h.found(), 0U) << h.first();
    take(seconds(30));
    EXPECT_EQ(h.found(), 1U);
}

TEST_F(Delivery, AllowsACopyAfterACrashThatCameBeforeTheRecord) {
    take(seconds(11));
    h.checker.crashed(at(seconds(12)));
    take(seconds(20));
    EXPECT_EQ(h.found(), 0U) << h.first();
    reply(seconds(20), DeliveryFailure::none);
    commit(seconds(21), DeliveryStatus::delivered);
    h.checker.crashed(at(seconds(22)));
    take(seconds(30));
    EXPECT_EQ(h.found(), 1U) << "that one was recorded";
}

TEST_F(Delivery, FindsAMailBeforeItsCommit) {
    take(seconds(11), NotificationKind::recovery);
    EXPECT_EQ(h.found(), 1U);
}

TEST_F(Delivery, AllowsAMailBeforeItsCommitAfterThirtySecondsWithoutAStore) {
    h.checker.commit_begun(at(seconds(20)));
    h.checker.commit_begun(at(seconds(30)));
    take(seconds(51), NotificationKind::recovery);
    EXPECT_EQ(h.found(), 0U) << h.first();
}

TEST_F(Delivery, AllowsItAlsoWhenTheNextCommitHasNotSaidSoYet) {
    h.checker.commit_begun(at(seconds(20)));
    commit(seconds(60), DeliveryStatus::pending);
    h.checker.commit_begun(at(seconds(60)));
    take(seconds(61), NotificationKind::recovery);
    EXPECT_EQ(h.found(), 0U) << h.first();
    commit(seconds(62), DeliveryStatus::pending, NotificationKind::recovery);
    h.checker.commit_begun(at(seconds(63)));
    take(seconds(64), NotificationKind::reminder);
    EXPECT_EQ(h.found(), 1U);
}

TEST_F(Delivery, FindsAnAlertThatWaitsWithEverythingInOrder) {
    h.checker.sampled(at(minutes(15)), Sample{});
    EXPECT_EQ(h.found(), 0U);
    Sample troubled;
    troubled.calm.mail = minutes(50);
    h.checker.sampled(at(minutes(60)), troubled);
    EXPECT_EQ(h.found(), 0U);
    h.checker.sampled(at(minutes(80)), troubled);
    EXPECT_EQ(h.found(), 1U);
}

TEST_F(Delivery, FindsARecordWithoutADelivery) {
    commit(seconds(12), DeliveryStatus::delivered);
    EXPECT_EQ(h.found(), 1U);
}

TEST_F(Delivery, FindsADeadLetterWithoutAReason) {
    commit(seconds(12), DeliveryStatus::dead);
    EXPECT_EQ(h.found(), 1U);
}

TEST_F(Delivery, AllowsADeadLetterThatWasRefusedOrGrewOld) {
    reply(seconds(11), DeliveryFailure::rejected_recipient);
    commit(seconds(12), DeliveryStatus::dead);
    commit(hours(25), DeliveryStatus::pending, NotificationKind::recovery);
    commit(hours(50), DeliveryStatus::dead, NotificationKind::recovery);
    EXPECT_EQ(h.found(), 0U) << h.first();
}

TEST_F(Delivery, FindsAStatusThatWasTakenBack) {
    take(seconds(11));
    commit(seconds(12), DeliveryStatus::delivered);
    commit(seconds(13), DeliveryStatus::pending);
    EXPECT_GE(h.found(), 1U);
}

TEST_F(Delivery, FindsAnAlertAfterItsRecovery) {
    commit(seconds(20), DeliveryStatus::pending, NotificationKind::recovery);
    take(seconds(21), NotificationKind::recovery);
    take(seconds(22));
    EXPECT_EQ(h.found(), 1U);
}

TEST_F(Delivery, FindsAnAlertMergedIntoNothing) {
    commit(seconds(20), DeliveryStatus::merged);
    finish(hours(2));
    EXPECT_EQ(h.found(), 1U);
}

TEST_F(Delivery, FindsARecipientWhoWasForgotten) {
    take(seconds(11));
    commit(seconds(12), DeliveryStatus::delivered);
    Incident other = incident(seconds(30), seconds(40));
    h.commit(seconds(40), other);
    finish(hours(2));
    EXPECT_EQ(h.found(), 1U);
}

TEST(RetiredSilenceChecker, FindsAnAnnouncementAndAProbeAfterTheRemoval) {
    History<RetiredSilenceChecker> h;
    const Incident before = incident(seconds(5), seconds(10));
    h.commit(seconds(10), letter(before));
    h.checker.reloaded(at(minutes(90)), config(false));
    h.checker.probe_started(at(minutes(90) + seconds(5)), kWeb);
    h.commit(minutes(91), letter(incident(minutes(88), minutes(89))));
    EXPECT_EQ(h.found(), 0U) << "decided before: " << h.first();
    h.commit(minutes(93), letter(incident(minutes(91), minutes(92))));
    EXPECT_EQ(h.found(), 1U);
    h.checker.probe_started(at(minutes(92)), kWeb);
    EXPECT_EQ(h.found(), 2U);
}

}  // namespace
}  // namespace vigia::sim
