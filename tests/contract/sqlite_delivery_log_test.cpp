// The log of deliveries, and retries by hand, beside the instance that has the file.

#include "store/sqlite/sqlite_delivery_log.hpp"

#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_file.hpp"
#include "store/store.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vigia {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr WallTime kStart{seconds(1'734'603'323)};
constexpr WallTime kLater = kStart + hours(48);

class DeliveryLogTest : public testing::Test {
protected:
    static Notification row(NotificationKind kind, const std::string& incident,
                            DeliveryStatus status) {
        auto what = std::make_shared<Announcement>();
        what->incident = IncidentId(incident);
        what->monitor = MonitorId("site-" + incident);
        what->monitor_name = "Web " + incident;
        what->started_at = kStart;
        what->confirmed_at = kStart;
        what->down_for = seconds(60);
        what->reason = {Phase::connect, ReasonCode::timeout, 0, "x"};
        if (kind == NotificationKind::recovery) {
            what->recovered_at = kStart + hours(1);
            what->down_for = hours(1);
        }
        Notification n;
        n.kind = kind;
        n.recipient = {"email", "ana@example.org"};
        n.id = make_notification_id(what->incident, kind, 0, n.recipient);
        n.announcement = what;
        n.created_at = kStart;
        n.status = status;
        n.digest = "digest:1";
        n.attempts = 3;
        if (status != DeliveryStatus::pending) {
            n.last_error = "why";
            n.finished_at = kStart + seconds(5);
        }
        return n;
    }
    static Notification alert(const std::string& incident,
                              DeliveryStatus status = DeliveryStatus::dead) {
        return row(NotificationKind::alert, incident, status);
    }
    static std::string name_of(const Notification& n) { return short_id(n.id); }
    void commit(SqliteFile& file, std::vector<Notification> rows) {
        Batch batch;
        batch.notifications = std::move(rows);
        ASSERT_TRUE(file.commit(batch).has_value());
    }
    /// Makes a store with these in it, and closes it.
    void make(std::vector<Notification> rows) { commit(*SqliteFile::open(path_).value(), rows); }
    DeliveryStatus status_of(const Notification& n) {
        for (const DeliveryEntry& entry : log_.newest({}).value()) {
            if (entry.id == name_of(n)) return entry.status;
        }
        ADD_FAILURE() << "not in the log";
        return {};
    }
    StoreErrc refusal() {
        const auto entries = log_.newest({});
        const auto retried = log_.retry_all_dead(kLater);
        if (entries || retried) return StoreErrc{};
        EXPECT_EQ(entries.error().code, retried.error().code);
        return static_cast<StoreErrc>(entries.error().code.value());
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
            names.push_back(entry.path().filename());
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    test::TemporaryDirectory directory_;
    const std::string path_ = directory_.file("vigia.db");
    SqliteDeliveryLog log_{path_};
};

TEST_F(DeliveryLogTest, GivesTheNewestFirstWithAllThatIsKnownOfThem) {
    Notification second = alert("b", DeliveryStatus::delivered);
    second.created_at = kStart + seconds(1);
    make({alert("a"), second});
    const auto entries = log_.newest({}).value();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].id, name_of(second));
    const DeliveryEntry& first = entries[1];
    EXPECT_EQ(first.id, name_of(alert("a")));
    EXPECT_EQ(first.kind, NotificationKind::alert);
    EXPECT_EQ(first.incident, IncidentId("a"));
    EXPECT_EQ(first.monitor, MonitorId("site-a"));
    EXPECT_EQ(first.monitor_name, "Web a");
    EXPECT_EQ(first.reason, (Reason{Phase::connect, ReasonCode::timeout, 0, "x"}));
    EXPECT_EQ(first.recipient, (Recipient{"email", "ana@example.org"}));
    EXPECT_EQ(first.created_at, kStart);
    EXPECT_EQ(first.status, DeliveryStatus::dead);
    EXPECT_EQ(first.attempts, 3U);
    EXPECT_EQ(first.last_error, "why");
    EXPECT_EQ(first.finished_at, kStart + seconds(5));
    EXPECT_FALSE(first.retried_at);

    ASSERT_EQ(log_.newest({DeliveryStatus::dead, 100}).value().size(), 1U);
    EXPECT_EQ(log_.newest({DeliveryStatus::dead, 100}).value()[0].id, first.id);
    EXPECT_EQ(log_.newest({std::nullopt, 1}).value()[0].id, name_of(second));
    EXPECT_TRUE(log_.newest({DeliveryStatus::merged, 100}).value().empty());
}

