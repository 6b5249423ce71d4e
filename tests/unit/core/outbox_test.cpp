#include "core/outbox.hpp"

#include "tests/unit/core/outbox_fixture.hpp"

#include <gtest/gtest.h>
#include <set>

namespace vigia::core_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_F(OutboxTest, SendsTheRowsOfOneIncidentAndRecipientOneAtATimeInOrder) {
    add(reminder(2));
    add(alert());
    add(reminder(1));
    for (const Notification& expected : {alert(), reminder(1), reminder(2)}) {
        const auto c = claim();
        ASSERT_TRUE(c);
        EXPECT_EQ(c->rows.front().id, expected.id);
        EXPECT_EQ(c->rows.front().attempts, 1U);
        EXPECT_TRUE(c->changed.empty());
        EXPECT_FALSE(claim()) << "while one is under way";
        EXPECT_EQ(complete(c->rows.front(), kAccepted).status, DeliveryStatus::delivered);
    }
    EXPECT_TRUE(outbox_.idle());
    EXPECT_FALSE(next_due());
}

TEST_F(OutboxTest, LanesDoNotWaitForEachOther) {
    add(alert(kAna));
    add(alert(kBob));
    add(alert(kAna, kOther));
    std::set<std::string> ids;
    for (int i = 0; i < 3; ++i) ids.insert(claimed());
    EXPECT_EQ(ids.size(), 3U);
    EXPECT_FALSE(ids.contains(""));
    EXPECT_EQ(outbox_.in_flight(), 3U);
}

TEST_F(OutboxTest, OneRowPerDedupKey) {
    add(alert());
    add(alert());
    EXPECT_EQ(outbox_.pending(), 1U);
    send(kAccepted);
    EXPECT_FALSE(claim());
}

TEST_F(OutboxTest, ARecoveryTakesThePlaceOfItsUndeliveredAlertAndReminders) {
    add(alert());
    add(reminder(1));
    add(recovery());
    const auto c = claim(minutes(1));
    ASSERT_TRUE(c);
    EXPECT_EQ(c->rows.front().kind, NotificationKind::recovery);
    EXPECT_TRUE(c->rows.front().merged_alert);
    ASSERT_EQ(c->changed.size(), 3U);
    EXPECT_EQ(c->changed[0].id, alert().id);
    EXPECT_EQ(c->changed[0].status, DeliveryStatus::merged);
    EXPECT_TRUE(c->changed[0].finished_at);
    EXPECT_EQ(c->changed[1].id, reminder(1).id);
    EXPECT_EQ(c->changed[1].status, DeliveryStatus::merged);
    EXPECT_EQ(c->changed[2].id, recovery().id);
    EXPECT_EQ(c->changed[2].status, DeliveryStatus::pending);
    EXPECT_TRUE(c->changed[2].merged_alert);
    EXPECT_EQ(outbox_.pending(), 1U);
    complete(c->rows.front(), kAccepted, minutes(1));
    EXPECT_TRUE(outbox_.idle());
}

TEST_F(OutboxTest, AfterADeliveredAlertARecoveryReplacesOnlyTheReminderThatWaits) {
    add(alert());
    send(kAccepted);
    add(reminder(1));
    add(recovery());
    const auto c = claim();
    ASSERT_TRUE(c);
    EXPECT_EQ(c->rows.front().kind, NotificationKind::recovery);
    EXPECT_FALSE(c->rows.front().merged_alert) << "the alert was told by itself";
    EXPECT_EQ(c->changed.size(), 2U);
}

TEST_F(OutboxTest, AnAlertUnderWayIsNotMergedUntilItHasFailed) {
    add(alert());
    const auto under_way = claim();
    ASSERT_TRUE(under_way);
    add(recovery());
    EXPECT_FALSE(claim());
    complete(under_way->rows.front(), kDeferred);
    const auto c = claim(minutes(1));
    ASSERT_TRUE(c);
    EXPECT_EQ(c->rows.front().kind, NotificationKind::recovery);
    EXPECT_TRUE(c->rows.front().merged_alert);
}

