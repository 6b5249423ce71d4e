#include "core/incident.hpp"

#include "tests/unit/core/checks.hpp"

#include <gtest/gtest.h>

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
using std::chrono::nanoseconds;
using std::chrono::seconds;

const Recipient kAna{"email", "ana@example.org"};
const Recipient kBob{"email", "bob@example.org"};

OpenIncident opened(Duration first_failure, Duration confirming_check) {
    return open_incident(monitor(policy(3, 2)), check(Outcome::down, confirming_check),
                         at(first_failure), {kAna, kBob});
}

TEST(Incident, IsMadeFromTheFirstFailureAndTheConfirmingCheck) {
    const OpenIncident open = opened(seconds(0), seconds(120));
    EXPECT_EQ(open.incident.id.str(), "site-web-uno-20241219T101723.250000000Z");
    EXPECT_EQ(open.incident.monitor.str(), "site-web-uno");
    EXPECT_EQ(open.incident.monitor_name, "Web uno");
    EXPECT_EQ(open.incident.category, MonitorCategory::website);
    EXPECT_EQ(open.incident.started_at, kStart);
    EXPECT_EQ(open.incident.confirmed_at, kStart + seconds(120) + kCheckTime);
    EXPECT_EQ(open.incident.last_announced, open.incident.confirmed_at);
    EXPECT_FALSE(open.incident.ended_at);
    EXPECT_EQ(open.incident.reason.value, 503);
    EXPECT_EQ(open.incident.evidence, "out of order");
    EXPECT_EQ(open.incident.headers, "HTTP/1.1 503 Oh");
    EXPECT_EQ(open.incident.remote_address, "192.0.2.7");
    ASSERT_TRUE(open.incident.tls.has_value());
    EXPECT_EQ(open.incident.tls->version, "TLSv1.3");
    EXPECT_EQ(open.incident.timings.total, milliseconds(20));
    EXPECT_EQ(open.incident.reminders, 0U);
    EXPECT_EQ(open.incident.recipients, (std::vector{kAna, kBob}));
    EXPECT_EQ(open.started_mono, at(seconds(0)).mono);
    EXPECT_EQ(open.announced_mono, at(seconds(120) + kCheckTime).mono);
}

TEST(Incident, StartsWithItsCheckWhereNoFirstFailureIsKnown) {
    const OpenIncident open =
        open_incident(monitor(policy(1, 1)), check(Outcome::down, seconds(7)), std::nullopt, {});
    EXPECT_EQ(open.incident.started_at, at(seconds(7)).wall);
    EXPECT_EQ(open.started_mono, at(seconds(7)).mono);
}

