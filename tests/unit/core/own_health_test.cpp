#include "core/own_health.hpp"

#include "tests/unit/core/checks.hpp"

#include <gtest/gtest.h>

namespace vigia::core_test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

OwnSigns store_wait(Duration wait) {
    OwnSigns signs;
    signs.store_wait = wait;
    return signs;
}
OwnSigns lag(Duration lag) {
    OwnSigns signs;
    signs.check_lag = lag;
    return signs;
}
OwnSigns dead(std::uint64_t letters) {
    OwnSigns signs;
    signs.dead_letters = letters;
    return signs;
}
OwnSigns oldest(Duration wait, std::size_t waiting = 3) {
    OwnSigns signs;
    signs.oldest_notification = wait;
    signs.undelivered = waiting;
    return signs;
}
OwnSigns lost(std::uint64_t lines) {
    OwnSigns signs;
    signs.lost_log_lines = lines;
    return signs;
}

class OwnHealthTest : public testing::Test {
protected:
    /// What a look at `when` says, in words: "+store_failing!" begins with a notice.
    std::string look(const OwnSigns& signs, Duration when) {
        std::string words;
        for (const TroubleChange& change : health_.look(signs, at(when))) {
            last_ = change;
            words += (words.empty() ? "" : " ") + std::string(change.begins ? "+" : "-") +
                     std::string(to_string(change.trouble)) + (change.notice ? "!" : "");
        }
        return words;
    }

    OwnHealth health_;
    TroubleChange last_;
};

struct Step {
    Duration when;
    OwnSigns signs;
    std::string said;
};

struct Course {
    const char* name;
    std::vector<Step> steps;
};

const Course kCourses[] = {
    {"store: told after a minute, once, and its end once",
     {{seconds(0), store_wait(seconds(60)), ""},
      {seconds(5), store_wait(seconds(65)), "+store_failing!"},
      {minutes(10), store_wait(minutes(11)), ""},
      {seconds(659), store_wait({}), ""},
      {seconds(660), store_wait({}), "-store_failing"},
      {minutes(13), store_wait({}), ""}}},
    {"store: one that comes and goes is one episode",
     {{seconds(0), store_wait(seconds(70)), "+store_failing!"},
      {seconds(30), store_wait({}), ""},
      {seconds(60), store_wait(seconds(31)), ""},
      {seconds(119), store_wait({}), ""},
      {seconds(120), store_wait({}), "-store_failing"}}},
    {"store: a second episode within the hour is only logged",
     {{minutes(0), store_wait(minutes(2)), "+store_failing!"},
      {minutes(5), store_wait({}), "-store_failing"},
      {minutes(59), store_wait(minutes(2)), "+store_failing"},
      {minutes(70), store_wait({}), "-store_failing"},
      {minutes(80), store_wait(minutes(2)), "+store_failing!"}}},
    {"checks: a stall that is over is none",
     {{minutes(0), lag(hours(8)), ""}, {minutes(1), lag({}), ""}, {minutes(9), lag({}), ""}}},
    {"checks: late for two minutes",
     {{seconds(0), lag(seconds(1)), ""},
      {seconds(5), lag(milliseconds(1001)), ""},
      {seconds(120), lag(seconds(7)), ""},
      {seconds(125), lag(seconds(7)), "+checks_late!"},
      {minutes(3), lag(milliseconds(501)), ""},
      {minutes(4), lag(milliseconds(500)), ""},
      {minutes(7), lag({}), ""},
      {minutes(8), lag({}), "-checks_late"}}},
    {"dead letters: each prolongs the episode",
     {{minutes(0), dead(0), ""},
      {minutes(1), dead(2), "+notifications_dead!"},
      {minutes(2), dead(2), ""},
      {minutes(30), dead(3), ""},
      {minutes(89), dead(3), ""},
      {minutes(90), dead(3), "-notifications_dead"},
      {minutes(95), dead(4), "+notifications_dead!"}}},
    {"deliveries: late after a quarter of an hour",
     {{minutes(15), oldest(minutes(15)), ""},
      {minutes(16), oldest(minutes(16)), "+notifications_late!"},
      {minutes(17), oldest(minutes(8)), ""},
      {minutes(18), oldest(minutes(7)), "-notifications_late"}}},
    {"log lines: lost ones",
     {{minutes(0), lost(5), "+log_lines_lost!"},
      {minutes(9), lost(5), ""},
      {minutes(10), lost(5), "-log_lines_lost"}}},
};

TEST(OwnHealth, TellsEachEpisodeOnceAndItsEndOnce) {
    for (const Course& course : kCourses) {
        OwnHealth health;
        for (const Step& step : course.steps) {
            std::string said;
            for (const TroubleChange& change : health.look(step.signs, at(step.when))) {
                said += (change.begins ? "+" : "-") + std::string(to_string(change.trouble)) +
                        (change.notice ? "!" : "");
            }
            EXPECT_EQ(said, step.said) << course.name << ", at " << to_seconds(step.when) << " s";
        }
    }
}

TEST_F(OwnHealthTest, TroublesDoNotHideEachOther) {
    OwnSigns all = store_wait(minutes(2));
    all.dead_letters = 1;
    all.lost_log_lines = 1;
    EXPECT_EQ(look(all, {}), "+store_failing! +notifications_dead! +log_lines_lost!");
    EXPECT_TRUE(health_.has(Trouble::store_failing));
    EXPECT_FALSE(health_.has(Trouble::checks_late));
    EXPECT_EQ(look(OwnSigns{.store_wait = {}, .dead_letters = 1, .lost_log_lines = 1}, minutes(5)),
              "-store_failing");
    EXPECT_FALSE(health_.has(Trouble::store_failing));
    EXPECT_TRUE(health_.has(Trouble::notifications_dead));
}

TEST_F(OwnHealthTest, SaysSinceWhenAndHowMuch) {
    look(store_wait(seconds(90)), minutes(10));
    EXPECT_EQ(last_.since, at(minutes(10) - seconds(90)));
    look(oldest(minutes(20), 7), minutes(20));
    EXPECT_EQ(last_.reason.code, ReasonCode::notifications_late);
    EXPECT_EQ(last_.reason.value, 7);
    look(lag(seconds(4)), minutes(30));
    look(lag(seconds(4)), minutes(32));
    EXPECT_EQ(last_.since, at(minutes(30)));
    EXPECT_EQ(last_.reason.value, 4);
}

TEST_F(OwnHealthTest, ANoticeGoesToEveryRecipientUnderAnIdOfItsOwn) {
    look(store_wait(seconds(90)), minutes(10));
    const std::vector<Recipient> recipients{{"email", "ana@example.org"}, {"pager", "42"}};
    const auto rows = trouble_notices(last_, recipients, "example.org", at(minutes(10)));
    ASSERT_EQ(rows.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(rows[i].kind, NotificationKind::trouble);
        EXPECT_EQ(rows[i].recipient, recipients[i]);
        EXPECT_EQ(rows[i].status, DeliveryStatus::pending);
        EXPECT_EQ(rows[i].created_at, at(minutes(10)).wall);
        EXPECT_EQ(rows[i].announcement->started_at, at(minutes(10) - seconds(90)).wall);
        EXPECT_EQ(rows[i].announcement->reason.code, ReasonCode::store_failing);
        EXPECT_TRUE(rows[i].announcement->monitor.str().empty());
    }
    const auto later = trouble_notices(last_, recipients, "example.org", at(hours(2)));
    EXPECT_NE(later[0].id, rows[0].id);
}

}  // namespace
}  // namespace vigia::core_test
