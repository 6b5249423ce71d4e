#include "core/decide.hpp"

#include "tests/unit/core/checks.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace vigia {
namespace {

using core_test::at;
using core_test::check;
using core_test::kCheckTime;
using core_test::kStart;
using core_test::monitor;
using core_test::policy;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Recipient kAna{"email", "ana@example.org"};
const Recipient kBob{"email", "bob@example.org"};
const Recipient kEve{"email", "eve@example.org"};

/// A monitor that is checked whenever the test says so.
struct Watch {
    Policy settings = policy(3, 2);
    std::vector<Recipient> configured{kAna, kBob};
    std::vector<Recipient> reminder_pending;
    std::string message_domain = "example.org";
    MonitorState state;
    std::optional<OpenIncident> open;

    Decision see(Outcome outcome, Duration when) { return see(check(outcome, when)); }

    Decision see(const CheckResult& result) {
        Decision d = decide(monitor(settings), state, open, result,
                            {configured, reminder_pending, message_domain});
        state = d.state;
        open = d.open;
        return d;
    }

    /// Confirmed down by checks at 0, 60 and 120 s.
    static Watch confirmed_down() {
        Watch watch;
        watch.see(Outcome::down, seconds(0));
        watch.see(Outcome::down, seconds(60));
        watch.see(Outcome::down, seconds(120));
        return watch;
    }
};

std::vector<Recipient> told(const Decision& d) {
    std::vector<Recipient> all;
    for (const Notification& n : d.notifications) all.push_back(n.recipient);
    return all;
}

void expect_nothing_new(const Decision& d) {
    EXPECT_FALSE(d.changed);
    EXPECT_FALSE(d.reminded);
    EXPECT_TRUE(d.notifications.empty());
}

TEST(Decide, AlertsEveryRecipientWhenTheThresholdConfirmsDown) {
    Watch watch;
    for (const int second : {0, 60}) {
        const Decision d = watch.see(Outcome::down, seconds(second));
        EXPECT_FALSE(d.open);
        expect_nothing_new(d);
    }
    const Decision d = watch.see(Outcome::down, seconds(120));
    EXPECT_EQ(d.transition, Transition::confirmed_down);
    EXPECT_FALSE(d.reminded);
    ASSERT_TRUE(d.open);
    EXPECT_EQ(d.changed, d.open->incident);
    EXPECT_EQ(d.open->incident.started_at, kStart);
    EXPECT_EQ(d.open->incident.recipients, watch.configured);
    EXPECT_EQ(told(d), watch.configured);
    for (const Notification& n : d.notifications) {
        EXPECT_EQ(n.kind, NotificationKind::alert);
        EXPECT_EQ(n.seq, 0U);
        EXPECT_EQ(n.status, DeliveryStatus::pending);
        EXPECT_EQ(n.attempts, 0U);
        EXPECT_FALSE(n.merged_alert);
        EXPECT_EQ(n.created_at, at(seconds(120) + kCheckTime).wall);
        EXPECT_EQ(n.id, make_notification_id(d.open->incident.id, n.kind, 0, n.recipient));
        EXPECT_EQ(n.announcement, d.notifications.front().announcement);
    }
}

TEST(Decide, TellsInTheAlertWhatFailedSinceWhen) {
    Watch watch;
    watch.settings = policy(2, 2);
    watch.see(Outcome::down, seconds(0));
    const Decision d = watch.see(Outcome::down, seconds(60));
    ASSERT_FALSE(d.notifications.empty());
    const Announcement& a = *d.notifications.front().announcement;
    EXPECT_EQ(a.monitor.str(), "site-web-uno");
    EXPECT_EQ(a.monitor_name, "Web uno");
    EXPECT_EQ(a.category, MonitorCategory::website);
    EXPECT_EQ(a.incident, d.open->incident.id);
    EXPECT_EQ(a.started_at, kStart);
    EXPECT_EQ(a.confirmed_at, at(seconds(60) + kCheckTime).wall);
    EXPECT_FALSE(a.recovered_at);
    EXPECT_EQ(a.down_for, seconds(60) + kCheckTime);
    EXPECT_EQ(a.reason.value, 503);
    EXPECT_EQ(a.evidence, "out of order");
    EXPECT_EQ(a.timings.total, milliseconds(20));
}

TEST(Decide, OpensAtTheFirstFailureWithThresholdOne) {
    Watch watch;
    watch.settings = policy(1, 1);
    const Decision down = watch.see(Outcome::down, seconds(0));
    EXPECT_EQ(down.transition, Transition::confirmed_down);
    EXPECT_EQ(down.notifications.size(), 2U);
    const Decision up = watch.see(Outcome::up, seconds(60));
    EXPECT_EQ(up.transition, Transition::recovered);
    EXPECT_EQ(up.notifications.size(), 2U);
    EXPECT_FALSE(up.open);
    // The next outage is another incident.
    const Decision again = watch.see(Outcome::down, seconds(120));
    ASSERT_TRUE(again.open);
    EXPECT_NE(again.open->incident.id, down.open->incident.id);
}

TEST(Decide, AnnouncesNoBlipAndNoConfirmationOfUp) {
    Watch watch;
    for (const Outcome seen : {Outcome::up, Outcome::down, Outcome::down, Outcome::degraded,
                               Outcome::up, Outcome::down, Outcome::up}) {
        const Decision d = watch.see(seen, seconds(0));
        EXPECT_FALSE(d.open);
        expect_nothing_new(d);
    }
}

TEST(Decide, TellsTheRecoveryWithTheReasonOfTheOutageAndTheTimingsOfTheGoodProbe) {
    Watch watch = Watch::confirmed_down();
    const Incident outage = watch.open->incident;
    Decision d = watch.see(Outcome::up, seconds(180));
    EXPECT_EQ(d.transition, Transition::none);
    EXPECT_TRUE(d.open);
    expect_nothing_new(d);

    d = watch.see(Outcome::degraded, seconds(240));
    EXPECT_EQ(d.transition, Transition::recovered);
    EXPECT_EQ(d.state.health, Health::degraded);
    EXPECT_FALSE(d.open);
    ASSERT_TRUE(d.changed);
    EXPECT_EQ(d.changed->id, outage.id);
    EXPECT_EQ(d.changed->ended_at, at(seconds(240) + kCheckTime).wall);
    EXPECT_EQ(d.changed->end_reason, EndReason::resolved);
    ASSERT_EQ(told(d), (std::vector{kAna, kBob}));
    const Notification& n = d.notifications.front();
    EXPECT_EQ(n.kind, NotificationKind::recovery);
    EXPECT_EQ(n.id, make_notification_id(outage.id, NotificationKind::recovery, 0, kAna));
    const Announcement& a = *n.announcement;
    EXPECT_EQ(a.started_at, outage.started_at);
    EXPECT_EQ(a.confirmed_at, outage.confirmed_at);
    EXPECT_EQ(a.recovered_at, d.changed->ended_at);
    EXPECT_EQ(a.down_for, seconds(240) + kCheckTime);
    EXPECT_EQ(a.reason, outage.reason);
    EXPECT_EQ(a.evidence, outage.evidence);
    EXPECT_EQ(a.timings.total, milliseconds(7));
}

TEST(Decide, TellsTheRecoveryToThoseWhoWereDueTheAlertWhoeverIsConfiguredByThen) {
    Watch watch = Watch::confirmed_down();
    watch.configured = {kEve};
    watch.see(Outcome::up, seconds(180));
    const Decision d = watch.see(Outcome::up, seconds(240));
    EXPECT_EQ(told(d), (std::vector{kAna, kBob}));
}

TEST(Decide, RemindsAtAFailedCheckOnceTheIntervalHasPassed) {
    Watch watch = Watch::confirmed_down();
    EXPECT_FALSE(watch.see(Outcome::down, minutes(2) + minutes(19)).reminded);
    EXPECT_FALSE(watch.see(Outcome::up, minutes(2) + minutes(20)).reminded);
    EXPECT_FALSE(watch.see(Outcome::unknown, minutes(2) + minutes(21)).reminded);

    CheckResult failed = check(Outcome::down, minutes(30));
    failed.probe.reason = {Phase::connect, ReasonCode::timeout, 0, ""};
    failed.probe.evidence.clear();
    const Decision d = watch.see(failed);
    EXPECT_TRUE(d.reminded);
    EXPECT_EQ(d.transition, Transition::none);
    ASSERT_EQ(told(d), (std::vector{kAna, kBob}));
    EXPECT_EQ(d.notifications.front().kind, NotificationKind::reminder);
    EXPECT_EQ(d.notifications.front().seq, 1U);
    const Announcement& a = *d.notifications.front().announcement;
    EXPECT_EQ(a.reason.code, ReasonCode::timeout);
    EXPECT_EQ(a.evidence, "");
    EXPECT_EQ(a.down_for, minutes(30) + kCheckTime);
    EXPECT_EQ(a.confirmed_at, d.open->incident.confirmed_at);
    EXPECT_EQ(d.changed, d.open->incident);
    EXPECT_EQ(d.changed->reason.value, 503);  // the incident keeps what confirmed it
    EXPECT_EQ(d.changed->last_announced, failed.finished.wall);
    EXPECT_EQ(d.open->announced_mono, failed.finished.mono);
    EXPECT_EQ(d.changed->reminders, 1U);

    expect_nothing_new(watch.see(Outcome::down, minutes(49)));
    const Decision second = watch.see(Outcome::down, minutes(50));
    EXPECT_TRUE(second.reminded);
    EXPECT_EQ(second.notifications.front().seq, 2U);
}

TEST(Decide, RemindsOnlyWhoHasNoReminderWaiting) {
    Watch watch = Watch::confirmed_down();
    watch.reminder_pending = {kAna};
    const Decision some = watch.see(Outcome::down, minutes(30));
    EXPECT_TRUE(some.reminded);
    EXPECT_EQ(told(some), (std::vector{kBob}));
    EXPECT_EQ(some.open->incident.reminders, 1U);

    watch.reminder_pending = {kBob, kAna};
    const Decision none = watch.see(Outcome::down, minutes(60));
    EXPECT_TRUE(none.reminded);  // the log says so all the same
    EXPECT_TRUE(none.notifications.empty());
    EXPECT_EQ(none.open->incident.reminders, 1U);
    EXPECT_EQ(none.changed->last_announced, at(minutes(60) + kCheckTime).wall);
    expect_nothing_new(watch.see(Outcome::down, minutes(61)));

    watch.reminder_pending.clear();
    const Decision all = watch.see(Outcome::down, minutes(90));
    EXPECT_EQ(told(all), (std::vector{kAna, kBob}));
    EXPECT_EQ(all.notifications.front().seq, 2U);
}

TEST(Decide, RemindsWhoeverIsConfiguredAndTellsThemTheRecoveryToo) {
    Watch watch = Watch::confirmed_down();
    watch.configured = {kBob, kEve};  // ana's address was wrong and became eve's
    const Decision reminder = watch.see(Outcome::down, minutes(30));
    EXPECT_EQ(told(reminder), (std::vector{kBob, kEve}));
    watch.see(Outcome::up, minutes(31));
    const Decision recovery = watch.see(Outcome::up, minutes(32));
    EXPECT_EQ(told(recovery), (std::vector{kAna, kBob, kEve}));
}

TEST(Decide, NeverRemindsWhenRemindersAreOff) {
    Watch watch = Watch::confirmed_down();
    watch.settings.alert_repeat_interval = Duration::zero();
    for (int hour = 1; hour < 100; ++hour) {
        expect_nothing_new(watch.see(Outcome::down, hours(hour)));
    }
}

TEST(Decide, OpensAndClosesAnIncidentThatNobodyIsToldOf) {
    Watch watch;
    watch.configured.clear();
    for (const int second : {0, 60}) watch.see(Outcome::down, seconds(second));
    Decision d = watch.see(Outcome::down, seconds(120));
    EXPECT_TRUE(d.open);
    EXPECT_TRUE(d.changed);
    EXPECT_TRUE(d.notifications.empty());
    d = watch.see(Outcome::down, minutes(30));
    EXPECT_TRUE(d.reminded);
    EXPECT_TRUE(d.notifications.empty());
    watch.see(Outcome::up, minutes(31));
    d = watch.see(Outcome::up, minutes(32));
    EXPECT_TRUE(d.changed);
    EXPECT_TRUE(d.notifications.empty());
}

TEST(Decide, ChangesNothingForUnknown) {
    Watch watch = Watch::confirmed_down();
    const MonitorState state = watch.state;
    const OpenIncident open = *watch.open;
    const Decision d = watch.see(Outcome::unknown, hours(5));
    EXPECT_EQ(d.transition, Transition::none);
    EXPECT_EQ(d.state, state);
    ASSERT_TRUE(d.open);
    EXPECT_EQ(d.open->incident, open.incident);
    EXPECT_EQ(d.open->announced_mono, open.announced_mono);
    EXPECT_EQ(d.open->started_mono, open.started_mono);
    expect_nothing_new(d);
}

TEST(Decide, OpensAnIncidentForADownStateThatHasNone) {
    for (const Outcome first : {Outcome::unknown, Outcome::up}) {
        Watch watch;
        watch.state.health = Health::down;
        watch.state.bad_streak = 9;
        watch.state.first_failure = at(seconds(-600));
        expect_nothing_new(watch.see(first, seconds(0)));
        const Decision d = watch.see(Outcome::down, seconds(60));
        EXPECT_EQ(d.transition, Transition::confirmed_down);
        ASSERT_TRUE(d.open);
        EXPECT_EQ(told(d), (std::vector{kAna, kBob}));
        const Duration started = first == Outcome::up ? seconds(60) : seconds(-600);
        EXPECT_EQ(d.open->incident.started_at, at(started).wall);
    }
}

TEST(Decide, RecoversQuietlyFromADownStateThatHasNoIncident) {
    Watch watch;
    watch.state.health = Health::down;
    watch.see(Outcome::up, seconds(0));
    const Decision d = watch.see(Outcome::up, seconds(60));
    EXPECT_EQ(d.transition, Transition::recovered);
    EXPECT_FALSE(d.open);
    expect_nothing_new(d);
}

TEST(Decide, EndsAnIncidentWhoseStateWasLostByARecovery) {
    Watch watch = Watch::confirmed_down();
    watch.state = MonitorState{};
    EXPECT_EQ(watch.see(Outcome::unknown, seconds(180)).state, MonitorState{});
    Decision d = watch.see(Outcome::down, seconds(240));
    EXPECT_EQ(d.transition, Transition::none);  // no second incident
    EXPECT_EQ(d.state.health, Health::down);
    expect_nothing_new(d);
    EXPECT_EQ(watch.see(Outcome::up, seconds(300)).transition, Transition::none);
    d = watch.see(Outcome::up, seconds(360));
    EXPECT_EQ(d.transition, Transition::recovered);
    EXPECT_EQ(told(d), (std::vector{kAna, kBob}));
    EXPECT_FALSE(d.open);
}

TEST(Decide, CountsNoNegativeTimeForALateResult) {
    Watch watch = Watch::confirmed_down();
    // It ended before what is already known, as after a step of the clocks of another process.
    const Decision reminder = watch.see(Outcome::down, -hours(1));
    expect_nothing_new(reminder);
    watch.settings = policy(3, 1);
    const Decision recovery = watch.see(Outcome::up, -hours(1));
    ASSERT_TRUE(recovery.changed);
    EXPECT_EQ(recovery.changed->ended_at, recovery.changed->confirmed_at);
    EXPECT_EQ(recovery.notifications.front().announcement->down_for, Duration::zero());
}

TEST(Decide, MeasuresTheOutageOnTheMonotonicClock) {
    Watch watch = Watch::confirmed_down();
    watch.settings = policy(3, 1);
    CheckResult good = check(Outcome::up, minutes(10));
    good.finished.wall += hours(9);
    const Decision d = watch.see(good);
    EXPECT_EQ(d.notifications.front().announcement->down_for, minutes(10) + kCheckTime);
    EXPECT_EQ(d.changed->ended_at, good.finished.wall);
}

TEST(Decide, RetiresWithoutAWord) {
    const Watch watch = Watch::confirmed_down();
    const Incident row = retire(*watch.open, kStart + minutes(5));
    EXPECT_EQ(row.id, watch.open->incident.id);
    EXPECT_EQ(row.ended_at, kStart + minutes(5));
    EXPECT_EQ(row.end_reason, EndReason::retired);
}

TEST(Decide, TheMessagesOfAnIncidentKeepTheDomainOfItsBeginning) {
    Watch watch = Watch::confirmed_down();
    watch.message_domain = "elsewhere.example";
    const Decision reminded = watch.see(Outcome::down, hours(10));
    ASSERT_FALSE(reminded.notifications.empty());
    EXPECT_EQ(reminded.notifications[0].announcement->message_domain, "example.org");
    watch.see(Outcome::up, hours(10) + seconds(60));
    const Decision told_recovery = watch.see(Outcome::up, hours(10) + seconds(120));
    ASSERT_FALSE(told_recovery.notifications.empty());
    EXPECT_EQ(told_recovery.notifications[0].announcement->message_domain, "example.org");
}

}  // namespace
}  // namespace vigia
