#include "cli/notifications.hpp"

#include "base/local_time.hpp"
#include "base/text.hpp"
#include "cli/check_report.hpp"
#include "store/store.hpp"
#include "tests/unit/cli/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <rapidjson/document.h>
#include <sstream>

namespace vigia {
namespace {

using cli_test::RecordingTerminal;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr WallTime kAt{std::chrono::seconds(1'734'603'323)};

const std::string kTrickyNames[] = {
    "Web \x1b[31m\n\u202e",
    std::string(10'000, 'x'),
    "監視監視監視監視監視監視監視監視監視監視監視監視監視監視",
    "\xff\xfe 🦤",
    "",
};

DeliveryEntry dead_alert() {
    DeliveryEntry entry;
    entry.id = "3bdc3ea6b2530998";
    entry.incident = IncidentId("site-web-1");
    entry.monitor = MonitorId("site-web");
    entry.monitor_name = "Web uno";
    entry.recipient = {"email", "ana@example.org"};
    entry.created_at = kAt;
    entry.status = DeliveryStatus::dead;
    entry.attempts = 1;
    entry.last_error = "refused by the mail server for good: 550 no such user";
    entry.finished_at = kAt + std::chrono::seconds(1);
    return entry;
}

/// Answers with what it is given, and writes down what it was asked.
class StagedLog final : public DeliveryLog {
public:
    Result<std::vector<DeliveryEntry>> newest(const DeliveryFilter& asked) override {
        filter = asked;
        if (failure) return *failure;
        return entries;
    }
    Result<std::vector<Retry>> retry(std::span<const std::string> ids, WallTime) override {
        if (failure) return *failure;
        std::vector<Retry> answers;
        for (const std::string& id : ids) {
            const auto known = statuses.find(id);
            answers.push_back(
                {id, known == statuses.end() ? std::nullopt : std::optional(known->second)});
        }
        return answers;
    }
    Result<std::size_t> retry_all_dead(WallTime) override {
        if (failure) return *failure;
        return 7U;
    }

    std::vector<DeliveryEntry> entries;
    std::map<std::string, DeliveryStatus> statuses;
    std::optional<Error> failure;
    DeliveryFilter filter;
};

class NotificationsTest : public testing::Test {
protected:
    int list(bool json = false) {
        NotificationsRequest request;
        request.store_name = "/var/lib/vigia/vigia.db";
        request.language = Language::en;
        request.json = json;
        return list_notifications(log_, terminal_, request);
    }
    int retry(std::vector<std::string> ids) {
        return retry_notifications(log_, terminal_,
                                   {"/var/lib/vigia/vigia.db", Language::es, std::move(ids), kAt});
    }

    StagedLog log_;
    RecordingTerminal terminal_;
};

TEST_F(NotificationsTest, EachIsARowWithWhatBecameOfIt) {
    log_.entries = {dead_alert()};
    EXPECT_EQ(list(), 0);
    EXPECT_EQ(log_.filter.limit, 100U);
    EXPECT_EQ(terminal_.printed, "DATE                 STATUS  MESSAGE\n" + format_local(kAt) +
                                     "  dead    alert: Web uno\n"
                                     "  ana@example.org · attempts 1 · 3bdc3ea6b2530998\n"
                                     "  refused by the mail server for good: 550 no such user\n");
}

TEST_F(NotificationsTest, ATroubleOfTheMonitorSaysWhich) {
    DeliveryEntry notice;
    notice.kind = NotificationKind::trouble;
    notice.reason.code = ReasonCode::log_lines_lost;
    notice.reason.value = 7;
    log_.entries = {notice};
    list();
    EXPECT_THAT(terminal_.printed, HasSubstr("monitor in trouble: log lines lost: 7\n"));
}

TEST_F(NotificationsTest, TheTableFitsTheTerminalInBothLanguages) {
    for (const Language language : {Language::es, Language::en}) {
        for (const std::size_t width :
             {std::size_t{1}, kNarrowestTable, std::size_t{80}, std::size_t{200}}) {
            std::vector<DeliveryEntry> entries;
            for (const auto& name : kTrickyNames) {
                DeliveryEntry entry = dead_alert();
                entry.kind = NotificationKind::reminder;
                entry.monitor_name = name;
                entry.recipient.address = name;
                entry.last_error = name;
                entry.retried_at = kAt;
                entries.push_back(entry);
            }
            TerminalShape shape;
            shape.width = width;
            std::istringstream table(notifications_table(entries, Catalog(language), shape));
            for (std::string line; std::getline(table, line);) {
                EXPECT_LE(display_width(line), std::max(width, kNarrowestTable)) << line;
                EXPECT_EQ(escape_line(line), line);
            }
        }
    }
}

TEST_F(NotificationsTest, ColoursAreForThoseWhoShowThem) {
    log_.entries = {dead_alert()};
    terminal_.how.colours = true;
    list();
    EXPECT_THAT(terminal_.printed, HasSubstr("\x1b[1;31mdead"));
}

TEST_F(NotificationsTest, JsonIsAnArrayOfObjects) {
    DeliveryEntry notice;
    notice.kind = NotificationKind::trouble;
    notice.reason.code = ReasonCode::store_failing;
    notice.monitor_name = "\xff";
    log_.entries = {dead_alert(), notice};
    EXPECT_EQ(list(true), 0);
    rapidjson::Document document;
    document.Parse(terminal_.printed.c_str());
    ASSERT_TRUE(document.IsArray());
    ASSERT_EQ(document.Size(), 2U);
    EXPECT_STREQ(document[0]["id"].GetString(), "3bdc3ea6b2530998");
    EXPECT_STREQ(document[0]["kind"].GetString(), "alert");
    EXPECT_STREQ(document[0]["status"].GetString(), "dead");
    EXPECT_STREQ(document[0]["recipient"].GetString(), "ana@example.org");
    EXPECT_STREQ(document[0]["monitor"]["name"].GetString(), "Web uno");
    EXPECT_STREQ(document[0]["created_at"].GetString(), "2024-12-19T10:15:23.000Z");
    EXPECT_TRUE(document[0]["retried_at"].IsNull());
    EXPECT_TRUE(document[0]["reason"].IsNull());
    EXPECT_TRUE(document[1]["monitor"].IsNull());
    EXPECT_STREQ(document[1]["reason"].GetString(), "store_failing");
    EXPECT_TRUE(document[1]["last_error"].IsNull());
}

TEST_F(NotificationsTest, NoneIsSaidOrAnEmptyArray) {
    list();
    EXPECT_EQ(terminal_.printed, "No notifications.\n");
    terminal_.printed.clear();
    list(true);
    EXPECT_EQ(terminal_.printed, "[]\n");
}

TEST_F(NotificationsTest, AStoreThatCannotBeUsedSaysWhy) {
    log_.failure = Error{make_error_code(StoreErrc::absent), {}};
    EXPECT_EQ(list(), 1);
    EXPECT_THAT(terminal_.errors, AllOf(HasSubstr("/var/lib/vigia/vigia.db: there is no store"),
                                        HasSubstr("STATE_DIRECTORY")));
    log_.failure = Error{make_error_code(StoreErrc::older), "2"};
    EXPECT_EQ(retry({}), 1);
    EXPECT_EQ(retry({"a"}), 1);
    EXPECT_THAT(terminal_.errors, HasSubstr("de un vigia más antiguo (versión 2"));
    EXPECT_EQ(terminal_.printed, "");
}

TEST_F(NotificationsTest, ARetryOfADeadOneIsConfirmed) {
    log_.statuses = {{"a", DeliveryStatus::dead}, {"b", DeliveryStatus::dead}};
    EXPECT_EQ(retry({"a", "b"}), 0);
    EXPECT_EQ(terminal_.printed, "a: se envía de nuevo\nb: se envía de nuevo\n");
}

TEST_F(NotificationsTest, ARetryOfAnotherSaysWhyNotAndDoesTheRest) {
    log_.statuses = {{"a", DeliveryStatus::dead}, {"b", DeliveryStatus::delivered}};
    EXPECT_EQ(retry({"b", "a", "c\n"}), 1);
    EXPECT_EQ(terminal_.printed, "a: se envía de nuevo\n");
    EXPECT_EQ(terminal_.errors,
              "b: no está muerta sino entregada: no hay nada que reintentar\n"
              "c\\n: no hay tal notificación\n");
}

TEST_F(NotificationsTest, ARetryOfAllSaysHowMany) {
    EXPECT_EQ(retry({}), 0);
    EXPECT_EQ(terminal_.printed, "Notificaciones que se envían de nuevo: 7\n");
}

}  // namespace
}  // namespace vigia