TEST_F(DeliveryLogTest, ReadingLeavesNothingBehind) {
    make({alert("a")});
    const auto before = files();
    ASSERT_EQ(log_.newest({}).value().size(), 1U);
    EXPECT_EQ(files(), before);
}

TEST_F(DeliveryLogTest, WithoutAStoreItSaysSoAndMakesNone) {
    EXPECT_EQ(refusal(), StoreErrc::absent);
    EXPECT_TRUE(files().empty());
}

TEST_F(DeliveryLogTest, SomebodyElsesIsNotTakenForNone) {
    make({alert("a")});
    constexpr uid_t kNobody = 65'534;
    const uid_t self = ::geteuid();
    ASSERT_EQ(self == 0 ? ::seteuid(kNobody) : ::chmod(path_.c_str(), 0), 0);
    const auto refused = log_.newest({});
    if (self == 0) ASSERT_EQ(::seteuid(self), 0);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, make_error_code(StoreErrc::unavailable));
    EXPECT_EQ(refused.error().detail.find("permission denied"), 0U);
}

TEST_F(DeliveryLogTest, WhatIsNoStoreOfThisVersionIsRefused) {
    make({alert("a")});
    const auto newest = sqlite::versions().size();
    sqlite::Database(path_).execute(fmt::format("PRAGMA user_version = {}", newest + 1));
    EXPECT_EQ(refusal(), StoreErrc::newer);
    sqlite::Database(path_).execute(fmt::format("PRAGMA user_version = {}", newest - 1));
    EXPECT_EQ(refusal(), StoreErrc::older);
    sqlite::Database(path_).execute("PRAGMA application_id = 7");
    EXPECT_EQ(refusal(), StoreErrc::foreign);
}

TEST_F(DeliveryLogTest, ARetryIsTakenUpByTheRunningInstanceOnce) {
    const auto file = SqliteFile::open(path_).value();
    commit(*file, {alert("a"), alert("b")});
    ASSERT_TRUE(file->load()->pending.empty());
    EXPECT_TRUE(file->take_retried()->empty());

    const std::vector<std::string> ids{name_of(alert("a"))};
    const auto retries = log_.retry(ids, kLater).value();
    ASSERT_EQ(retries.size(), 1U);
    EXPECT_TRUE(retries[0].done());
    EXPECT_EQ(status_of(alert("a")), DeliveryStatus::pending);

    const auto taken = file->take_retried().value();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].id, alert("a").id);
    EXPECT_EQ(taken[0].status, DeliveryStatus::pending);
    EXPECT_EQ(taken[0].attempts, 0U);
    EXPECT_EQ(taken[0].digest, "");
    EXPECT_EQ(taken[0].created_at, kStart);
    EXPECT_EQ(taken[0].retried_at, kLater);
    EXPECT_FALSE(taken[0].finished_at);
    EXPECT_FALSE(taken[0].announcement->recovered_at) << "the outage goes on";
    EXPECT_TRUE(file->take_retried()->empty());

    // What the instance writes of it goes over what the other wrote.
    Notification delivered = taken[0];
    delivered.status = DeliveryStatus::delivered;
    commit(*file, {delivered});
    EXPECT_EQ(status_of(alert("a")), DeliveryStatus::delivered);
    EXPECT_EQ(log_.newest({DeliveryStatus::delivered, 1}).value()[0].retried_at, kLater);
    EXPECT_EQ(status_of(alert("b")), DeliveryStatus::dead);
}

