// The store on a disk that fails: at each write in turn, full, or standing still.

#include "store/sqlite/sqlite_file.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <optional>

namespace vigia {
namespace {

namespace asio = boost::asio;

class SqliteFaultsTest : public testing::Test {
protected:
    /// An incident of every monitor, all opened or all closed: seen half done, it is seen at once.
    static Batch transition(std::uint32_t number, bool open) {
        Batch batch;
        for (const char* const monitor : {"a", "b", "c"}) {
            StateRow row{MonitorId(monitor), {}};
            row.state.health = open ? Health::down : Health::up;
            row.state.bad_streak = number;
            row.state.good_streak = number;
            batch.states.push_back(row);
            Incident incident;
            incident.id = IncidentId(fmt::format("{}-{}", monitor, number / 2));
            incident.monitor = MonitorId(monitor);
            incident.evidence = std::string(20'000, 'x');
            if (!open) incident.ended_at = WallTime(std::chrono::seconds(number));
            batch.incidents.push_back(incident);
        }
        return batch;
    }
    static Batch numbered(std::uint32_t number) { return transition(number, number % 2 == 0); }

    void fill_the_disk_but_for_the_reserve() {
        disk_.fill([reserve = path_ + ".reserve"] { return std::filesystem::exists(reserve); });
    }

    /// The number of the last batch that is there, whole. 0: none.
    static std::uint32_t whole(const StoredState& stored) {
        if (stored.states.empty()) {
            EXPECT_TRUE(stored.open_incidents.empty());
            return 0;
        }
        const std::uint32_t number = stored.states[0].state.bad_streak;
        for (const StateRow& row : stored.states) EXPECT_EQ(row.state.bad_streak, number);
        EXPECT_EQ(stored.states.size(), 3U);
        EXPECT_EQ(stored.open_incidents.size(), number % 2 == 0 ? 3U : 0U);
        return number;
    }

    test::FaultyDisk disk_;
    test::TemporaryDirectory directory_;
    const std::string path_ = directory_.file("vigia.db");
};

TEST_F(SqliteFaultsTest, WhicheverWriteFailsACommitIsWholeOrNotThereAndCanBeTriedAgain) {
    unsigned failures = 0;
    for (unsigned failing = 1; failing <= 60; ++failing) {
        const std::string path = directory_.file(fmt::format("{}.db", failing));
        std::uint32_t committed = 0;
        {
            const auto file = SqliteFile::open(path).value();
            disk_.fail_from(failing);
            std::uint32_t next = 2;
            for (; next < 10; ++next) {
                if (!file->commit(numbered(next))) break;
                committed = next;
            }
            if (next == 10) break;  // so many writes there are not
            ++failures;
            EXPECT_FALSE(file->commit(numbered(next))) << "the disk is still broken";
            EXPECT_EQ(whole(*file->load()), committed);
            disk_.heal();
            EXPECT_TRUE(file->commit(numbered(next))) << failing;
            EXPECT_EQ(whole(*file->load()), next);
            committed = next;
        }
        EXPECT_EQ(whole(*SqliteFile::open(path).value()->load()), committed) << failing;
    }
    EXPECT_GT(failures, 20U) << "the test must have hit something";
}

TEST_F(SqliteFaultsTest, AnEndInTheMiddleOfAnyWriteLosesNothingThatWasCommitted) {
    for (unsigned failing = 1; failing <= 30; ++failing) {
        const std::string path = directory_.file(fmt::format("{}.db", failing));
        std::uint32_t committed = 0;
        {
            const auto file = SqliteFile::open(path).value();
            disk_.fail_from(failing);  // until the end: nothing more reaches the disk
            for (std::uint32_t next = 2; next < 20; ++next) {
                if (file->commit(numbered(next))) committed = next;
            }
        }
        disk_.heal();
        // Of the batch that was refused, all may have been written but the answer.
        const std::uint32_t found = whole(*SqliteFile::open(path).value()->load());
        EXPECT_TRUE(found == committed || found == committed + 1) << failing << ": " << found;
    }
}

TEST_F(SqliteFaultsTest, AFileThatCannotBeMadeForTheDiskFailsIsAnErrorAndALaterStartMakesIt) {
    unsigned failures = 0;
    for (unsigned failing = 1; failing <= 40; ++failing) {
        const std::string path = directory_.file(fmt::format("{}.db", failing));
        disk_.fail_from(failing);
        const auto opened = SqliteFile::open(path);
        disk_.heal();
        if (opened) break;
        ++failures;
        EXPECT_EQ(opened.error().code, make_error_code(StoreErrc::unavailable)) << failing;
        const auto again = SqliteFile::open(path);
        ASSERT_TRUE(again.has_value()) << failing << ": " << again.error().detail;
        EXPECT_TRUE((*again)->commit(numbered(2)));
    }
    EXPECT_GT(failures, 2U);
}

TEST_F(SqliteFaultsTest, OnAFullDiskTheReserveIsGivenUpForATransition) {
    const auto file = SqliteFile::open(path_).value();
    ASSERT_TRUE(file->commit(numbered(1)));
    fill_the_disk_but_for_the_reserve();
    EXPECT_TRUE(file->commit(numbered(2)));
    EXPECT_FALSE(std::filesystem::exists(path_ + ".reserve"));
    EXPECT_EQ(whole(*file->load()), 2U);
}

TEST_F(SqliteFaultsTest, OnAFullDiskTheReserveIsGivenUpForAStart) {
    ASSERT_TRUE(SqliteFile::open(path_).value()->commit(numbered(2)));
    fill_the_disk_but_for_the_reserve();
    const auto file = SqliteFile::open(path_);
    ASSERT_TRUE(file.has_value()) << file.error().detail;
    EXPECT_EQ(whole(*(*file)->load()), 2U);
}

TEST_F(SqliteFaultsTest, OnAFullDiskTheReserveIsGivenUpForAStreakToo) {
    const auto file = SqliteFile::open(path_).value();
    fill_the_disk_but_for_the_reserve();
    Batch batch = numbered(1);
    batch.incidents.clear();
    EXPECT_TRUE(file->commit(batch)) << "the next start goes on with it";
    EXPECT_EQ(whole(*file->load()), 1U);
}

TEST_F(SqliteFaultsTest, WithTheReserveSpentAFullDiskRefusesTransitionsUntilThereIsRoom) {
    const auto file = SqliteFile::open(path_).value();
    disk_.fill([] { return true; });
    EXPECT_FALSE(file->commit(numbered(2)));
    EXPECT_FALSE(std::filesystem::exists(path_ + ".reserve"));
    EXPECT_FALSE(file->commit(numbered(2)));
    disk_.heal();
    EXPECT_TRUE(file->commit(numbered(2)));
    for (std::uint32_t number = 3; number < 110; ++number) {
        ASSERT_TRUE(file->commit(numbered(number)));
    }
    EXPECT_TRUE(std::filesystem::exists(path_ + ".reserve")) << "taken again after a while";
}

asio::awaitable<void> commit_into(Store& store, Batch batch, std::optional<Result<void>>& result) {
    result = co_await store.commit(std::move(batch));
}

TEST_F(SqliteFaultsTest, ADiskThatStandsStillDoesNotHoldUpTheLoop) {
    asio::io_context io(1);
    SqliteStore store(io, SqliteFile::open(path_).value());
    disk_.hold();
    std::optional<Result<void>> result;
    asio::co_spawn(io, commit_into(store, numbered(2), result),
                   [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
    io.poll();
    while (disk_.writes() == 0) io.poll();
    EXPECT_FALSE(result);
    disk_.heal();
    io.run();
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->has_value());
    EXPECT_EQ(whole(*store.load()), 2U);
}

}  // namespace
}  // namespace vigia