TEST(Incident, HasAnIdThatTellsConfirmationsOneNanosecondApart) {
    const struct {
        WallTime confirmed_at;
        const char* id;
    } rows[] = {
        {WallTime{}, "site-web-uno-19700101T000000.000000000Z"},
        {WallTime(nanoseconds(1)), "site-web-uno-19700101T000000.000000001Z"},
        {WallTime(nanoseconds(-1)), "site-web-uno-19691231T235959.999999999Z"},
        {WallTime(seconds(951'782'400)), "site-web-uno-20000229T000000.000000000Z"},
        {WallTime(seconds(4'102'444'799)), "site-web-uno-20991231T235959.000000000Z"},
    };
    for (const auto& row : rows) {
        CheckResult result = check(Outcome::down, seconds(0));
        result.finished.wall = row.confirmed_at;
        const OpenIncident open =
            open_incident(monitor(policy(1, 1)), result, std::nullopt, {kAna});
        EXPECT_EQ(open.incident.id.str(), row.id);
    }
}

TEST(Incident, KeepsItsTimesInOrderWhenTheWallClockIsSet) {
    for (const Duration step : {Duration(hours(-3)), Duration(hours(3))}) {
        CheckResult result = check(Outcome::down, seconds(120));
        result.finished.wall += step;
        const OpenIncident open =
            open_incident(monitor(policy(3, 2)), result, at(seconds(0)), {kAna});
        EXPECT_EQ(open.incident.confirmed_at, result.finished.wall);
        EXPECT_EQ(open.incident.confirmed_at - open.incident.started_at, seconds(120) + kCheckTime);
    }
    const Incident incident = opened(seconds(0), seconds(120)).incident;
    const Incident ended = end_incident(incident, EndReason::resolved, kStart - hours(1));
    EXPECT_EQ(ended.ended_at, incident.confirmed_at);
}

TEST(Incident, NeverStartsAfterItsConfirmation) {
    const OpenIncident open = opened(seconds(500), seconds(120));
    EXPECT_EQ(open.incident.started_at, open.incident.confirmed_at);
    EXPECT_EQ(open.started_mono, open.announced_mono);
}

TEST(Incident, RemindsWhenTheIntervalHasPassedSinceTheLastAnnouncement) {
    OpenIncident open = opened(seconds(0), seconds(0));
    open.announced_mono = at(minutes(100)).mono;
    const struct {
        Duration repeat;
        Duration now;
        bool due;
    } rows[] = {
        {minutes(20), minutes(100), false},
        {minutes(20), minutes(120) - nanoseconds(1), false},
        {minutes(20), minutes(120), true},
        {minutes(20), hours(900), true},
        {minutes(20), minutes(99), false},  // a late result
        {nanoseconds(1), minutes(100), false},
        {nanoseconds(1), minutes(100) + nanoseconds(1), true},
        {nanoseconds(0), hours(900), false},  // reminders off
        {minutes(-1), hours(900), false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(reminder_due(open, row.repeat, at(row.now).mono), row.due)
            << row.repeat.count() << ' ' << row.now.count();
    }
}

TEST(Incident, ResumesWithMarksFromTheWallClock) {
    Incident stored = opened(seconds(0), seconds(120)).incident;
    stored.last_announced = kStart + minutes(30);
    // Another boot, whose monotonic clock is younger than the incident.
    const Now now{.mono = MonoTime(seconds(40)), .wall = kStart + minutes(45)};
    const OpenIncident open = resume_incident(stored, now);
    EXPECT_EQ(open.incident, stored);
    EXPECT_EQ(now.mono - open.started_mono, minutes(45));
    EXPECT_EQ(now.mono - open.announced_mono, minutes(15));
    EXPECT_FALSE(reminder_due(open, minutes(20), now.mono));
    EXPECT_TRUE(reminder_due(open, minutes(20), now.mono + minutes(5)));
}

TEST(Incident, ResumesWithoutNegativeTimesWhenTheWallClockWentBack) {
    const Incident stored = opened(seconds(0), seconds(120)).incident;
    const Now now{.mono = MonoTime(seconds(40)), .wall = kStart - hours(24)};
    const OpenIncident open = resume_incident(stored, now);
    EXPECT_EQ(open.started_mono, now.mono);
    EXPECT_EQ(open.announced_mono, now.mono);
}

TEST(Incident, ResumesFromTimesThatNoClockShows) {
    Incident stored = opened(seconds(0), seconds(120)).incident;
    stored.started_at = WallTime::min();
    stored.last_announced = WallTime::max();
    const Now now{.mono = MonoTime(seconds(40)), .wall = kStart};
    const OpenIncident open = resume_incident(stored, now);
    EXPECT_GT(now.mono - open.started_mono, hours(24 * 365 * 99));
    EXPECT_EQ(open.announced_mono, now.mono);
}

TEST(Incident, EndsOnce) {
    const Incident incident = opened(seconds(0), seconds(120)).incident;
    Incident ended = end_incident(incident, EndReason::retired, kStart + hours(1));
    EXPECT_EQ(ended.ended_at, kStart + hours(1));
    EXPECT_EQ(ended.end_reason, EndReason::retired);
    EXPECT_DEATH(end_incident(ended, EndReason::resolved, kStart + hours(2)), "ended_at");
    ended.ended_at.reset();
    ended.end_reason = incident.end_reason;
    EXPECT_EQ(ended, incident);
}

}  // namespace
}  // namespace vigia
