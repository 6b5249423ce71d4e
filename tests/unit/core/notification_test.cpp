#include "core/notification.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

const IncidentId kIncident("site-web-uno-20241219T101723.250000000Z");
const Recipient kAna{"email", "ana@example.org"};

TEST(Notification, HasNames) {
    EXPECT_EQ(to_string(NotificationKind::alert), "alert");
    EXPECT_EQ(to_string(NotificationKind::reminder), "reminder");
    EXPECT_EQ(to_string(NotificationKind::recovery), "recovery");
    EXPECT_EQ(to_string(NotificationKind::test), "test");
    EXPECT_EQ(to_string(NotificationKind::offline), "offline");
    EXPECT_EQ(to_string(NotificationKind::trouble), "trouble");
    EXPECT_EQ(to_string(DeliveryStatus::pending), "pending");
    EXPECT_EQ(to_string(DeliveryStatus::delivered), "delivered");
    EXPECT_EQ(to_string(DeliveryStatus::merged), "merged");
    EXPECT_EQ(to_string(DeliveryStatus::dead), "dead");
}

TEST(Notification, IsCalledByTheDigitsOfItsMessageId) {
    const NotificationId id = make_notification_id(kIncident, NotificationKind::alert, 0, kAna);
    EXPECT_EQ(message_id(id, "example.net"), "<vigia." + short_id(id) + "@example.net>");
    EXPECT_EQ(short_id(id).size(), 16U);
}

// Literal values: they are in stores and in people's mailboxes, and must never change.
TEST(Notification, KeepsItsIdsAndMessageIdsForEver) {
    const struct {
        NotificationKind kind;
        std::uint32_t seq;
        const char* id;
        const char* message_id;
    } rows[] = {
        {NotificationKind::alert, 0,
         "site-web-uno-20241219T101723.250000000Z:alert:0:email:ana@example.org",
         "<vigia.3bdc3ea6b2530998@example.net>"},
        {NotificationKind::reminder, 1,
         "site-web-uno-20241219T101723.250000000Z:reminder:1:email:ana@example.org",
         "<vigia.813fdd95eff011a9@example.net>"},
        {NotificationKind::recovery, 0,
         "site-web-uno-20241219T101723.250000000Z:recovery:0:email:ana@example.org",
         "<vigia.5893a2b8028f516b@example.net>"},
    };
    for (const auto& row : rows) {
        const NotificationId id = make_notification_id(kIncident, row.kind, row.seq, kAna);
        EXPECT_EQ(id.str(), row.id);
        EXPECT_EQ(message_id(id, "example.net"), row.message_id);
    }
}

TEST(Notification, MakesAMessageIdThatIsOneTokenWhateverTheDomain) {
    const NotificationId id("x");
    const std::string hash = "06a4f9505be85405";
    const struct {
        const char* domain;
        const char* written;
    } rows[] = {
        {"example.net", "example.net"},
        {"mail-1.Example.net", "mail-1.Example.net"},
        {"", "localhost"},
        {"a\r\nBcc: b@c", "a--Bcc--b-c"},
        {"a>b<c d", "a-b-c-d"},
        {"caf\xc3\xa9.es", "caf--.es"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(message_id(id, row.domain), "<vigia." + hash + "@" + row.written + ">");
    }
}

TEST(Notification, ThreadsEveryMessageUnderTheAlertToTheSameRecipient) {
    auto announcement = std::make_shared<Announcement>();
    announcement->incident = kIncident;
    announcement->message_domain = "a.org";
    Notification row;
    row.announcement = announcement;
    row.recipient = kAna;
    const std::string alert =
        message_id(make_notification_id(kIncident, NotificationKind::alert, 0, kAna), "a.org");
    for (const NotificationKind kind :
         {NotificationKind::alert, NotificationKind::reminder, NotificationKind::recovery}) {
        row.kind = kind;
        row.seq = kind == NotificationKind::reminder ? 4 : 0;
        row.id = make_notification_id(kIncident, kind, row.seq, row.recipient);
        EXPECT_EQ(thread_id(row), alert);
        EXPECT_EQ(message_id(row.id, "a.org") == alert, kind == NotificationKind::alert);
    }
    row.recipient.address = "bob@example.org";
    EXPECT_NE(thread_id(row), alert);
}

}  // namespace
}  // namespace vigia
