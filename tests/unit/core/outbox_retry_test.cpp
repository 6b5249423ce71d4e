// Dead letters that were made pending again by hand.

#include "tests/unit/core/outbox_fixture.hpp"

#include <gtest/gtest.h>

namespace vigia::core_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// Made at 0, retried at `when`.
Notification retried(Notification n, Duration when = hours(100)) {
    n.retried_at = at(when).wall;
    return n;
}

class RetryTest : public OutboxTest {
protected:
    void take_up(Notification n, Duration when = hours(100)) {
        EXPECT_FALSE(outbox_.restore(std::move(n), at(when)));
    }
};

TEST_F(RetryTest, ExpiryCountsFromTheRetry) {
    take_up(retried(alert()));
    EXPECT_TRUE(outbox_.expire(at(hours(123))).empty());
    EXPECT_EQ(outbox_.oldest_wait(at(hours(123)).mono), hours(23));
    EXPECT_EQ(outbox_.expire(at(hours(124))).size(), 1U);
}

TEST_F(RetryTest, AfterARestartTheRetryIsAsOldAsTheWallClockSays) {
    take_up(retried(alert(), hours(100)), hours(110));
    EXPECT_TRUE(outbox_.expire(at(hours(123))).empty());
    EXPECT_EQ(outbox_.expire(at(hours(124))).size(), 1U);
}

TEST_F(RetryTest, TheSameIdGoesOutAgain) {
    add(alert());
    EXPECT_EQ(send(kRefused).status, DeliveryStatus::dead);
    take_up(retried(alert()));
    EXPECT_EQ(claimed(hours(100)), alert().id.str());
}

TEST_F(RetryTest, OfOneIncidentTheLastSaysItAll) {
    take_up(retried(alert()));
    take_up(retried(reminder(1)));
    take_up(retried(reminder(2)));
    const auto c = claim(hours(100));
    ASSERT_TRUE(c);
    ASSERT_EQ(c->rows.size(), 1U);
    EXPECT_EQ(c->rows[0].id, reminder(2).id);
    EXPECT_FALSE(c->rows[0].merged_alert) << "it is no recovery";
    ASSERT_EQ(c->changed.size(), 3U);
    for (const std::size_t i : {0U, 1U}) {
        EXPECT_EQ(c->changed[i].status, DeliveryStatus::merged);
        EXPECT_EQ(c->changed[i].finished_at, at(hours(100)).wall);
    }
    complete(c->rows[0], kAccepted, hours(100));
    EXPECT_TRUE(outbox_.idle());
}

TEST_F(RetryTest, ARecoveryThatIsRetriedTellsItsAlert) {
    take_up(retried(alert()));
    take_up(retried(recovery()));
    const auto c = claim(hours(100));
    ASSERT_TRUE(c);
    EXPECT_EQ(c->rows[0].id, recovery().id);
    EXPECT_TRUE(c->rows[0].merged_alert);
}

TEST_F(RetryTest, AnAlertWaitsForTheMessageOfItsIncidentUnderWay) {
    add(recovery());
    const auto under_way = claim();
    ASSERT_TRUE(under_way);
    take_up(retried(alert()));
    EXPECT_EQ(claimed(hours(100)), "");
    complete(under_way->rows[0], kAccepted, hours(100));
    EXPECT_EQ(claimed(hours(100)), alert().id.str());
}

TEST_F(RetryTest, ManyGoInADigestAtOnce) {
    for (int i = 0; i < 6; ++i) {
        take_up(retried(alert(kAna, IncidentId("site-" + std::to_string(i)))));
    }
    const auto c = claim(hours(100));
    ASSERT_TRUE(c);
    EXPECT_EQ(c->rows.size(), 6U);
}

}  // namespace
}  // namespace vigia::core_test
