// What a store's file lets go of, and when.

#include "tests/contract/history_fixture.hpp"

#include <fmt/format.h>

namespace vigia {
namespace {

class SqliteRetentionTest : public test::HistoryTest {
protected:
    static constexpr Duration kDays = hours(24);

    void checks(const std::string& monitor, Duration from, Duration to, Duration step) {
        for (Duration t = from; t < to; t += step) check(monitor, t, Outcome::up);
    }
    std::int64_t slots(Tier tier) {
        return count(fmt::format("rollup WHERE length = {}", length_of(tier) / seconds(1)));
    }
    Incident incident(const std::string& name, Duration confirmed, std::optional<Duration> ended) {
        Incident i;
        i.id = IncidentId(name);
        i.monitor = id("m");
        i.confirmed_at = at(confirmed);
        if (ended) i.ended_at = at(*ended);
        i.recipients = {{"email", "ana@example.org"}};
        return i;
    }
    Notification notification(const std::string& incident, std::optional<Duration> finished) {
        auto what = std::make_shared<Announcement>();
        what->incident = IncidentId(incident);
        what->monitor = id("m");
        Notification n;
        n.kind = NotificationKind::alert;
        n.recipient = {"email", "ana@example.org"};
        n.id = make_notification_id(what->incident, n.kind, 0, n.recipient);
        n.announcement = what;
        n.status = finished ? DeliveryStatus::delivered : DeliveryStatus::pending;
        if (finished) n.finished_at = at(*finished);
        return n;
    }
};

TEST_F(SqliteRetentionTest, EachTierIsKeptAsLongAsItIsToBe) {
    retention_.five_minutes = kDays;
    retention_.hours = 3 * kDays;
    retention_.days = 10 * kDays;
    checks("m", {}, 20 * kDays, minutes(10));
    settle(50);
    EXPECT_NEAR(static_cast<double>(slots(Tier::five_minutes)), 24 * 6, 12);
    EXPECT_NEAR(static_cast<double>(slots(Tier::hour)), 3 * 24, 2);
    EXPECT_NEAR(static_cast<double>(slots(Tier::day)), 10, 1);
}

TEST_F(SqliteRetentionTest, WhatIsDeletedMakesRoomForWhatComes) {
    retention_ = {kDays, kDays, kDays, kDays, kDays};
    checks("m", {}, 10 * kDays, minutes(5));
    settle(50);
    const std::int64_t pages = sqlite::Database(path_).integer("PRAGMA page_count");
    checks("m", 10 * kDays, 30 * kDays, minutes(5));
    EXPECT_LE(sqlite::Database(path_).integer("PRAGMA page_count"), pages * 5 / 4);
}

TEST_F(SqliteRetentionTest, AClockThatIsWrongForAWhileCostsLittle) {
    checks("m", {}, 30 * kDays, hours(1));
    settle(50);
    const std::int64_t before = slots(Tier::hour);
    checks("m", hours(24 * 10'000), hours(24 * 10'000) + minutes(30), minutes(1));
    settle(50);
    checks("m", 30 * kDays, 30 * kDays + hours(2), minutes(1));
    settle(50);
    EXPECT_GE(slots(Tier::hour), before);
    checks("m", -at({}).time_since_epoch(), -at({}).time_since_epoch() + hours(1), minutes(1));
    settle(50);
    checks("m", 30 * kDays + hours(2), 30 * kDays + hours(4), minutes(1));
    settle(50);
    EXPECT_GE(slots(Tier::hour), before);
}

TEST_F(SqliteRetentionTest, IncidentsGoWithAllTheirsAndNeverWhileTheyAreOpen) {
    retention_.incidents = kDays;
    retention_.notifications = 300 * kDays;
    Batch batch;
    for (int i = 0; i < 100; ++i) {
        const std::string name = fmt::format("old-{}", i);
        batch.incidents.push_back(incident(name, {}, hours(1)));
        batch.notifications.push_back(notification(name, hours(1)));
    }
    batch.incidents.push_back(incident("open", {}, {}));
    batch.incidents.push_back(incident("told-late", {}, hours(1)));
    batch.notifications.push_back(notification("told-late", {}));
    batch.incidents.push_back(incident("young", {}, 9 * kDays));
    batch.notifications.push_back(notification("young", 9 * kDays));
    commit(batch);
    checks("m", {}, 9 * kDays + hours(12), hours(1));
    settle(50);
    EXPECT_EQ(count("incident"), 3);
    EXPECT_EQ(count("incident_recipient"), 3);
    EXPECT_EQ(count("announcement"), 2);
    EXPECT_EQ(count("notification"), 2);
    EXPECT_EQ(file().load()->open_incidents.size(), 1U);
    EXPECT_EQ(file().load()->pending.size(), 1U);
}

TEST_F(SqliteRetentionTest, NotificationsGoByThemselvesAndNeverWhileTheyArePending) {
    retention_.notifications = kDays;
    Batch batch;
    batch.incidents.push_back(incident("known", {}, hours(1)));
    batch.notifications.push_back(notification("known", hours(1)));
    batch.notifications.push_back(notification("of-no-incident", hours(1)));
    batch.notifications.push_back(notification("waiting", {}));
    commit(batch);
    checks("m", {}, 3 * kDays, hours(1));
    settle(50);
    EXPECT_EQ(count("notification"), 1);
    EXPECT_EQ(count("announcement"), 2) << "the incident has its own";
    EXPECT_EQ(count("incident"), 1);
    EXPECT_EQ(file().load()->pending.size(), 1U);
}

TEST_F(SqliteRetentionTest, SpansGoAndWithThemAMonitorThatNobodyKnowsAnyMore) {
    retention_.five_minutes = retention_.hours = retention_.days = 5 * kDays;
    check("gone", {}, Outcome::up, Health::up);
    check("gone", minutes(1), Outcome::up);
    check("m", minutes(1), Outcome::down, Health::down);
    check("m", minutes(2), Outcome::up, Health::up);
    Batch forgotten;
    forgotten.states.push_back({id("gone"), MonitorState{}});
    commit(forgotten);
    EXPECT_EQ(count("span"), 2);
    checks("m", minutes(3), 8 * kDays, minutes(2));
    settle(50);
    EXPECT_EQ(count("span"), 0);
    EXPECT_EQ(count("monitor"), 1);
    EXPECT_EQ(count("recent"), 1);
    check("gone", 8 * kDays, Outcome::up, Health::up);
    EXPECT_EQ(count("monitor"), 2);
    EXPECT_EQ(history()->recent(id("gone"))->size(), 1U);
    EXPECT_EQ(history()->uptime(id("m"), range({}, 8 * kDays))->share(), 1.0);
}

TEST_F(SqliteRetentionTest, IsDoneInBites) {
    retention_.five_minutes = kDays;
    Batch batch;
    for (int m = 0; m < 3000; ++m) {
        batch.results.push_back(result(fmt::format("m{}", m), {}, Outcome::up));
    }
    commit(batch);
    check("m", minutes(5), Outcome::up);
    settle();
    for (int day = 1; day < 5; ++day) check("m", day * kDays, Outcome::up);
    std::int64_t before = slots(Tier::five_minutes);
    int bites = 0;
    for (; before > 10 && bites < 100; ++bites) {
        settle(1);
        const std::int64_t now = slots(Tier::five_minutes);
        EXPECT_LE(before - now, 600);
        before = now;
    }
    EXPECT_GE(bites, 5);
    EXPECT_LT(bites, 100);
}

}  // namespace
}  // namespace vigia