TEST_F(OutboxTest, ARecoveryFollowsAnAlertThatIsADeadLetterByItself) {
    add(alert());
    const Notification dead = send(kRefused);
    EXPECT_EQ(dead.status, DeliveryStatus::dead);
    EXPECT_EQ(dead.last_error, "why");
    EXPECT_EQ(dead.finished_at, at({}).wall);
    add(recovery());
    const auto c = claim();
    ASSERT_TRUE(c);
    EXPECT_EQ(c->rows.front().id, recovery().id);
    EXPECT_FALSE(c->rows.front().merged_alert);
    EXPECT_TRUE(c->changed.empty());
}

TEST_F(OutboxTest, ARefusedRowDoesNotHoldUpTheNextOfItsLane) {
    add(alert());
    add(reminder(1));
    send(kRefused);
    EXPECT_EQ(claimed(), reminder(1).id.str());
}

TEST_F(OutboxTest, AChannelInTroubleRestsAsAWholeAndEachTimeLonger) {
    add(alert(kAna));
    add(alert(kBob));
    Duration now{};
    for (const Duration rest :
         {Duration(seconds(5)), Duration(seconds(10)), Duration(seconds(20)), Duration(seconds(40)),
          Duration(seconds(80)), Duration(seconds(160)), Duration(seconds(300)),
          Duration(seconds(300))}) {
        SCOPED_TRACE(to_seconds(rest));
        EXPECT_EQ(send(kUnreachable, now).status, DeliveryStatus::pending);
        EXPECT_FALSE(claim(now)) << "the other recipient must not be tried either";
        EXPECT_FALSE(claim(now + rest * 79 / 100));
        expect_next_due_about(now + rest, now);
        now = *next_due(now);
    }
    EXPECT_EQ(outbox_.pending(), 2U);
}

TEST_F(OutboxTest, ARestingChannelIsTriedWithASingleMessageAndReopenedByASuccess) {
    for (int i = 0; i < 6; ++i) add(alert({"email", std::string(1, static_cast<char>('a' + i))}));
    const auto first = claim();
    ASSERT_TRUE(first);
    complete(first->rows.front(), kUnreachable);
    const Duration later = seconds(10);
    const auto probe = claim(later);
    ASSERT_TRUE(probe);
    EXPECT_FALSE(claim(later)) << "only one until it is known";
    EXPECT_EQ(next_due(later), Duration(hours(24))) << "complete() is what opens it";
    complete(probe->rows.front(), kAccepted, later);
    for (std::size_t i = 0; i < policy_.max_in_flight; ++i) EXPECT_TRUE(claim(later));
    EXPECT_FALSE(claim(later)) << "never more than max_in_flight";
}

TEST_F(OutboxTest, MessagesThatFailTogetherAreOneFailureOfTheChannel) {
    for (int i = 0; i < 4; ++i) add(alert({"email", std::string(1, static_cast<char>('a' + i))}));
    std::vector<Notification> under_way;
    while (const auto c = claim()) under_way.push_back(c->rows.front());
    ASSERT_EQ(under_way.size(), 4U);
    for (const Notification& n : under_way) complete(n, kUnreachable, seconds(1));
    expect_next_due_about(seconds(6), seconds(1));
}

TEST_F(OutboxTest, AChannelInTroubleDoesNotConcernAnother) {
    add(alert(kAna));
    add(alert(kPager));
    send(kUnreachable);
    EXPECT_EQ(claimed(), alert(kPager).id.str());
}

TEST_F(OutboxTest, ADeferredRecipientRestsAlone) {
    add(alert(kAna));
    send(kDeferred);
    add(alert(kBob));
    EXPECT_EQ(claimed(), alert(kBob).id.str());
    EXPECT_FALSE(claim());
    expect_next_due_about(seconds(5), Duration{});
    const Duration again = *next_due();
    send(kDeferred, again);
    expect_next_due_about(again + seconds(10), again);
    const Duration then = *next_due(again);
    EXPECT_EQ(send(kAccepted, then).status, DeliveryStatus::delivered);
    EXPECT_EQ(outbox_.pending(), 1U) << "Bob's is still under way";
}

