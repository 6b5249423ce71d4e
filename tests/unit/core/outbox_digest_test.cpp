#include "tests/unit/core/outbox_fixture.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace vigia::core_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// An outbox in which six incidents wait for Ana, and one for Bob.
class DigestTest : public OutboxTest {
protected:
    static constexpr int kIncidents = 6;

    static IncidentId incident(int number) { return IncidentId("site-" + std::to_string(number)); }
    void fill() {
        for (int i = 0; i < kIncidents; ++i) add(alert(kAna, incident(i)));
        add(alert(kBob, incident(0)));
    }
    /// Everything else sent, the claim that holds more than one row.
    Outbox::Claim digest(Duration when) {
        while (auto c = claim(when)) {
            if (!c->rows.front().digest.empty()) return *std::move(c);
            complete(c->rows, kAccepted, when);
        }
        ADD_FAILURE() << "no digest";
        return {};
    }
    static std::set<std::string> ids(const std::vector<Notification>& rows) {
        std::set<std::string> result;
        for (const Notification& row : rows) result.insert(row.id.str());
        return result;
    }
};

TEST_F(DigestTest, WhatHasWaitedForOneRecipientGoesInOneMessage) {
    fill();
    const Outbox::Claim c = digest(minutes(2));
    EXPECT_EQ(c.rows.size(), 6U);
    EXPECT_EQ(ids(c.rows), ids(c.changed)) << "what is in it is committed first";
    for (const Notification& row : c.rows) {
        EXPECT_EQ(row.recipient, kAna);
        EXPECT_EQ(row.digest, digest_id(c.rows).str());
        EXPECT_EQ(row.attempts, 1U);
    }
    EXPECT_EQ(outbox_.in_flight(), 1U) << "it is one message of the channel's";
    for (const Notification& row : complete(c.rows, kAccepted, minutes(2))) {
        EXPECT_EQ(row.status, DeliveryStatus::delivered);
    }
    while (claim(minutes(2))) {
    }
    EXPECT_LE(outbox_.pending(), 1U) << "only Bob's";
}

TEST_F(DigestTest, WhatIsNewOrFewGoesByItself) {
    for (int i = 0; i < kIncidents; ++i) {
        add(alert(kAna, incident(i)), i == 0 ? Duration(minutes(2)) : Duration{});
    }
    int messages = 0;
    while (const auto c = claim(minutes(2))) {
        EXPECT_EQ(c->rows.size(), 1U);
        EXPECT_EQ(c->rows.front().digest, "");
        complete(c->rows, kAccepted, minutes(2));
        ++messages;
    }
    EXPECT_EQ(messages, kIncidents) << "five have waited, which is not more than five";
}

TEST_F(DigestTest, HoldsAtMostSoMany) {
    policy_.max_in_digest = 4;
    policy_.digest_over = 3;
    outbox_.set_policy(policy_);
    fill();
    EXPECT_EQ(digest(minutes(2)).rows.size(), 4U);
}

TEST_F(DigestTest, TellsARecoveryInThePlaceOfItsAlert) {
    fill();
    add(row(NotificationKind::reminder, 1, kAna, incident(1)));
    add(row(NotificationKind::recovery, 0, kAna, incident(2)));
    const Outbox::Claim c = digest(minutes(2));
    EXPECT_EQ(c.rows.size(), 7U) << "alert and reminder of one, the recovery of another";
    const auto merged = std::ranges::find(c.rows, NotificationKind::recovery, &Notification::kind);
    ASSERT_NE(merged, c.rows.end());
    EXPECT_TRUE(merged->merged_alert);
    complete(c.rows, kAccepted, minutes(2));
    EXPECT_LE(outbox_.pending(), 1U);
}

TEST_F(DigestTest, ARecoveryHasWaitedSinceTheAlertWhosePlaceItTook) {
    const Duration later = minutes(10) + seconds(20);
    std::vector<Notification> left;
    for (int i = 1; i < kIncidents; ++i) {
        add(alert(kAna, incident(i)));
        add(row(NotificationKind::recovery, 0, kAna, incident(i)), minutes(10));
        const auto c = claim(minutes(10));
        ASSERT_TRUE(c);
        left.push_back(complete(c->rows.front(), kDeferred, minutes(10)));
    }
    add(alert(kAna, incident(0)));
    EXPECT_EQ(digest(later).rows.size(), 6U);

    Outbox next(policy_, rng_);
    ASSERT_FALSE(next.restore(alert(kAna, incident(0)), at(later)));
    for (Notification& n : left) {
        ASSERT_TRUE(n.merged_alert);
        auto told = std::make_shared<Announcement>(*n.announcement);
        told->confirmed_at = at({}).wall;
        n.announcement = std::move(told);
        n.created_at = at(minutes(10)).wall;
        ASSERT_FALSE(next.restore(n, at(later)));
    }
    const auto again = next.claim(at(later).mono);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->rows.size(), 6U) << "after a restart, too";
}

