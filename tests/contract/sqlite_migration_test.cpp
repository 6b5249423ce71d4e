#include "store/sqlite/history_reader.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_file.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/stat.h>
#include <vector>

namespace vigia {
namespace {

/// A store file as version 1 wrote it.
class SqliteMigrationTest : public testing::Test {
protected:
    SqliteMigrationTest() { make("v1.sql"); }

    /// Makes the file that tests/contract/stores/DUMP describes.
    void make(const std::string& dump) {
        std::filesystem::remove(path_);
        std::ifstream sql(VIGIA_SOURCE_DIR "/tests/contract/stores/" + dump);
        EXPECT_TRUE(sql.is_open());
        sqlite::Database(path_).execute({std::istreambuf_iterator<char>(sql), {}});
    }
    /// The versions of a program that is one version further than this one, by `script`.
    static std::vector<const char*> with_next(const char* script) {
        const sqlite::Versions known = sqlite::versions();
        std::vector<const char*> versions(known.begin(), known.end());
        versions.push_back(script);
        return versions;
    }
    std::int64_t version_of(const std::string& path) const {
        return sqlite::Database(path).integer("PRAGMA user_version");
    }
    std::string newest_backup() const {
        return path_ + ".v" + std::to_string(sqlite::versions().size());
    }

    test::TemporaryDirectory directory_;
    const std::string path_ = directory_.file("vigia.db");
};

constexpr const char* kNext = "CREATE TABLE later (a INTEGER); INSERT INTO later VALUES (7);";

TEST_F(SqliteMigrationTest, AStoreOfTheFirstVersionIsReadByThisOne) {
    const auto stored = SqliteFile::open(path_).value()->load();
    ASSERT_TRUE(stored.has_value());
    ASSERT_EQ(stored->states.size(), 2U);
    EXPECT_EQ(stored->states[0].monitor, MonitorId("site-web-dos"));
    EXPECT_EQ(stored->states[0].state.bad_streak, 2U);
    EXPECT_TRUE(stored->states[0].state.first_failure);
    EXPECT_EQ(stored->states[1].state.health, Health::down);
    ASSERT_EQ(stored->open_incidents.size(), 1U);
    const Incident& open = stored->open_incidents[0];
    EXPECT_EQ(open.monitor_name, "Web uno");
    EXPECT_EQ(open.reason, (Reason{Phase::status, ReasonCode::unexpected_status, 503, ""}));
    EXPECT_EQ(open.recipients,
              (std::vector<Recipient>{{"email", "ana@example.org"}, {"email", "eva@example.org"}}));
    ASSERT_EQ(stored->pending.size(), 1U);
    EXPECT_EQ(stored->pending[0].recipient.address, "eva@example.org");
    EXPECT_EQ(stored->pending[0].attempts, 2U);
    EXPECT_EQ(stored->pending[0].digest, "") << "version 1 knew of none";
    EXPECT_EQ(stored->pending[0].announcement->incident, open.id);
    EXPECT_EQ(version_of(path_), static_cast<std::int64_t>(sqlite::versions().size()));
}

TEST_F(SqliteMigrationTest, AStoreOfTheSecondVersionIsReadAndGoesOnWithAHistory) {
    make("v2.sql");
    const auto file = SqliteFile::open(path_).value();
    const auto stored = file->load();
    ASSERT_TRUE(stored.has_value());
    ASSERT_EQ(stored->states.size(), 2U);
    ASSERT_EQ(stored->open_incidents.size(), 1U);
    ASSERT_EQ(stored->pending.size(), 1U);
    EXPECT_EQ(stored->pending[0].digest, "digest:0123456789abcdef:email:eva@example.org");
    EXPECT_EQ(version_of(path_), static_cast<std::int64_t>(sqlite::versions().size()));

    const MonitorId down = stored->states[1].monitor;
    const WallTime start = *stored->states[1].state.since;
    for (int i = 0; i < 3; ++i) {
        Batch batch;
        batch.results.push_back({down,
                                 start + std::chrono::minutes(i),
                                 Outcome::down,
                                 ReasonCode::timeout,
                                 {},
                                 std::chrono::minutes(1)});
        ASSERT_TRUE(file->commit(batch));
    }
    const auto history = SqliteHistory::open(path_).value();
    EXPECT_EQ(history->recent(down)->size(), 3U);
    const TimeRange hour{start, start + std::chrono::hours(1)};
    EXPECT_NEAR(to_seconds(history->uptime(down, hour)->in(SpanState::down)), 120, 0.001);
    EXPECT_EQ(history->incidents({})->size(), 1U);
}

TEST_F(SqliteMigrationTest, ACopyIsMadeBeforeAFileIsBroughtToANewerVersion) {
    ASSERT_TRUE(SqliteFile::open(path_).has_value());
    const auto versions = with_next(kNext);
    const auto file = SqliteFile::open(path_, versions).value();
    EXPECT_EQ(file->load()->open_incidents.size(), 1U);
    EXPECT_EQ(sqlite::Database(path_).integer("SELECT a FROM later"), 7);
    EXPECT_EQ(SqliteFile::open(newest_backup()).value()->load()->open_incidents.size(), 1U);
    struct stat status {};
    ASSERT_EQ(::stat(newest_backup().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_FALSE(std::filesystem::exists(newest_backup() + ".part"));
}

TEST_F(SqliteMigrationTest, AStoreAlreadyOfThisVersionIsNotCopied) {
    const auto versions = with_next(kNext);
    ASSERT_TRUE(SqliteFile::open(path_, versions).has_value());
    std::filesystem::remove(newest_backup());
    ASSERT_TRUE(SqliteFile::open(path_, versions).has_value());
    EXPECT_FALSE(std::filesystem::exists(newest_backup()));
}

TEST_F(SqliteMigrationTest, OneThatFailsLeavesTheOldVersionWhole) {
    ASSERT_TRUE(SqliteFile::open(path_).has_value());
    const auto versions = with_next("CREATE TABLE later (a); DROP TABLE state; nonsense");
    EXPECT_FALSE(SqliteFile::open(path_, versions).has_value());
    EXPECT_EQ(SqliteFile::open(path_).value()->load()->states.size(), 2U);
    EXPECT_EQ(version_of(path_), static_cast<std::int64_t>(sqlite::versions().size()));
}

TEST_F(SqliteMigrationTest, WithoutACopyNothingIsChanged) {
    ASSERT_TRUE(SqliteFile::open(path_).has_value());
    std::filesystem::create_directory(newest_backup());  // in the way of the copy
    std::ofstream(newest_backup() + "/file") << "x";
    EXPECT_FALSE(SqliteFile::open(path_, with_next(kNext)).has_value());
    EXPECT_EQ(version_of(path_), static_cast<std::int64_t>(sqlite::versions().size()));
}

}  // namespace
}  // namespace vigia
