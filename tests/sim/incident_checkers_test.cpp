// Invariants 1 and 2: incidents open and close as the checks decide.

#include "sim/checkers/confirmation.hpp"
#include "sim/checkers/incident_book.hpp"
#include "tests/sim/history.hpp"

#include <gtest/gtest.h>

namespace vigia::sim {
namespace {

using namespace history;

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

using Book = History<IncidentBookChecker>;

TEST(ConfirmationChecker, AnEndThatTheClockPutsBackIsNotThatOfTheCheckThatConfirmed) {
    History<ConfirmationChecker> h;
    Batch late;
    const auto check = [&](Duration when, Sight sight, Duration set_back = {}) {
        Moment end = at(when + seconds(1));
        end.now.wall -= set_back;
        h.checker.probe_started(at(when), kWeb);
        h.checker.probe_ended(end, kWeb, sight);
        late.results.push_back({kWeb, end.now.wall, Outcome::unknown, {}, {}});
    };
    check(seconds(10), Sight::failed);
    check(seconds(70), Sight::failed);
    h.checker.clock_stepped(at(seconds(80)));
    check(seconds(130), Sight::good, seconds(150));
    check(seconds(190), Sight::good, seconds(150));
    const Incident open = incident(seconds(10), seconds(71));
    late.incidents = {open, ended(open, seconds(71))};
    h.checker.committed(at(seconds(200)), late);
    EXPECT_EQ(h.found(), 0U) << h.first();
}

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

}  // namespace
}  // namespace vigia::sim
