#include "engine/dispatcher.hpp"

#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

namespace asio = boost::asio;
using engine_test::Bench;
using sim::MailFault;
using sim::StoreFault;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Recipient kAna{"email", "ana@people.sim"};
const Recipient kBob{"email", "bob@people.sim"};

class DispatcherTest : public testing::Test {
protected:
    DispatcherTest() {
        bench_.tasks.spawn(committer_.run());
        bench_.tasks.spawn(committer_.watch());
        configure({kAna, kBob});
        dispatcher_.start();
    }
    ~DispatcherTest() override {
        stop();
        committer_.stop();
        bench_.run_for(hours(1));
    }

    void configure(const std::vector<Recipient>& recipients) {
        Dispatcher::Notifiers channels;
        if (!recipients.empty()) channels = bench_.channels();
        dispatcher_.configure(OutboxPolicy{}, std::move(channels), recipients, "watch.sim");
    }
    asio::awaitable<void> stop_task() {
        co_await dispatcher_.stop(seconds(3));
        stopped_after_ = bench_.elapsed() - stop_begun_;
    }
    /// Lets the dispatcher stop, if it has not.
    void stop() {
        if (stopping_) return;
        stopping_ = true;
        stop_begun_ = bench_.elapsed();
        bench_.tasks.spawn(stop_task());
        bench_.run_for(minutes(3));
    }

    Notification row(NotificationKind kind, const Recipient& to) const {
        auto what = std::make_shared<Announcement>();
        what->monitor = MonitorId("site-a");
        what->monitor_name = "a";
        what->incident = IncidentId("site-a-1");
        Notification n;
        n.id = make_notification_id(what->incident, kind, 0, to);
        n.kind = kind;
        n.recipient = to;
        n.announcement = what;
        n.created_at = bench_.clock.now().wall;
        return n;
    }
    void mail_server(MailFault fault, Duration from, Duration to, const std::string& who = "") {
        bench_.office.add_trouble({{bench_.elapsed() + from, bench_.elapsed() + to}, fault, who});
    }
    /// The status of a row as the store has it; nothing if it has none.
    std::optional<DeliveryStatus> stored(NotificationKind kind, const Recipient& to) const {
        const auto it = bench_.memory.notifications().find(row(kind, to).id);
        if (it == bench_.memory.notifications().end()) return std::nullopt;
        return it->second.status;
    }

    Bench bench_;
    Committer committer_{bench_.io.get_executor(), bench_.clock, bench_.store, bench_.events};
    Dispatcher dispatcher_{bench_.io.get_executor(), bench_.env, committer_, bench_.events};
    bool stopping_ = false;
    Duration stop_begun_{};
    std::optional<Duration> stopped_after_;
};

constexpr auto kAlert = NotificationKind::alert;
constexpr auto kRecovery = NotificationKind::recovery;

TEST_F(DispatcherTest, SendsAndRecordsWhatWasAccepted) {
    dispatcher_.add({row(kAlert, kAna), row(kAlert, kBob)});
    bench_.run_for(seconds(2));
    EXPECT_EQ(bench_.seen.mails.size(), 2U);
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::delivered);
    EXPECT_EQ(stored(kAlert, kBob), DeliveryStatus::delivered);
    EXPECT_EQ(dispatcher_.counters().delivered, 2U);
    EXPECT_EQ(dispatcher_.pending(), 0U);
    EXPECT_EQ(bench_.logged("INFO Mail sent successfully to ana@people.sim"), 1U);
}

TEST_F(DispatcherTest, CountsAsSentOnlyWhatTheServerAcknowledged) {
    mail_server(MailFault::lost_acknowledgement, {}, seconds(2));
    dispatcher_.add({row(kAlert, kAna)});
    bench_.run_for(seconds(3));
    EXPECT_EQ(bench_.seen.mails.size(), 1U);
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::pending);
    bench_.run_for(minutes(1));
    ASSERT_EQ(bench_.seen.mails.size(), 2U);
    EXPECT_EQ(bench_.seen.mails[0].message_id, bench_.seen.mails[1].message_id);
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::delivered);
}

TEST_F(DispatcherTest, OneRefusedRecipientDoesNotStopTheOthers) {
    mail_server(MailFault::rejected, {}, hours(1), kAna.address);
    dispatcher_.add({row(kAlert, kAna), row(kAlert, kBob)});
    bench_.run_for(seconds(5));
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::dead);
    EXPECT_EQ(stored(kAlert, kBob), DeliveryStatus::delivered);
    EXPECT_EQ(dispatcher_.counters().dead, 1U);
    EXPECT_EQ(bench_.logged("ERROR Notification given up"), 1U);
}

