// tidy: allow(size-file) one suite for all checkers, a planted violation each
// The checkers must fire: each is fed a good history, which it passes, and then the same with one
// planted mistake.
#include "sim/checkers/bounds.hpp"
#include "sim/checkers/committed_view.hpp"
#include "sim/checkers/confirmation.hpp"
#include "sim/checkers/convergence.hpp"
#include "sim/checkers/crash.hpp"
#include "sim/checkers/delivery.hpp"
#include "sim/checkers/incident_book.hpp"
#include "sim/checkers/retired_silence.hpp"
#include "sim/checkers/rhythm.hpp"

#include <gtest/gtest.h>
#include <map>
#include <string>

namespace vigia::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const MonitorId kWeb("site-web");
const Recipient kAna{"email", "ana@people.sim"};
constexpr WallTime kZero{seconds(1'734'603'323)};

Moment at(Duration elapsed) {
    return {elapsed, {MonoTime(hours(9) + elapsed), kZero + elapsed}};
}

Config config(bool watched = true) {
    Config c;
    Monitor monitor;
    monitor.id = kWeb;
    monitor.policy.check_interval = seconds(60);
    monitor.policy.retry_attempts = 1;
    monitor.policy.alert_threshold = 2;
    monitor.policy.recovery_threshold = 2;
    monitor.enabled = watched;
    c.monitors.push_back(std::make_shared<Monitor>(monitor));
    c.email.emplace();
    c.email->sender = "vigia@watch.sim";
    c.email->recipients = {kAna.address};
    return c;
}

Incident incident(Duration started, Duration confirmed) {
    Incident i;
    i.id = IncidentId("site-web-" + std::to_string(confirmed.count()));
    i.monitor = kWeb;
    i.started_at = at(started).now.wall;
    i.confirmed_at = i.last_announced = at(confirmed).now.wall;
    i.recipients = {kAna};
    return i;
}

Notification letter(const Incident& of, NotificationKind kind = NotificationKind::alert) {
    auto what = std::make_shared<Announcement>();
    what->incident = of.id;
    what->monitor = kWeb;
    Notification n;
    n.id = make_notification_id(of.id, kind, 0, kAna);
    n.kind = kind;
    n.recipient = kAna;
    n.announcement = what;
    n.created_at = of.confirmed_at;
    return n;
}

/// One checker and a history to feed it, with short words for what usually happens.
template <class Checker>
class History {
public:
    explicit History(bool start = true) {
        if (start) checker.starting(at({}), config(), {});
    }
    /// A check of one probe that begins at `when`, its result committed at once with `more`.
    void check(Duration when, Sight sight, Batch more = {}) {
        checker.probe_started(at(when), kWeb);
        checker.probe_ended(at(when + seconds(1)), kWeb, sight);
        more.results.push_back({kWeb, at(when + seconds(1)).now.wall, Outcome::unknown, {}, {}});
        checker.committed(at(when + seconds(1)), more);
    }
    void commit(Duration when, const Incident& i) {
        Batch batch;
        batch.incidents.push_back(i);
        checker.committed(at(when), batch);
    }
    void commit(Duration when, const Notification& n) {
        Batch batch;
        batch.notifications.push_back(n);
        checker.committed(at(when), batch);
    }
    std::size_t found() const { return findings.count(); }
    std::string first() const { return findings.empty() ? "" : findings.all().front().what; }

    Findings findings;
    Checker checker{findings};
};

Batch with(const Incident& i) {
    Batch batch;
    batch.incidents.push_back(i);
    return batch;
}

Incident ended(Incident i, Duration when, EndReason reason = EndReason::resolved) {
    i.ended_at = at(when).now.wall;
    i.end_reason = reason;
    return i;
}

// ---- 1

using Confirmation = History<ConfirmationChecker>;

TEST(ConfirmationChecker, PassesAnOutageWithUnknownChecksInBetween) {
    Confirmation h;
    h.check(seconds(0), Sight::good);
    h.check(seconds(60), Sight::failed);
    h.check(seconds(120), Sight::nothing);
    const Incident i = incident(seconds(60), seconds(181));
    h.check(seconds(180), Sight::failed, with(i));
    h.check(seconds(240), Sight::good);
    h.check(seconds(300), Sight::good, with(ended(i, seconds(301))));
    EXPECT_EQ(h.found(), 0U) << h.first();
}

TEST(ConfirmationChecker, FindsAnIncidentBelowTheThreshold) {
    Confirmation h;
    h.check(seconds(60), Sight::failed, with(incident(seconds(60), seconds(61))));
    EXPECT_EQ(h.found(), 1U);
}

TEST(ConfirmationChecker, FindsAnIncidentThatAnUnknownCheckOpened) {
    Confirmation h;
    h.check(seconds(60), Sight::failed);
    h.check(seconds(120), Sight::nothing, with(incident(seconds(60), seconds(121))));
    EXPECT_EQ(h.found(), 1U);
}

TEST(ConfirmationChecker, FindsAnIncidentOverAGoodCheck) {
    Confirmation h;
    h.check(seconds(60), Sight::failed);
    h.check(seconds(120), Sight::good);
    h.check(seconds(180), Sight::failed, with(incident(seconds(60), seconds(181))));
    EXPECT_EQ(h.found(), 1U);
}

TEST(ConfirmationChecker, FindsAMissingIncident) {
    Confirmation h;
    h.check(seconds(60), Sight::failed);
    h.check(seconds(120), Sight::failed);
    EXPECT_EQ(h.found(), 1U);
}

TEST(ConfirmationChecker, FindsAnEarlyAndAMissingRecovery) {
    for (const bool early : {true, false}) {
        Confirmation h;
        h.check(seconds(60), Sight::failed);
        const Incident i = incident(seconds(60), seconds(121));
        h.check(seconds(120), Sight::failed, with(i));
        h.check(seconds(180), Sight::good, early ? with(ended(i, seconds(181))) : Batch{});
        if (!early) h.check(seconds(240), Sight::good);
        EXPECT_EQ(h.found(), 1U) << early;
    }
}

TEST(ConfirmationChecker, FindsAnIncidentThatNoCheckDecided) {
    Confirmation h;
    h.commit(seconds(10), incident(seconds(5), seconds(10)));
    EXPECT_EQ(h.found(), 1U);
}

TEST(ConfirmationChecker, FindsAResultThatNoCheckGave) {
    Confirmation h;
    Batch batch;
    batch.results.push_back({kWeb, kZero, Outcome::up, {}, {}});
    h.checker.committed(at(seconds(1)), batch);
    EXPECT_EQ(h.found(), 1U);
}

TEST(ConfirmationChecker, FindsAFirstFailureDatedWrong) {
    Confirmation h;
    h.check(seconds(60), Sight::failed);
    h.check(seconds(120), Sight::failed, with(incident(seconds(119), seconds(121))));
    EXPECT_EQ(h.found(), 1U);
}

TEST(ConfirmationChecker, ACrashUndoesTheChecksThatWereNotCommitted) {
    Confirmation h;
    h.check(seconds(60), Sight::failed);
    h.checker.probe_started(at(seconds(120)), kWeb);
    h.checker.probe_ended(at(seconds(121)), kWeb, Sight::failed);  // the commit is lost
    h.checker.crashed(at(seconds(122)));
    h.checker.starting(at(seconds(130)), config(), {});
    const Incident i = incident(seconds(60), seconds(141));
    h.check(seconds(140), Sight::failed, with(i));
    EXPECT_EQ(h.found(), 0U) << h.first();
}

// ---- 2

using Book = History<IncidentBookChecker>;

TEST(IncidentBookChecker, PassesOneAfterTheOther) {
    Book h;
    const Incident one = incident(seconds(1), seconds(2));
    h.commit(seconds(2), one);
    h.commit(seconds(9), ended(one, seconds(9)));
    h.commit(seconds(20), incident(seconds(19), seconds(20)));
    EXPECT_EQ(h.found(), 0U) << h.first();
    EXPECT_EQ(h.checker.open(), 1U);
}

TEST(IncidentBookChecker, FindsASecondOpenOne) {
    Book h;
    h.commit(seconds(2), incident(seconds(1), seconds(2)));
    h.commit(seconds(9), incident(seconds(8), seconds(9)));
    EXPECT_EQ(h.found(), 1U);
}

TEST(IncidentBookChecker, FindsWhatIsWrongWithOneIncident) {
    const Incident good = incident(seconds(1), seconds(2));
    Incident backwards = incident(seconds(3), seconds(2));
    Incident moved = good;
    moved.started_at -= seconds(1);
    struct Case {
        const char* what;
        std::vector<Incident> rows;
    };
    for (const Case& c :
         {Case{"confirmed before it started", {backwards}},
          Case{"ended before it was confirmed", {good, ended(good, seconds(1))}},
          Case{"closed without having been open", {ended(good, seconds(9))}},
          Case{"closed twice", {good, ended(good, seconds(9)), ended(good, seconds(9))}},
          Case{"reopened", {good, ended(good, seconds(9)), good}},
          Case{"its beginning moved", {good, moved}},
          Case{"retired while watched", {good, ended(good, seconds(9), EndReason::retired)}}}) {
        Book h;
        for (const Incident& row : c.rows) h.commit(seconds(20), row);
        EXPECT_EQ(h.found(), 1U) << c.what;
    }
}

TEST(IncidentBookChecker, FindsAStoreThatForgot) {
    Book h;
    h.checker.starting(at(seconds(5)), config(), {{}, {incident(seconds(1), seconds(2))}, {}});
    EXPECT_EQ(h.found(), 1U);
}

// ---- 3

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

// ---- 4

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

// ---- 5

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

// ---- 6

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
    EXPECT_EQ(h.found(), 1U);
}

// ---- 7

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

// ---- 8

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

// ---- 9

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