TEST_F(DeliveryLogTest, WhatTheInstanceMadePendingItselfIsNotTakenUp) {
    const auto file = SqliteFile::open(path_).value();
    ASSERT_TRUE(file->load().has_value());
    commit(*file, {alert("a", DeliveryStatus::pending), alert("b")});
    ASSERT_EQ(log_.retry_all_dead(kLater).value(), 1U);
    const auto taken = file->take_retried().value();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].id, alert("b").id);
}

TEST_F(DeliveryLogTest, ARetryWithNoneRunningIsFoundByTheNextStartAndNotTwice) {
    make({alert("a")});
    EXPECT_EQ(log_.retry_all_dead(kLater).value(), 1U);
    const auto file = SqliteFile::open(path_).value();
    const auto stored = file->load().value();
    ASSERT_EQ(stored.pending.size(), 1U);
    EXPECT_EQ(stored.pending[0].waiting_since(), kLater);
    EXPECT_TRUE(file->take_retried()->empty());
}

TEST_F(DeliveryLogTest, ALaterRetryIsSeenWhateverTheClockSays) {
    const auto file = SqliteFile::open(path_).value();
    commit(*file, {alert("a"), alert("b")});
    ASSERT_TRUE(file->load().has_value());
    for (const char* const incident : {"a", "b"}) {
        const std::vector<std::string> ids{name_of(alert(incident))};
        const WallTime now = incident == std::string("a") ? kLater : kStart;
        ASSERT_TRUE(log_.retry(ids, now).value()[0].done());
        const auto taken = file->take_retried().value();
        ASSERT_EQ(taken.size(), 1U) << incident;
        EXPECT_EQ(taken[0].id, alert(incident).id);
    }
}

TEST_F(DeliveryLogTest, AnAlertThatIsRetriedAfterItsOutageKnowsTheEnd) {
    make({alert("a"), row(NotificationKind::recovery, "a", DeliveryStatus::delivered),
          alert("b", DeliveryStatus::pending),
          row(NotificationKind::recovery, "b", DeliveryStatus::pending)});
    ASSERT_EQ(log_.retry_all_dead(kLater).value(), 1U);
    for (const Notification& n : SqliteFile::open(path_).value()->load().value().pending) {
        const bool over = n.announcement->recovered_at.has_value();
        const bool expected = n.kind == NotificationKind::recovery || n.retried_at;
        EXPECT_EQ(over, expected) << n.id.str() << ": what is sent again stays what it was";
        EXPECT_EQ(n.announcement->down_for, over ? Duration(hours(1)) : Duration(seconds(60)));
    }
}

TEST_F(DeliveryLogTest, OnlyDeadOnesAreRetried) {
    make({alert("a", DeliveryStatus::delivered), alert("b", DeliveryStatus::pending), alert("c")});
    const std::vector<std::string> ids{name_of(alert("a")), "nonsense", name_of(alert("b")),
                                       name_of(alert("c"))};
    const auto retries = log_.retry(ids, kLater).value();
    ASSERT_EQ(retries.size(), 4U);
    EXPECT_EQ(retries[0].found, DeliveryStatus::delivered);
    EXPECT_EQ(retries[1].found, std::nullopt);
    EXPECT_EQ(retries[2].found, DeliveryStatus::pending);
    EXPECT_TRUE(retries[3].done());
    EXPECT_EQ(status_of(alert("a")), DeliveryStatus::delivered);
    EXPECT_FALSE(log_.newest({DeliveryStatus::delivered, 1}).value()[0].retried_at);
}

TEST_F(DeliveryLogTest, TheInstanceStaysTheOnlyOneWithTheFile) {
    const auto file = SqliteFile::open(path_).value();
    commit(*file, {alert("a")});
    ASSERT_EQ(log_.retry_all_dead(kLater).value(), 1U);
    const auto second = SqliteFile::open(path_);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, make_error_code(StoreErrc::held));
    commit(*file, {alert("b")});
    EXPECT_EQ(status_of(alert("b")), DeliveryStatus::dead);
}

}  // namespace
}  // namespace vigia
