// What a store's file keeps of results: the last ones as they are, all of them summed up; over
// restarts, clocks that jump, disks that fail and files that are damaged.

#include "store/sqlite/rollup_writer.hpp"
#include "tests/contract/history_fixture.hpp"
#include "tests/support/faulty_disk.hpp"

#include <algorithm>
#include <map>

namespace vigia {
namespace {

class SqliteHistoryTest : public test::HistoryTest {
protected:
    static constexpr std::size_t kRecent = sqlite::RollupWriter::kRecent;
    static TimeRange ever() { return {WallTime{}, at(hours(24 * 40'000))}; }
};

TEST_F(SqliteHistoryTest, AResultIsSeenAsSoonAsItIsCommitted) {
    commit(result("m", seconds(5), Outcome::down, milliseconds(1500)));
    const auto recent = history()->recent(id("m")).value();
    ASSERT_EQ(recent.size(), 1U);
    EXPECT_EQ(recent[0],
              (PastResult{at(seconds(5)), Outcome::down, ReasonCode::timeout, milliseconds(1500)}));
    EXPECT_EQ(total("m", range({}, minutes(5))).count(Outcome::down), 1U);
    EXPECT_EQ(total("m", range(minutes(5), minutes(10))), Rollup());
}

TEST_F(SqliteHistoryTest, WhatIsNotKnownHasNothingToShow) {
    commit(result("m", {}, Outcome::up));
    const auto reader = history();
    EXPECT_TRUE(reader->recent(id("n"))->empty());
    EXPECT_EQ(reader->total(id("n"), ever()).value(), Rollup());
    EXPECT_TRUE(reader->series(id("n"), ever(), hours(1))->empty());
    EXPECT_FALSE(reader->uptime(id("n"), ever())->share());
    EXPECT_TRUE(reader->spans(id("n"), ever())->empty());
}

TEST_F(SqliteHistoryTest, TheLastResultsAreKeptInTheOrderOfArrival) {
    std::vector<PastResult> expected;
    for (int i = 0; i < 300; ++i) {
        const ResultRow row =
            result("m", minutes(i), i % 3 == 0 ? Outcome::up : Outcome::unknown, milliseconds(i));
        commit(row);
        commit(result("n", minutes(i) + seconds(1), Outcome::up));
        expected.push_back({row.at, row.outcome, row.reason, row.total});
        if (i % 70 == 0) restart();
    }
    expected.erase(expected.begin(), expected.end() - kRecent);
    EXPECT_EQ(history()->recent(id("m")).value(), expected);
    restart();
    EXPECT_EQ(history()->recent(id("m")).value(), expected);
}

TEST_F(SqliteHistoryTest, EveryTierIsTheSumOfAllResultsWheneverItIsLookedAt) {
    Rng rng(1);
    std::map<std::string, Rollup> expected;
    Duration now{};
    for (int commits = 0; commits < 400; ++commits) {
        Batch batch;
        for (std::uint64_t n = rng.below(30); n > 0; --n) {
            const std::string monitor = fmt::format("m{}", rng.below(1500));
            const auto outcome = static_cast<Outcome>(rng.below(4));
            const Duration total = milliseconds(rng.below(5000));
            batch.results.push_back(result(monitor, now, outcome, total));
            expected[monitor].add(outcome, total);
            now += milliseconds(rng.below(10'000));
        }
        commit(batch);
        if (rng.below(40) == 0) restart();
        const std::string asked = fmt::format("m{}", rng.below(1500));
        ASSERT_EQ(total(asked, range(-hours(48), hours(48))), expected[asked])
            << asked << " after " << commits;
    }
    const auto reader = history();
    for (const auto& [monitor, sum] : expected) {
        for (const Duration step :
             {Duration(minutes(5)), Duration(hours(1)), Duration(hours(24))}) {
            Rollup merged;
            const auto series =
                reader->series(id(monitor), {kDay - hours(1), at(now) + hours(1)}, step).value();
            for (const SeriesPoint& point : series) merged.merge(point.rollup);
            ASSERT_EQ(merged, sum) << monitor;
        }
    }
}

TEST_F(SqliteHistoryTest, TheJournalHoldsMinutesAndNothingElseGrowsWithTheResults) {
    for (int i = 0; i < 6 * 60; ++i) commit(result("m", seconds(10 * i), Outcome::up));
    EXPECT_LE(count("journal"), 31);
    EXPECT_LE(count("rollup"), 12 + 2 + 1);
    EXPECT_EQ(count("recent"), 1);
    EXPECT_EQ(count("monitor"), 1);
}

TEST_F(SqliteHistoryTest, ManyMonitorsAreMovedInBitesOverTheFollowingCommits) {
    Batch batch;
    for (int m = 0; m < 2000; ++m) {
        batch.results.push_back(result(fmt::format("m{}", m), seconds(m % 60), Outcome::up));
    }
    commit(batch);
    commit(result("m0", minutes(5), Outcome::up));
    const std::int64_t first_bite = count("recent");
    EXPECT_GT(first_bite, 0);
    EXPECT_LT(first_bite, 500);
    for (int commits = 0; commits < 3; ++commits) {
        for (const char* const monitor : {"m0", "m1", "m1999"}) {
            EXPECT_EQ(total(monitor, range({}, minutes(5))).count(Outcome::up), 1U) << monitor;
            EXPECT_GE(history()->recent(id(monitor))->size(), 1U) << monitor;
        }
        restart();
        settle(1);
    }
    settle();
    EXPECT_EQ(count("recent"), 2000);
    EXPECT_EQ(count("journal"), 1);
}

TEST_F(SqliteHistoryTest, AClockThatJumpsCostsNoResult) {
    keep_for_ever();
    Rollup expected;
    const Duration jumps[] = {hours(24 * 9000),
                              -hours(24 * 9000),
                              -hours(3),
                              hours(3),
                              -at({}).time_since_epoch() - hours(5),
                              hours(24 * 12'345)};
    Duration now{};
    for (const Duration jump : jumps) {
        now += jump;
        for (int i = 0; i < 20; ++i, now += seconds(30)) {
            commit(result("m", now, Outcome::up, milliseconds(i)));
            expected.add(Outcome::up, milliseconds(i));
        }
    }
    EXPECT_EQ(total("m", ever()), expected);
    EXPECT_EQ(history()->recent(id("m"))->back().at, at(now - seconds(30)));
    settle();
    restart();
    EXPECT_EQ(total("m", ever()), expected);
}

TEST_F(SqliteHistoryTest, TimesFromNowhereCostNoResultAndNoTime) {
    keep_for_ever();
    Rng rng(2);
    std::uint64_t expected = 0;
    for (int commits = 0; commits < 200; ++commits) {
        Batch batch;
        for (int i = 0; i < 20; ++i, ++expected) {
            ResultRow row = result("m", {}, Outcome::up);
            row.at = WallTime(Duration(static_cast<std::int64_t>(rng.next())));
            row.total = Duration(static_cast<std::int64_t>(rng.next()));
            row.cycle = Duration(static_cast<std::int64_t>(rng.next()));
            batch.results.push_back(row);
        }
        commit(batch);
    }
    const auto reader = history();
    EXPECT_EQ(reader->recent(id("m"))->size(), kRecent);
    EXPECT_LE(count("journal"), 20);
    const Rollup sum = reader->total(id("m"), {WallTime::min(), WallTime::max()}).value();
    EXPECT_GT(sum.count(Outcome::up), expected * 9 / 10) << "but for those beyond the range";
    EXPECT_TRUE(reader->series(id("m"), {WallTime::min(), WallTime::max()}, Duration::max()));
    EXPECT_TRUE(reader->series(id("m"), {WallTime::min(), WallTime::max()}, Duration::min()));
    EXPECT_TRUE(reader->uptimes({WallTime::min(), WallTime::max()}));
}

TEST_F(SqliteHistoryTest, AClockThatStandsStillDoesNotLetTheJournalGrowForEver) {
    Batch batch;
    batch.results.assign(100'000, result("m", {}, Outcome::up));
    for (int i = 0; i < 25; ++i) commit(batch);
    EXPECT_LE(count("journal"), 11);
    EXPECT_EQ(total("m", ever()).count(Outcome::up), 2'500'000U);
}

TEST_F(SqliteHistoryTest, WhicheverWriteFailsResultsAreCountedOnce) {
    test::FaultyDisk disk;
    file();
    Rollup expected;
    Duration now{};
    unsigned refused = 0;
    for (unsigned failing = 1; failing < 200; failing += 3) {
        disk.fail_from(failing % 23 + 1);
        for (int i = 0; i < 12; ++i, now += seconds(40)) {
            Batch batch;
            for (int m = 0; m < 3; ++m) {
                batch.results.push_back(result(fmt::format("m{}", m), now, Outcome::up));
            }
            if (!file().commit(batch)) {
                ++refused;
                disk.heal();
                if (failing % 2 == 0) restart();
                ASSERT_TRUE(file().commit(batch)) << "healed";
            }
            expected.add(Outcome::up, milliseconds(20));
        }
        disk.heal();
    }
    EXPECT_GT(refused, 20U) << "the test must have hit something";
    for (const char* const monitor : {"m0", "m1", "m2"}) {
        EXPECT_EQ(total(monitor, ever()), expected) << monitor;
    }
    restart();  // the disk goes first
}

TEST_F(SqliteHistoryTest, DamageInTheHistoryHoldsUpNoTransition) {
    const char* const damage[] = {
        "UPDATE journal SET results = x'ff'",
        "UPDATE recent SET results = x'ff'",
        "UPDATE rollup SET content = x'ff'",
        "UPDATE chapter SET seq = -5, monitor = -5",
        "UPDATE monitor SET state = 'sideways', since = -9223372036854775808",
        "UPDATE monitor SET no = 99999999999",
        "UPDATE reason SET name = 'because' || no",
        "DELETE FROM chapter",
        "DROP TABLE journal",
        "DROP TABLE rollup; CREATE TABLE rollup (a)",
        "ALTER TABLE monitor RENAME TO elsewhere",
    };
    for (const char* const sql : damage) {
        const std::string path = directory_.file("damaged.db");
        {
            const auto store = SqliteFile::open(path).value();
            for (int i = 0; i < 30; ++i) {
                Batch batch;
                batch.results.push_back(result("m", minutes(i), Outcome::up));
                if (i == 0) batch.states.push_back(state("m", {}, Health::up));
                ASSERT_TRUE(store->commit(batch));
            }
        }
        sqlite::Database(path).execute(sql);
        const auto store = SqliteFile::open(path).value();
        for (int i = 30; i < 60; ++i) {
            Batch batch;
            batch.results.push_back(result("m", minutes(i), Outcome::down));
            batch.states.push_back(state("m", minutes(i), Health::down));
            ASSERT_TRUE(store->commit(batch)) << sql;
        }
        EXPECT_EQ(store->load()->states.at(0).state.health, Health::down) << sql;
        if (const auto reader = SqliteHistory::open(path)) {
            (void)(*reader)->states();
            (void)(*reader)->uptimes(ever());
            (void)(*reader)->total(id("m"), ever());
            (void)(*reader)->series(id("m"), ever(), hours(1));
            (void)(*reader)->recent(id("m"));
        }
        for (const char* const name : {"", "-wal", "-shm"}) std::remove((path + name).c_str());
    }
}

}  // namespace
}  // namespace vigia
