#include "core/uplink.hpp"

#include "tests/unit/core/checks.hpp"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace vigia {
namespace {

using core_test::at;
using std::chrono::minutes;
using std::chrono::seconds;

const Canary kGateway{Canary::Kind::gateway, "192.0.2.1"};
const Canary kResolver{Canary::Kind::resolver, "198.51.100.53:53"};
constexpr auto kAlive = CanaryAnswer::alive;
constexpr auto kSilent = CanaryAnswer::silent;
constexpr auto kNotAsked = CanaryAnswer::not_asked;
using State = UplinkState;

const MonitorId kWeb("site-web");
const MonitorId kShop("site-shop");
const MonitorId kMail("site-mail");

/// An uplink with both canaries, asked as a test says.
struct Watched {
    Uplink uplink{at({})};

    State round(CanaryAnswer gateway, CanaryAnswer resolver, Duration when) {
        uplink.begin_round();
        const std::vector<CanaryReport> reports{{kGateway, gateway}, {kResolver, resolver}};
        return uplink.end_round(reports, at(when));
    }
    void failed(const MonitorId& monitor, Duration began) { uplink.failed(monitor, at(began)); }
    void reached(const MonitorId& monitor, Duration when) { uplink.reached(monitor, at(when)); }
    /// Both canaries answered; from 60 s on nothing does.
    void lose() {
        round(kAlive, kAlive, seconds(1));
        failed(kWeb, seconds(60));
        round(kSilent, kSilent, seconds(70));
    }
};

TEST(Uplink, IsCutOffByWhatTheVotingCanariesSayOnceAMonitorFails) {
    struct Row {
        const char* what;
        CanaryAnswer gateway_before, resolver_before, gateway, resolver;
        State then;
    };
    const Row rows[] = {
        {"nothing answers any more", kAlive, kAlive, kSilent, kSilent, State::cut_off},
        {"one canary answers", kAlive, kAlive, kSilent, kAlive, State::connected},
        {"the gateway lives, nothing beyond", kAlive, kAlive, kAlive, kSilent, State::cut_off},
        {"a gateway that never answered", kSilent, kAlive, kSilent, kAlive, State::connected},
        {"beside one, the other falls silent", kSilent, kAlive, kSilent, kSilent, State::cut_off},
        {"only the gateway ever answered", kAlive, kSilent, kSilent, kSilent, State::cut_off},
        {"only the gateway, and it does", kAlive, kSilent, kAlive, kSilent, State::connected},
        {"no descriptors to ask with", kAlive, kAlive, kNotAsked, kNotAsked, State::connected},
        {"one is asked", kAlive, kAlive, kNotAsked, kSilent, State::cut_off},
    };
    for (const Row& row : rows) {
        Watched w;
        w.round(row.gateway_before, row.resolver_before, seconds(1));
        w.failed(kWeb, seconds(60));
        EXPECT_EQ(w.round(row.gateway, row.resolver, seconds(70)), row.then) << row.what;
    }
}

TEST(Uplink, SilentCanariesWithoutAFailingMonitorAreOnlySuspect) {
    Watched w;
    w.round(kAlive, kAlive, seconds(1));
    EXPECT_EQ(w.round(kSilent, kSilent, seconds(60)), State::suspect);
    EXPECT_FALSE(w.uplink.over_at());
}

TEST(Uplink, CanariesThatNeverAnsweredHaveNoVoteWhereSomethingWasReached) {
    Watched w;
    w.reached(kShop, seconds(1));
    w.failed(kWeb, seconds(2));
    EXPECT_EQ(w.round(kSilent, kSilent, seconds(10)), State::connected);
}

TEST(Uplink, AtAStartIntoALossThatEndsUnderwayTheRoundStillCounts) {
    Watched w;
    w.failed(kWeb, seconds(1));
    w.uplink.begin_round();
    w.reached(kShop, seconds(2));
    const std::vector<CanaryReport> reports{{kGateway, kSilent}, {kResolver, kSilent}};
    EXPECT_EQ(w.uplink.end_round(reports, at(seconds(3))), State::cut_off);
    w.failed(kWeb, seconds(10));
    EXPECT_EQ(w.round(kSilent, kSilent, seconds(12)), State::connected) << "they have no vote";
}

TEST(Uplink, FromTheStartOnSilenceCountsForTenMinutes) {
    Watched w;
    w.failed(kWeb, seconds(1));
    EXPECT_EQ(w.round(kSilent, kSilent, seconds(10)), State::cut_off);
    Duration when = std::chrono::hours(5);  // a standstill is no time of asking
    EXPECT_EQ(w.round(kSilent, kSilent, when), State::cut_off);
    for (int i = 1; i < 10 * 6 - 1; ++i) {
        EXPECT_EQ(w.round(kSilent, kSilent, when += seconds(10)), State::cut_off) << i;
    }
    EXPECT_EQ(w.round(kSilent, kSilent, when += seconds(10)), State::connected);
}

TEST(Uplink, WhileMostMonitorsAreReachedDeadCanariesHaveNoSay) {
    Watched w;
    w.round(kAlive, kAlive, seconds(1));
    w.round(kSilent, kSilent, seconds(60));
    w.reached(kShop, seconds(61));
    w.failed(kWeb, seconds(62));
    EXPECT_EQ(w.round(kSilent, kSilent, seconds(70)), State::suspect) << "one against one";
    w.failed(kMail, seconds(71));
    EXPECT_EQ(w.round(kSilent, kSilent, seconds(80)), State::cut_off) << "two against one";
    w.reached(kMail, seconds(81));
    EXPECT_EQ(w.round(kSilent, kSilent, seconds(90)), State::suspect) << "a monitor counts once";
}

TEST(Uplink, WhatWasReachedBeforeTheCanariesFellSilentIsNoEvidence) {
    Watched w;
    w.round(kAlive, kAlive, seconds(1));
    for (int i = 0; i < 100; ++i) w.reached(MonitorId("site-" + std::to_string(i)), seconds(30));
    w.failed(kWeb, seconds(40));
    EXPECT_EQ(w.round(kSilent, kSilent, seconds(50)), State::cut_off);
}

TEST(Uplink, WhatIsReachedUnderwayDoesNotSpeakAgainstTheRound) {
    Watched w;
    w.round(kAlive, kAlive, seconds(1));
    w.failed(kWeb, seconds(40));
    w.round(kSilent, kSilent, seconds(50));
    w.uplink.begin_round();
    w.reached(kShop, seconds(51));
    w.reached(kMail, seconds(51));
    const std::vector<CanaryReport> silent{{kResolver, kSilent}};
    EXPECT_EQ(w.uplink.end_round(silent, at(seconds(52))), State::cut_off);
    EXPECT_EQ(w.round(kSilent, kSilent, seconds(54)), State::suspect);
}

TEST(Uplink, ALossIsTimedFromTheFirstFailureToTheFirstAnswerAndTakenOnceItIsOver) {
    Watched w;
    w.round(kAlive, kAlive, seconds(1));
    w.failed(kShop, seconds(65));
    w.failed(kWeb, seconds(60));
    w.round(kSilent, kSilent, seconds(70));
    EXPECT_EQ(w.uplink.cut_off_since(), at(seconds(60)));
    EXPECT_FALSE(w.uplink.take_over(at(minutes(5)), true)) << "while it lasts";
    w.round(kAlive, kAlive, minutes(10));
    EXPECT_EQ(w.uplink.over_at(), at(minutes(10) + Uplink::kSettled).mono);
    EXPECT_FALSE(w.uplink.take_over(at(minutes(10) + seconds(29))));
    EXPECT_EQ(w.uplink.take_over(at(minutes(10) + seconds(30))),
              (OfflinePeriod{at(seconds(60)), at(minutes(10))}));
    EXPECT_FALSE(w.uplink.take_over(at(minutes(20)))) << "once";
}

TEST(Uplink, WhatAnsweredAfterTheFirstFailureBeganCameBeforeTheLoss) {
    Watched w;
    w.round(kAlive, kAlive, seconds(1));
    w.failed(kWeb, seconds(60));
    w.reached(kShop, seconds(62));
    w.round(kSilent, kSilent, seconds(70));
    EXPECT_EQ(w.uplink.cut_off_since(), at(seconds(62)));
}

TEST(Uplink, LossesCloseTogetherAreOne) {
    Watched w;
    w.round(kAlive, kAlive, seconds(1));
    for (const int minute : {1, 2, 3}) {
        w.failed(kWeb, minutes(minute));
        w.round(kSilent, kSilent, minutes(minute) + seconds(5));
        w.round(kAlive, kAlive, minutes(minute) + seconds(40));
        EXPECT_FALSE(w.uplink.take_over(at(minutes(minute) + seconds(60))));
    }
    EXPECT_EQ(w.uplink.take_over(at(minutes(5))),
              (OfflinePeriod{at(minutes(1)), at(minutes(3) + seconds(40))}));
}

TEST(Uplink, AClockThatIsSetMeanwhileMovesBothEndsOfALoss) {
    Watched w;
    w.lose();
    Now end = at(minutes(10));
    end.wall -= std::chrono::hours(1);
    w.uplink.begin_round();
    w.uplink.end_round(std::vector<CanaryReport>{{kResolver, kAlive}}, end);
    const auto period = w.uplink.take_over(end, true);
    ASSERT_TRUE(period);
    EXPECT_EQ(period->to.wall - period->from.wall, minutes(9));
}

TEST(Uplink, AStopTakesALossThatHasJustEnded) {
    Watched w;
    w.lose();
    w.round(kAlive, kAlive, seconds(80));
    EXPECT_TRUE(w.uplink.take_over(at(seconds(81)), true));
}

TEST(Reach, OfAResultSaysWhetherTheTargetSpoke) {
    struct Row {
        Outcome outcome;
        ReasonCode code;
        Reach reach;
    };
    const Row rows[] = {
        {Outcome::up, ReasonCode::none, Reach::answered},
        {Outcome::degraded, ReasonCode::none, Reach::answered},
        {Outcome::down, ReasonCode::unexpected_status, Reach::answered},
        {Outcome::down, ReasonCode::connection_refused, Reach::answered},
        {Outcome::down, ReasonCode::certificate_expired, Reach::answered},
        {Outcome::down, ReasonCode::login_failed, Reach::answered},
        {Outcome::down, ReasonCode::timeout, Reach::silent},
        {Outcome::down, ReasonCode::host_unreachable, Reach::silent},
        {Outcome::down, ReasonCode::name_server_failure, Reach::silent},
        {Outcome::down, ReasonCode::proxy_failure, Reach::silent},
        {Outcome::unknown, ReasonCode::network_unreachable, Reach::silent},
        {Outcome::unknown, ReasonCode::resolver_dead, Reach::silent},
        {Outcome::down, ReasonCode::name_not_found, Reach::neither},
        {Outcome::down, ReasonCode::connection_reset, Reach::neither},
        {Outcome::unknown, ReasonCode::no_descriptors, Reach::neither},
        {Outcome::unknown, ReasonCode::own_lateness, Reach::neither},
        {Outcome::unknown, ReasonCode::internal, Reach::neither},
    };
    for (const Row& row : rows) {
        ProbeResult result;
        result.outcome = row.outcome;
        result.reason.code = row.code;
        EXPECT_EQ(reach_of(result), row.reach) << to_string(row.code);
    }
}

TEST(OnThisMachine, IsWhatNeedsNoUplink) {
    const std::pair<const char*, bool> urls[] = {
        {"http://127.0.0.1:8080/", true},
        {"http://127.9.9.9/", true},
        {"https://[::1]/", true},
        {"http://LOCALHOST/", true},
        {"http://web.localhost/", true},
        {"http://[::ffff:127.0.0.1]:80/", true},
        {"http://127.example.com/", false},
        {"http://192.168.1.5/", false},
        {"http://localhost.example/", false},
        {"https://web.example/", false},
        {"http://[2001:db8::1]/", false},
    };
    for (const auto& [url, here] : urls) {
        HttpTarget target;
        target.url = url;
        EXPECT_EQ(is_on_this_machine(target), here) << url;
    }
    const std::pair<const char*, bool> hosts[] = {
        {"/run/postgresql", true}, {"localhost", true},   {"::1", true},
        {"127.0.0.1", true},       {"db.example", false}, {"2001:db8::1", false},
    };
    for (const auto& [host, here] : hosts) {
        DbTarget target;
        target.host = host;
        target.port = 5432;
        EXPECT_EQ(is_on_this_machine(target), here) << host;
    }
    EXPECT_TRUE(is_loopback_address("127.0.0.1:80"));
    EXPECT_TRUE(is_loopback_address("::1"));
    EXPECT_FALSE(is_loopback_address(""));
    EXPECT_FALSE(is_loopback_address("192.0.2.7:80"));
}

TEST(OfflineNotices, GoToEveryRecipientUnderIdsOfThePeriod) {
    const OfflinePeriod period{at(seconds(60)), at(minutes(10))};
    const std::vector<Recipient> recipients{{"email", "ana@people.sim"}, {"email", "b@people.sim"}};
    const auto rows = offline_notices(period, recipients, "watch.sim", at(minutes(11)));
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].recipient, recipients[1]);
    EXPECT_NE(rows[0].id, rows[1].id);
    EXPECT_EQ(rows[0].id, offline_notices(period, recipients, "", at(minutes(20)))[0].id);
    const Announcement& about = *rows[0].announcement;
    EXPECT_EQ(about.started_at, at(seconds(60)).wall);
    EXPECT_EQ(about.recovered_at, at(minutes(10)).wall);
    EXPECT_EQ(about.down_for, minutes(9));
    EXPECT_EQ(about.message_domain, "watch.sim");
    EXPECT_EQ(rows[0].status, DeliveryStatus::pending);
}

}  // namespace
}  // namespace vigia