TEST_F(OutboxTest, ADeferralSaysThatTheChannelWorks) {
    add(alert(kAna));
    add(alert(kBob));
    send(kUnreachable);
    const Duration later = seconds(10);
    send(kDeferred, later);
    EXPECT_NE(claimed(later), "") << "the channel answered: the other one may go";
}

TEST_F(OutboxTest, RowsExpireWhereverTheyStandButNotUnderWay) {
    add(alert(kAna));
    add(reminder(1, kAna));
    add(alert(kBob));
    const auto under_way = claim();
    ASSERT_TRUE(under_way);
    EXPECT_TRUE(outbox_.expire(at(hours(23))).empty());
    const std::vector<Notification> dead = outbox_.expire(at(hours(24)));
    EXPECT_EQ(dead.size(), 2U);
    for (const Notification& n : dead) {
        EXPECT_EQ(n.status, DeliveryStatus::dead);
        EXPECT_NE(n.id, under_way->rows.front().id);
        EXPECT_EQ(n.finished_at, at(hours(24)).wall);
    }
    EXPECT_FALSE(next_due(hours(24))) << "what is under way decides by itself";
    complete(under_way->rows.front(), kUnreachable, hours(25));
    EXPECT_EQ(next_due(hours(25)), Duration(hours(24))) << "overdue at once";
    EXPECT_EQ(outbox_.expire(at(hours(25))).size(), 1U);
    EXPECT_TRUE(outbox_.idle());
}

TEST_F(OutboxTest, ARestartedRowHasOnlyTheRestOfItsTime) {
    struct Case {
        const char* what;
        Duration age;      ///< by the wall clock when it is added
        Duration expires;  ///< after that
    };
    for (const Case& c : {Case{"half its time is over", hours(12), hours(12)},
                          Case{"all its time is over", hours(30), -hours(6)},
                          Case{"the clock was set back", -hours(5), hours(24)}}) {
        SCOPED_TRACE(c.what);
        Outbox outbox(policy_, rng_);
        Notification n = alert();
        const Now now = at(hours(100));
        n.created_at = now.wall - c.age;
        ASSERT_FALSE(outbox.restore(n, now));
        const auto claim = outbox.claim(now.mono);
        ASSERT_TRUE(claim);
        outbox.complete(claim->rows, kDeferred, "", now);
        const Now before{now.mono + c.expires - seconds(1), now.wall};
        const Now after{now.mono + c.expires, now.wall};
        EXPECT_EQ(outbox.expire(before).size(), 0U);
        EXPECT_EQ(outbox.expire(after).size(), 1U);
    }
}

TEST_F(OutboxTest, ANewRowHasAllOfItsTimeWhateverTheWallClockDoes) {
    Notification n = alert();
    const Now created = at(hours(100));
    n.created_at = created.wall;
    ASSERT_FALSE(outbox_.add(n, {created.mono, created.wall + hours(24 * 365)}));
    EXPECT_TRUE(outbox_.expire(at(hours(123))).empty());
    EXPECT_EQ(outbox_.expire(at(hours(124))).size(), 1U);
}

TEST_F(OutboxTest, AChangedExpiryMovesEveryRow) {
    add(alert());
    OutboxPolicy shorter = policy_;
    shorter.expiry = hours(1);
    outbox_.set_policy(shorter);
    EXPECT_TRUE(outbox_.expire(at(minutes(59))).empty());
    EXPECT_EQ(outbox_.expire(at(hours(1))).size(), 1U);
}

TEST_F(OutboxTest, KeepsOnlyWhoIsConfiguredExceptUnderWay) {
    add(alert(kAna));
    add(alert(kAna, kOther));
    const auto under_way = claim();
    ASSERT_TRUE(under_way);
    add(alert(kBob));
    const std::vector<Recipient> bob{kBob};
    const auto dead = outbox_.keep_only(bob, "not configured", at(seconds(1)));
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].recipient, kAna);
    EXPECT_EQ(dead[0].status, DeliveryStatus::dead);
    EXPECT_EQ(dead[0].last_error, "not configured");
    EXPECT_EQ(outbox_.pending(), 2U);
    EXPECT_EQ(complete(under_way->rows.front(), kAccepted).status, DeliveryStatus::delivered);
    EXPECT_EQ(claimed(), alert(kBob).id.str());
}