TEST_F(DispatcherTest, AMergeIsCommittedBeforeItIsSent) {
    mail_server(MailFault::refused, {}, minutes(1));
    dispatcher_.add({row(kAlert, kAna)});
    bench_.run_for(seconds(30));
    dispatcher_.add({row(kRecovery, kAna)});
    bench_.store_faults.add({bench_.elapsed(), bench_.elapsed() + minutes(2)}, StoreFault::hanging);
    bench_.run_for(minutes(20));
    ASSERT_EQ(bench_.seen.mails.size(), 1U);
    EXPECT_NE(bench_.seen.mails[0].subject.find("RECOVERED"), std::string::npos);
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::merged);
    EXPECT_EQ(stored(kRecovery, kAna), DeliveryStatus::delivered);
}

TEST_F(DispatcherTest, RowsThatNobodyCanReceiveBecomeDeadLettersAtAReload) {
    mail_server(MailFault::refused, {}, hours(1));
    dispatcher_.add({row(kAlert, kAna), row(kAlert, kBob)});
    bench_.run_for(minutes(1));
    configure({kBob});
    bench_.run_for(minutes(1));
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::dead);
    EXPECT_EQ(stored(kAlert, kBob), DeliveryStatus::pending);
    EXPECT_EQ(bench_.logged("recipient no longer configured"), 1U);
}

TEST_F(DispatcherTest, TheLastWordOnARecipientRemovedUnderWayIsWrittenLast) {
    mail_server(MailFault::stalled, {}, hours(1));
    dispatcher_.add({row(kAlert, kAna)});
    bench_.run_for(seconds(5));
    configure({kBob});
    bench_.run_for(seconds(5));
    EXPECT_EQ(dispatcher_.pending(), 1U) << "under way: not touched";
    bench_.run_for(minutes(1));
    EXPECT_EQ(dispatcher_.pending(), 0U);
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::dead);
}

TEST_F(DispatcherTest, AMessageUnderWayMayOutliveItsChannel) {
    mail_server(MailFault::refused, {}, seconds(10));
    dispatcher_.add({row(kAlert, kAna)});
    bench_.run_for(seconds(9));
    dispatcher_.add({row(kRecovery, kAna)});
    // The merge waits for the store; meanwhile the whole channel goes.
    bench_.store_faults.add({bench_.elapsed(), bench_.elapsed() + seconds(20)},
                            StoreFault::hanging);
    bench_.run_for(seconds(12));
    configure({});
    bench_.run_for(minutes(2));
    EXPECT_EQ(dispatcher_.pending(), 0U);
    EXPECT_TRUE(bench_.failures.empty());
}

TEST_F(DispatcherTest, ExpiredRowsBecomeDeadLetters) {
    mail_server(MailFault::refused, {}, hours(48));
    dispatcher_.add({row(kAlert, kAna)});
    bench_.run_for(hours(25));
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::dead);
    EXPECT_EQ(dispatcher_.pending(), 0U);
    EXPECT_EQ(bench_.logged("Notification given up (expired)"), 1U);
}

TEST_F(DispatcherTest, AStopWaitsForWhatIsUnderWay) {
    dispatcher_.add({row(kAlert, kAna)});
    bench_.settle();
    stop();
    EXPECT_EQ(bench_.seen.mails.size(), 1U);
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::delivered);
    ASSERT_TRUE(stopped_after_);
    EXPECT_LT(*stopped_after_, seconds(1));
}

TEST_F(DispatcherTest, AStopCutsOffWhatTakesLongerThanItsGraceAndLeavesItPending) {
    mail_server(MailFault::stalled, {}, hours(1));
    dispatcher_.add({row(kAlert, kAna)});
    bench_.run_for(seconds(1));
    stop();
    ASSERT_TRUE(stopped_after_);
    EXPECT_EQ(*stopped_after_, seconds(3));
    EXPECT_EQ(dispatcher_.pending(), 1U);
    EXPECT_NE(stored(kAlert, kAna), DeliveryStatus::dead);
}

TEST_F(DispatcherTest, AStopCutsOffAMergedMessageToo) {
    mail_server(MailFault::refused, {}, seconds(2));
    mail_server(MailFault::stalled, seconds(2), hours(1));
    dispatcher_.add({row(kAlert, kAna)});
    bench_.run_for(seconds(1));
    dispatcher_.add({row(kRecovery, kAna)});
    bench_.run_for(seconds(8));
    EXPECT_EQ(stored(kAlert, kAna), DeliveryStatus::merged) << "under way, stalled";
    stop();
    ASSERT_TRUE(stopped_after_);
    EXPECT_EQ(*stopped_after_, seconds(3));
}

}  // namespace
}  // namespace vigia
