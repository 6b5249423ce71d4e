#include "env/task_group.hpp"
#include "store/memory_store.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/store.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <optional>

namespace vigia {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;

constexpr WallTime kStart{seconds(1'734'603'323)};

/// Makes one implementation of Store, empty; and what a restart of the program would open.
class StoreMaker {
public:
    virtual ~StoreMaker() = default;
    virtual Store& open(asio::io_context& context) = 0;
};

class MemoryMaker final : public StoreMaker {
public:
    Store& open(asio::io_context&) override { return store_; }

private:
    MemoryStore store_;
};

class SqliteMaker final : public StoreMaker {
public:
    Store& open(asio::io_context& context) override {
        store_.reset();
        store_.emplace(context, SqliteFile::open(directory_.file("vigia.db")).value());
        return *store_;
    }

private:
    test::TemporaryDirectory directory_;
    std::optional<SqliteStore> store_;
};

template <class Maker>
class StoreContract : public testing::Test {
protected:
    static asio::awaitable<void> commit_task(Store& store, Batch batch,
                                             std::optional<Result<void>>& result) {
        result = co_await store.commit(std::move(batch));
    }
    void commit(Batch batch) {
        std::optional<Result<void>> result;
        asio::co_spawn(io_, commit_task(maker_.open(io_), std::move(batch), result),
                       [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
        io_.restart();
        io_.run();
        ASSERT_TRUE(result);
        EXPECT_TRUE(result->has_value());
    }
    StoredState load() { return maker_.open(io_).load().value(); }

    static StateRow state(const char* monitor, Health health, std::uint32_t bad_streak) {
        StateRow row{MonitorId(monitor), {}};
        row.state.health = health;
        row.state.bad_streak = bad_streak;
        row.state.since = kStart;
        return row;
    }
    static Incident incident(const char* id, const char* monitor) {
        Incident i;
        i.id = IncidentId(id);
        i.monitor = MonitorId(monitor);
        i.monitor_name = "Ñandú 🦤\n\x01";
        i.started_at = kStart;
        i.confirmed_at = kStart + seconds(120) + std::chrono::nanoseconds(1);
        i.reason = {Phase::status, ReasonCode::unexpected_status, 503, "detail"};
        i.timings.total = std::chrono::milliseconds(37);
        i.evidence = std::string("a\0b", 3);
        i.headers = "HTTP/1.1 503 \xff\r\nServer: x\r\n";
        i.remote_address = "2001:db8::7";
        i.tls = TlsSummary{"TLSv1.3", "CN=ñ", "CN=\x01", kStart + std::chrono::hours(24)};
        i.last_announced = i.confirmed_at;
        i.reminders = 2;
        i.recipients = {{"email", "ana@people.sim"}, {"email", "bob@people.sim"}};
        return i;
    }
    static Notification notification(const char* incident_id, NotificationKind kind) {
        auto what = std::make_shared<Announcement>();
        what->incident = IncidentId(incident_id);
        what->monitor = MonitorId("m");
        what->monitor_name = "M";
        what->down_for = seconds(5);
        Notification n;
        n.kind = kind;
        n.recipient = {"email", "ana@people.sim"};
        n.id = make_notification_id(what->incident, kind, 0, n.recipient);
        n.announcement = what;
        n.created_at = kStart;
        return n;
    }

    asio::io_context io_{1};
    Maker maker_;
};

using Implementations = testing::Types<MemoryMaker, SqliteMaker>;
TYPED_TEST_SUITE(StoreContract, Implementations);

TYPED_TEST(StoreContract, AFreshOneHoldsNothing) {
    const StoredState stored = this->load();
    EXPECT_TRUE(stored.states.empty());
    EXPECT_TRUE(stored.open_incidents.empty());
    EXPECT_TRUE(stored.pending.empty());
}

TYPED_TEST(StoreContract, GivesBackWhatWasCommitted) {
    Batch batch;
    MonitorState down;
    down.health = Health::down;
    down.bad_streak = 4;
    down.good_streak = 1;
    down.since = kStart;
    down.first_failure = Now{MonoTime(seconds(5)), kStart - seconds(9)};
    batch.states.push_back({MonitorId("m"), down});
    const Incident open = this->incident("m-1", "m");
    batch.incidents.push_back(open);
    Notification row = this->notification("m-1", NotificationKind::alert);
    row.attempts = 3;
    row.last_error = "why";
    row.digest = "digest:0123456789abcdef:email:ana@example.org";
    batch.notifications.push_back(row);
    this->commit(batch);

    const StoredState stored = this->load();
    ASSERT_EQ(stored.states.size(), 1U);
    EXPECT_EQ(stored.states[0].monitor, MonitorId("m"));
    EXPECT_EQ(stored.states[0].state.health, down.health);
    EXPECT_EQ(stored.states[0].state.bad_streak, down.bad_streak);
    EXPECT_EQ(stored.states[0].state.good_streak, down.good_streak);
    EXPECT_EQ(stored.states[0].state.since, down.since);
    ASSERT_TRUE(stored.states[0].state.first_failure);
    EXPECT_EQ(stored.states[0].state.first_failure->wall, down.first_failure->wall);
    ASSERT_EQ(stored.open_incidents.size(), 1U);
    EXPECT_EQ(stored.open_incidents[0], open);
    ASSERT_EQ(stored.pending.size(), 1U);
    EXPECT_EQ(stored.pending[0].id, row.id);
    EXPECT_EQ(stored.pending[0].kind, row.kind);
    EXPECT_EQ(stored.pending[0].recipient, row.recipient);
    EXPECT_EQ(stored.pending[0].attempts, 3U);
    EXPECT_EQ(stored.pending[0].last_error, "why");
    EXPECT_EQ(stored.pending[0].digest, row.digest);
    EXPECT_EQ(stored.pending[0].created_at, kStart);
    ASSERT_TRUE(stored.pending[0].announcement);
    EXPECT_EQ(*stored.pending[0].announcement, *row.announcement);
}

TYPED_TEST(StoreContract, GivesBackEveryKindOfNotification) {
    using enum NotificationKind;
    const NotificationKind kinds[] = {alert, reminder, recovery, offline};
    Batch batch;
    for (const NotificationKind kind : kinds) {
        batch.notifications.push_back(this->notification("m-1", kind));
    }
    this->commit(batch);
    std::set<NotificationKind> found;
    for (const Notification& row : this->load().pending) found.insert(row.kind);
    EXPECT_EQ(found, std::set<NotificationKind>(std::begin(kinds), std::end(kinds)));
}

TYPED_TEST(StoreContract, ALaterRowReplacesTheEarlierOneOfTheSameKeyAlsoInOneBatch) {
    Batch first;
    first.states.push_back(this->state("m", Health::up, 1));
    this->commit(first);
    Batch second;
    second.states.push_back(this->state("m", Health::up, 2));
    second.states.push_back(this->state("m", Health::down, 3));
    this->commit(second);
    const StoredState stored = this->load();
    ASSERT_EQ(stored.states.size(), 1U);
    EXPECT_EQ(stored.states[0].state.bad_streak, 3U);
    EXPECT_EQ(stored.states[0].state.health, Health::down);
}

TYPED_TEST(StoreContract, AClosedIncidentIsNotGivenBackAsOpen) {
    Batch batch;
    Incident closed = this->incident("m-1", "m");
    batch.incidents.push_back(closed);
    batch.incidents.push_back(this->incident("n-1", "n"));
    this->commit(batch);
    closed.ended_at = kStart + seconds(500);
    Batch end;
    end.incidents.push_back(closed);
    this->commit(end);
    const StoredState stored = this->load();
    ASSERT_EQ(stored.open_incidents.size(), 1U);
    EXPECT_EQ(stored.open_incidents[0].id.str(), "n-1");
}

TYPED_TEST(StoreContract, OnlyPendingNotificationsAreGivenBack) {
    Batch batch;
    for (const auto status : {DeliveryStatus::pending, DeliveryStatus::delivered,
                              DeliveryStatus::merged, DeliveryStatus::dead}) {
        const std::string id = "m-" + std::to_string(static_cast<int>(status));
        Notification row = this->notification(id.c_str(), NotificationKind::alert);
        row.status = status;
        if (status != DeliveryStatus::pending) row.finished_at = kStart;
        batch.notifications.push_back(row);
    }
    this->commit(batch);
    const StoredState stored = this->load();
    ASSERT_EQ(stored.pending.size(), 1U);
    EXPECT_EQ(stored.pending[0].status, DeliveryStatus::pending);
}

TYPED_TEST(StoreContract, AnIncidentIsReplacedAsAWhole) {
    Batch batch;
    Incident incident = this->incident("m-1", "m");
    batch.incidents.push_back(incident);
    this->commit(batch);
    incident.monitor_name = "renamed";
    incident.reminders = 3;
    incident.last_announced += seconds(60);
    incident.recipients.pop_back();
    batch.incidents = {incident};
    this->commit(batch);
    const StoredState stored = this->load();
    ASSERT_EQ(stored.open_incidents.size(), 1U);
    EXPECT_EQ(stored.open_incidents[0], incident);
}

TYPED_TEST(StoreContract, AStateOfWhichThereIsNothingToKeepIsDropped) {
    Batch batch;
    batch.states.push_back(this->state("m", Health::down, 3));
    batch.states.push_back(this->state("n", Health::up, 0));
    this->commit(batch);
    Batch forgotten;
    forgotten.states.push_back({MonitorId("m"), MonitorState{}});
    this->commit(forgotten);
    const StoredState stored = this->load();
    ASSERT_EQ(stored.states.size(), 1U);
    EXPECT_EQ(stored.states[0].monitor, MonitorId("n"));
}

TYPED_TEST(StoreContract, AnEmptyBatchIsACommitLikeAnyOther) {
    this->commit({});
    EXPECT_TRUE(this->load().states.empty());
}

TEST(MemoryStore, ForgetsTheOldestOfWhatIsFinishedAndNeverWhatIsOpen) {
    MemoryStore store;
    asio::io_context io(1);
    Batch batch;
    const std::size_t count = MemoryStore::kMaxFinished * 2;
    for (std::size_t i = 0; i < count; ++i) {
        Incident incident;
        incident.id = IncidentId("i-" + std::to_string(i));
        if (i % 100 != 0) incident.ended_at = kStart + seconds(i);
        batch.incidents.push_back(incident);
    }
    asio::co_spawn(io, store.commit(std::move(batch)), [](std::exception_ptr, auto) {});
    io.run();
    EXPECT_LE(store.incidents().size(), MemoryStore::kMaxFinished * 11 / 10);
    EXPECT_GE(store.incidents().size(), MemoryStore::kMaxFinished);
    EXPECT_EQ(store.load()->open_incidents.size(), count / 100);
    EXPECT_TRUE(store.incidents().contains(IncidentId("i-" + std::to_string(count - 1))));
    EXPECT_FALSE(store.incidents().contains(IncidentId("i-1")));
}

}  // namespace
}  // namespace vigia