TEST_F(OutboxTest, ResetForgetsEveryWait) {
    add(alert(kAna));
    add(alert(kPager));
    const auto first = claim();
    const auto second = claim();
    ASSERT_TRUE(first && second);
    complete(first->rows.front(), first->rows.front().recipient == kAna ? kDeferred : kUnreachable);
    complete(second->rows.front(),
             second->rows.front().recipient == kAna ? kDeferred : kUnreachable);
    EXPECT_FALSE(claim(seconds(1)));
    outbox_.reset_waits(at(seconds(1)).mono);
    EXPECT_TRUE(claim(seconds(1)));
    EXPECT_TRUE(claim(seconds(1)));
}

TEST_F(OutboxTest, BeyondTheBoundARowIsADeadLetterAtOnce) {
    policy_.max_pending = 2;
    Outbox outbox(policy_, rng_);
    EXPECT_FALSE(outbox.add(alert(kAna), at({})));
    EXPECT_FALSE(outbox.add(alert(kBob), at({})));
    const auto dead = outbox.add(reminder(1), at(seconds(3)));
    ASSERT_TRUE(dead);
    EXPECT_EQ(dead->status, DeliveryStatus::dead);
    EXPECT_EQ(dead->finished_at, at(seconds(3)).wall);
    EXPECT_EQ(outbox.pending(), 2U);
}

TEST_F(OutboxTest, KnowsWhoStillWaitsForAReminder) {
    add(alert(kAna));
    add(reminder(1, kAna));
    add(alert(kBob));
    EXPECT_EQ(outbox_.reminder_pending(kOutage), std::vector<Recipient>{kAna});
    EXPECT_TRUE(outbox_.reminder_pending(kOther).empty());
    while (const auto c = claim()) complete(c->rows.front(), kAccepted);
    EXPECT_TRUE(outbox_.reminder_pending(kOutage).empty());
}

TEST_F(OutboxTest, NextDueIsTheEarliestThatCanBeDone) {
    EXPECT_FALSE(next_due());
    add(alert(), seconds(3));
    EXPECT_EQ(next_due(seconds(3)), Duration(seconds(3))) << "a new row: now";
    const auto c = claim(seconds(3));
    ASSERT_TRUE(c);
    EXPECT_FALSE(next_due(seconds(3))) << "all is under way";
    add(reminder(1), seconds(4));
    EXPECT_EQ(next_due(seconds(4)), Duration(hours(24) + seconds(4)))
        << "behind it: only the expiry";
    complete(c->rows.front(), kUnreachable, seconds(5));
    expect_next_due_about(seconds(10), seconds(5));
}

TEST_F(OutboxTest, KnowsForHowLongTheOldestHasWaited) {
    EXPECT_EQ(outbox_.oldest_wait(at(minutes(1)).mono), Duration::zero());
    add(alert(), minutes(1));
    add(alert(kBob), minutes(4));
    EXPECT_EQ(outbox_.oldest_wait(at(minutes(6)).mono), minutes(5));
}

TEST_F(OutboxTest, TheJitterIsWithinAFifth) {
    std::set<Duration> rests;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Rng rng(seed);
        Outbox outbox(policy_, rng);
        ASSERT_FALSE(outbox.add(alert(), at({})));
        const auto c = outbox.claim(at({}).mono);
        ASSERT_TRUE(c);
        outbox.complete(c->rows, kDeferred, "", at({}));
        const Duration rest = *outbox.next_due(at({}).mono) - at({}).mono;
        EXPECT_GE(rest, seconds(4));
        EXPECT_LE(rest, seconds(6));
        rests.insert(rest);
    }
    EXPECT_GT(rests.size(), 190U);
}

}  // namespace
}  // namespace vigia::core_test