TEST_F(DigestTest, IsTakenApartWhenTheServerHasNotTakenIt) {
    fill();
    const Outbox::Claim c = digest(minutes(2));
    for (const Notification& row : complete(c.rows, kUnreachable, minutes(2))) {
        EXPECT_EQ(row.status, DeliveryStatus::pending);
        EXPECT_EQ(row.digest, "");
        EXPECT_EQ(row.last_error, "why");
    }
    add(row(NotificationKind::recovery, 0, kAna, incident(2)), minutes(3));
    const Outbox::Claim again = digest(minutes(5));
    EXPECT_EQ(again.rows.size(), 6U);
    EXPECT_NE(again.rows.front().digest, c.rows.front().digest) << "it says something else";
}

TEST_F(DigestTest, ThatMayHaveBeenTakenIsRepeatedAsItWas) {
    fill();
    const Outbox::Claim c = digest(minutes(2));
    DeliveryOutcome lost = kUnreachable;
    lost.phase = DeliveryPhase::acknowledgement;
    const std::vector<Notification> left = complete(c.rows, lost, minutes(2));
    EXPECT_EQ(left.front().digest, c.rows.front().digest);
    add(row(NotificationKind::recovery, 0, kAna, incident(2)), minutes(3));
    add(alert(kAna, IncidentId("site-late")), minutes(2));

    const Outbox::Claim again = digest(minutes(5));
    EXPECT_EQ(ids(again.rows), ids(c.rows));
    EXPECT_EQ(again.rows.front().digest, c.rows.front().digest);
    EXPECT_TRUE(again.changed.empty());
    complete(again.rows, kAccepted, minutes(5));
    std::set<std::string> rest;
    while (const auto next = claim(minutes(5))) {
        rest.insert(next->rows.front().id.str());
        EXPECT_FALSE(next->rows.front().merged_alert) << "the digest told the alert";
    }
    EXPECT_TRUE(rest.contains(row(NotificationKind::recovery, 0, kAna, incident(2)).id.str()));
}

TEST_F(DigestTest, SurvivesARestartEvenIfSomeOfItDoesNot) {
    fill();
    const Outbox::Claim c = digest(minutes(2));
    Outbox next(policy_, rng_);
    for (std::size_t i = 1; i < c.rows.size(); ++i) {
        ASSERT_FALSE(next.restore(c.rows[i], at(minutes(3))));
    }
    const auto again = next.claim(at(minutes(3)).mono);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->rows.size(), 5U);
    EXPECT_EQ(again->rows.front().digest, c.rows.front().digest);
    EXPECT_TRUE(again->changed.empty());
}

TEST_F(DigestTest, ThatCannotBeCommittedIsSentRowByRow) {
    fill();
    const Outbox::Claim c = digest(minutes(2));
    for (const Notification& row : outbox_.disband(c.rows, at(minutes(2)).mono)) {
        EXPECT_EQ(row.digest, "");
        EXPECT_EQ(row.attempts, 0U);
    }
    std::set<std::string> sent;
    while (const auto next = claim(minutes(2))) {
        EXPECT_EQ(next->rows.size(), 1U);
        sent.insert(next->rows.front().id.str());
        complete(next->rows, kAccepted, minutes(2));
    }
    for (const Notification& row : c.rows) EXPECT_TRUE(sent.contains(row.id.str()));
}

TEST_F(DigestTest, ThatIsRefusedIsSentRowByRow) {
    fill();
    const Outbox::Claim c = digest(minutes(2));
    for (const Notification& row : complete(c.rows, kRefused, minutes(2))) {
        EXPECT_EQ(row.status, DeliveryStatus::pending);
        EXPECT_EQ(row.digest, "");
    }
    std::size_t messages = 0;
    while (const auto next = claim(minutes(3))) {
        EXPECT_EQ(next->rows.size(), 1U);
        complete(next->rows, kAccepted, minutes(3));
        ++messages;
    }
    EXPECT_GE(messages, 6U);
}

}  // namespace
}  // namespace vigia::core_test
