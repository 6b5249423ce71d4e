#include "store/sqlite/sqlite_file.hpp"

#include "store/sqlite/file_guard.hpp"
#include "store/sqlite/schema.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <sys/stat.h>

namespace vigia {
namespace {

constexpr WallTime kStart{std::chrono::seconds(1'734'603'323)};

class SqliteFileTest : public testing::Test {
protected:
    static Batch batch(int bad_streak) {
        Batch batch;
        StateRow row{MonitorId("m"), {}};
        row.state.health = Health::down;
        row.state.bad_streak = static_cast<std::uint32_t>(bad_streak);
        row.state.since = kStart;
        batch.states.push_back(row);
        return batch;
    }
    static Batch transition(const std::string& id) {
        Batch batch;
        Incident incident;
        incident.id = IncidentId(id);
        incident.monitor = MonitorId(id);
        incident.evidence = std::string(100'000, 'x');
        batch.incidents.push_back(incident);
        return batch;
    }
    StoreErrc refusal() const {
        const auto opened = SqliteFile::open(path_);
        if (opened) return StoreErrc{};
        return static_cast<StoreErrc>(opened.error().code.value());
    }
    std::string bytes() const {
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void write(const std::string& content) const {
        std::ofstream(path_, std::ios::binary) << content;
    }
    /// Makes a store with something in it, and closes it.
    void make() const {
        const auto file = SqliteFile::open(path_).value();
        ASSERT_TRUE(file->commit(batch(2)).has_value());
        ASSERT_TRUE(file->commit(transition("t")).has_value());
    }
    void make_again() const { ASSERT_TRUE(SqliteFile::open(path_).value()->commit(batch(3))); }
    void execute(const std::string& sql) const { sqlite::Database(path_).execute(sql); }

    test::TemporaryDirectory directory_;
    const std::string path_ = directory_.file("vigia.db");
};

TEST_F(SqliteFileTest, ASecondInstanceIsRefusedUntilTheFirstHasLeft) {
    {
        const auto first = SqliteFile::open(path_).value();
        EXPECT_EQ(refusal(), StoreErrc::held);
        EXPECT_TRUE(first->commit(batch(1)).has_value());
    }
    EXPECT_EQ(refusal(), StoreErrc{});
}

TEST_F(SqliteFileTest, UnderAnotherNameItIsTheSameStore) {
    const auto first = SqliteFile::open(path_).value();
    const std::string link = directory_.file("link.db");
    std::filesystem::create_symlink(path_, link);
    const auto second = SqliteFile::open(link);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, make_error_code(StoreErrc::held));
}

TEST_F(SqliteFileTest, OnlyTheOwnerReadsIt) {
    make();
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
        struct stat status {};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0600U) << entry.path();
    }
}

TEST_F(SqliteFileTest, WhatIsNoStoreIsRefusedAndLeftAsItIs) {
    const std::string text(5000, 'a');
    write(text);
    EXPECT_EQ(refusal(), StoreErrc::foreign);
    EXPECT_EQ(bytes(), text);
}

TEST_F(SqliteFileTest, AnotherProgramsDatabaseIsRefusedAndLeftAsItIs) {
    execute("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
    const std::string before = bytes();
    EXPECT_EQ(refusal(), StoreErrc::foreign);
    EXPECT_EQ(bytes(), before);
}

TEST_F(SqliteFileTest, ANewerStoreIsRefusedAndLeftAsItIs) {
    make();
    execute(fmt::format("PRAGMA user_version = {}", sqlite::versions().size() + 1));
    const std::string before = bytes();
    EXPECT_EQ(refusal(), StoreErrc::newer);
    EXPECT_EQ(bytes(), before);
}

TEST_F(SqliteFileTest, ADamagedStoreIsRefusedAndLeftAsItIs) {
    make();
    const std::string whole = bytes();
    const std::size_t page = 4096;
    ASSERT_GT(whole.size(), 20 * page);
    for (const std::size_t broken_page : {std::size_t{1}, std::size_t{3}, std::size_t{7}}) {
        std::string broken = whole;
        const auto from = broken.begin() + static_cast<std::ptrdiff_t>(broken_page * page);
        std::fill(from, from + page, '\x5a');
        write(broken);
        EXPECT_EQ(refusal(), StoreErrc::damaged) << "page " << broken_page;
        EXPECT_TRUE(bytes() == broken) << "page " << broken_page;
    }
    std::string half = whole.substr(0, whole.size() / 2);
    write(half);
    EXPECT_EQ(refusal(), StoreErrc::damaged) << "cut in half";
    EXPECT_TRUE(bytes() == half);
}

TEST_F(SqliteFileTest, AWordThatNobodyWroteIsDamage) {
    make();
    execute("UPDATE state SET health = 'sideways'");
    const auto stored = SqliteFile::open(path_).value()->load();
    ASSERT_FALSE(stored.has_value());
    EXPECT_EQ(stored.error().code, make_error_code(StoreErrc::damaged));
    EXPECT_NE(stored.error().detail.find("sideways"), std::string::npos);
}

TEST_F(SqliteFileTest, ANumberThatNobodyWroteIsDamage) {
    make();
    execute("UPDATE state SET bad_streak = -1");
    const auto stored = SqliteFile::open(path_).value()->load();
    ASSERT_FALSE(stored.has_value());
    EXPECT_EQ(stored.error().code, make_error_code(StoreErrc::damaged));
}

TEST_F(SqliteFileTest, AnEmptyFileBecomesAStore) {
    write("");
    make();
    EXPECT_EQ(SqliteFile::open(path_).value()->load()->states.size(), 1U);
}

TEST_F(SqliteFileTest, ADirectoryThatIsNotThereIsAnError) {
    const auto opened = SqliteFile::open(directory_.file("missing/vigia.db"));
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, make_error_code(StoreErrc::unavailable));
    EXPECT_FALSE(opened.error().detail.empty());
}

TEST_F(SqliteFileTest, ABatchOfWhichOneRowIsRefusedLeavesNothing) {
    make();
    execute(
        "CREATE TRIGGER refusing BEFORE INSERT ON incident WHEN new.id = 'n' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END");
    const auto file = SqliteFile::open(path_).value();
    Batch second = batch(7);
    second.incidents = transition("n").incidents;
    EXPECT_FALSE(file->commit(second).has_value());
    const auto stored = file->load();
    ASSERT_EQ(stored->states.size(), 1U);
    EXPECT_EQ(stored->states[0].state.bad_streak, 2U);
    EXPECT_EQ(stored->open_incidents.size(), 1U);
}

TEST_F(SqliteFileTest, WhoeverReadsOrCopiesItMeanwhileHoldsUpNoCommit) {
    const auto file = SqliteFile::open(path_).value();
    ASSERT_TRUE(file->commit(transition("m")).has_value());
    sqlite::Database reader(path_);
    reader.execute("BEGIN");
    EXPECT_EQ(reader.integer("SELECT count(*) FROM incident"), 1);
    EXPECT_TRUE(file->commit(transition("n")).has_value());
    EXPECT_EQ(reader.integer("SELECT count(*) FROM incident"), 1) << "as when it began";
}

TEST_F(SqliteFileTest, WhoeverWritesIntoItMeanwhileIsWaitedForAndThenTriedAgain) {
    const auto file = SqliteFile::open(path_).value();
    sqlite::Database writer(path_);
    writer.execute("BEGIN IMMEDIATE");
    const Result<void> written = file->commit(transition("m"));
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().code, make_error_code(StoreErrc::unavailable));
    writer.execute("ROLLBACK");
    EXPECT_TRUE(file->commit(transition("m")).has_value());
}

TEST_F(SqliteFileTest, AFileThatWasRemovedIsNotWrittenIntoTheVoid) {
    const auto file = SqliteFile::open(path_).value();
    ASSERT_TRUE(file->commit(batch(1)).has_value());
    const std::string away = path_ + ".away";
    std::filesystem::rename(path_, away);
    const Result<void> written = file->commit(batch(2));
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().code, make_error_code(StoreErrc::unavailable));
    write("another file");
    EXPECT_FALSE(file->commit(batch(2)).has_value());
    std::filesystem::rename(away, path_);
    EXPECT_TRUE(file->commit(batch(3)).has_value());
    EXPECT_EQ(file->load()->states[0].state.bad_streak, 3U);
}

TEST_F(SqliteFileTest, ALogThatWasRemovedIsNotWrittenIntoTheVoidAndNothingOfItIsLost) {
    {
        const auto file = SqliteFile::open(path_).value();
        ASSERT_TRUE(file->commit(batch(1)).has_value());
        std::filesystem::remove(path_ + "-wal");
        const Result<void> written = file->commit(batch(2));
        ASSERT_FALSE(written.has_value());
        EXPECT_NE(written.error().detail.find("-wal"), std::string::npos);
    }
    EXPECT_EQ(SqliteFile::open(path_).value()->load()->states.at(0).state.bad_streak, 1U);
}

TEST_F(SqliteFileTest, ALockThatWasRemovedIsTakenAgainOrTheStoreIsLeftToWhoTookIt) {
    const std::string lock = path_ + ".lock";
    const auto first = SqliteFile::open(path_).value();
    std::filesystem::remove(lock);
    EXPECT_TRUE(first->commit(batch(1)).has_value());
    EXPECT_EQ(refusal(), StoreErrc::held);
    std::filesystem::remove(lock);
    const auto second = SqliteFile::open(path_);
    ASSERT_TRUE(second.has_value());
    EXPECT_FALSE(first->commit(batch(2)).has_value());
    EXPECT_TRUE((*second)->commit(batch(3)).has_value());
}

TEST_F(SqliteFileTest, ATableThatIsMissingIsDamage) {
    make();
    execute("DROP TABLE incident_recipient");
    EXPECT_EQ(refusal(), StoreErrc::damaged);
}

TEST_F(SqliteFileTest, ANotificationOfWhichNobodyKnowsWhatItTellsIsDamage) {
    {
        const auto file = SqliteFile::open(path_).value();
        Batch told;
        Notification row;
        row.id = NotificationId("n");
        auto what = std::make_shared<Announcement>();
        what->incident = IncidentId("i");
        row.announcement = what;
        told.notifications.push_back(row);
        ASSERT_TRUE(file->commit(told).has_value());
    }
    execute("DELETE FROM announcement");
    const auto stored = SqliteFile::open(path_).value()->load();
    ASSERT_FALSE(stored.has_value());
    EXPECT_EQ(stored.error().code, make_error_code(StoreErrc::damaged));
}

TEST_F(SqliteFileTest, TheReserveStandsBesideItAndGoesOnWithTheNextRun) {
    make();
    EXPECT_EQ(std::filesystem::file_size(path_ + ".reserve"), sqlite::Reserve::kBytes);
    make_again();
    EXPECT_EQ(std::filesystem::file_size(path_ + ".reserve"), sqlite::Reserve::kBytes);
}

}  // namespace
}  // namespace vigia
