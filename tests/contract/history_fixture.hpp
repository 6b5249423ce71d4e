#pragma once

#include "base/rng.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/history_reader.hpp"
#include "store/sqlite/sqlite_file.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigia::test {

/// A store in a file, and what reads its history beside it. Times are told from kDay, a midnight.
class HistoryTest : public testing::Test {
protected:
    using hours = std::chrono::hours;
    using minutes = std::chrono::minutes;
    using seconds = std::chrono::seconds;
    using milliseconds = std::chrono::milliseconds;

    static constexpr WallTime kDay{std::chrono::hours(24 * 20'000)};

    static WallTime at(Duration since) { return kDay + since; }
    static TimeRange range(Duration from, Duration to) { return {at(from), at(to)}; }
    static MonitorId id(const std::string& monitor) { return MonitorId(monitor); }

    static ResultRow result(const std::string& monitor, Duration since, Outcome outcome,
                            Duration total = milliseconds(20)) {
        const ReasonCode reason = is_good(outcome)              ? ReasonCode::none
                                  : outcome == Outcome::unknown ? ReasonCode::own_lateness
                                                                : ReasonCode::timeout;
        return {id(monitor), at(since), outcome, reason, total, minutes(1)};
    }
    static StateRow state(const std::string& monitor, Duration since, Health health) {
        StateRow row{id(monitor), {}};
        row.state.health = health;
        row.state.since = at(since);
        return row;
    }

    SqliteFile& file() {
        if (!file_) file_ = SqliteFile::open(path_, retention_).value();
        return *file_;
    }
    void restart() { file_.reset(); }
    void keep_for_ever() {
        constexpr Duration kTwoCenturies = hours(2 * 36'525 * 24);
        retention_ = {kTwoCenturies, kTwoCenturies, kTwoCenturies, kTwoCenturies, kTwoCenturies};
    }
    void commit(const Batch& batch) {
        const Result<void> written = file().commit(batch);
        ASSERT_TRUE(written.has_value()) << written.error().detail;
    }
    void commit(ResultRow row) {
        Batch batch;
        batch.results.push_back(std::move(row));
        commit(batch);
    }
    /// A check, and what it decides if that is news.
    void check(const std::string& monitor, Duration since, Outcome outcome,
               std::optional<Health> decided = {}) {
        Batch batch;
        batch.results.push_back(result(monitor, since, outcome));
        if (decided) batch.states.push_back(state(monitor, since, *decided));
        commit(batch);
    }
    /// Lets what waits be moved: commits that bring nothing.
    void settle(int commits = 20) {
        for (int i = 0; i < commits; ++i) commit(Batch());
    }

    std::unique_ptr<SqliteHistory> history() {
        file();  // makes it
        return SqliteHistory::open(path_).value();
    }
    Rollup total(const std::string& monitor, const TimeRange& range) {
        return history()->total(id(monitor), range).value();
    }
    std::int64_t count(const std::string& table) {
        return sqlite::Database(path_).integer("SELECT count(*) FROM " + table);
    }

    TemporaryDirectory directory_;
    const std::string path_ = directory_.file("vigia.db");
    Retention retention_;
    std::unique_ptr<SqliteFile> file_;
};

}  // namespace vigia::test
