// What the dashboard asks of the history in a file.

#include "store/sqlite/history_queries.hpp"
#include "tests/contract/history_fixture.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace vigia {
namespace {

class HistoryReaderTest : public test::HistoryTest {
protected:
    /// Checks of "m" every `step`, of which the n-th takes n milliseconds.
    void checks(Duration from, Duration to, Duration step) {
        Batch batch;
        int n = 0;
        for (Duration t = from; t < to; t += step) {
            batch.results.push_back(result("m", t, Outcome::up, milliseconds(++n)));
            if (batch.results.size() < 20) continue;
            commit(batch);
            batch = Batch();
        }
        commit(batch);
    }
    void incident(const std::string& monitor, Duration confirmed) {
        Batch batch;
        Incident i;
        i.id = IncidentId(fmt::format("{}-{}", monitor, confirmed.count()));
        i.monitor = id(monitor);
        i.confirmed_at = at(confirmed);
        i.ended_at = at(confirmed + minutes(3));
        i.end_reason = EndReason::retired;
        i.reason = {Phase::status, ReasonCode::unexpected_status, 503, "why"};
        i.evidence = "<html>";
        i.headers = "HTTP/1.1 503 Oh";
        batch.incidents.push_back(i);
        commit(batch);
    }
    static StoreErrc code(const Error& error) { return static_cast<StoreErrc>(error.code.value()); }
};

TEST_F(HistoryReaderTest, EveryQueryIsAnsweredByIndexes) {
    file();
    sqlite::Database database(path_);
    for (const std::string_view sql : sqlite::kHistoryQueries) {
        sqlite::Statement plan(database, "EXPLAIN QUERY PLAN " + std::string(sql));
        while (plan.step()) {
            const std::string step = plan.text(3);
            // The journal holds minutes, and of monitors and states all are wanted.
            for (const char* const table : {"span", "rollup", "recent", "incident"}) {
                EXPECT_FALSE(step.starts_with(fmt::format("SCAN {}", table))) << sql << "\n"
                                                                              << step;
            }
            if (sql.find("LIMIT ?3") != std::string_view::npos) {
                EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << sql << "\n" << step;
            }
        }
    }
}

TEST_F(HistoryReaderTest, PercentilesAreThoseOfTheRange) {
    checks({}, hours(30), minutes(1));
    for (const auto& [from, to] : {std::pair<Duration, Duration>{{}, hours(30)},
                                   {minutes(5), minutes(10)},
                                   {minutes(55), hours(7)},
                                   {hours(23), hours(25)},
                                   {hours(29), hours(30)}}) {
        const Rollup sum = total("m", range(from, to));
        const double first = static_cast<double>(from / minutes(1)) + 1;
        const double last = static_cast<double>(to / minutes(1));
        EXPECT_EQ(static_cast<double>(sum.count(Outcome::up)), last - first + 1);
        for (const double share : {0.5, 0.95}) {
            const double exact = first - 1 + std::ceil(share * (last - first + 1));
            EXPECT_NEAR(to_seconds(sum.latency.percentile(share)) * 1000, exact,
                        exact * LatencyHistogram::kRelativeError);
        }
    }
}

TEST_F(HistoryReaderTest, ASeriesHasAPointForEachStepWithChecks) {
    checks({}, hours(2), minutes(1));
    checks(hours(5), hours(6), minutes(1));
    const auto reader = history();
    const auto by_hour = reader->series(id("m"), range({}, hours(6)), hours(1)).value();
    ASSERT_EQ(by_hour.size(), 3U);
    EXPECT_EQ(by_hour[0].range, range({}, hours(1)));
    EXPECT_EQ(by_hour[2].range, range(hours(5), hours(6)));
    for (const SeriesPoint& point : by_hour) EXPECT_EQ(point.rollup.count(Outcome::up), 60U);

    const auto by_quarter = reader->series(id("m"), range({}, hours(1)), minutes(13)).value();
    ASSERT_EQ(by_quarter.size(), 4U) << "whole slots";
    EXPECT_EQ(by_quarter[1].range, range(minutes(15), minutes(30)));
    EXPECT_EQ(by_quarter[1].rollup.count(Outcome::up), 15U);

    const auto of_a_year = reader->series(id("m"), range(-hours(8760), hours(6)), minutes(5));
    EXPECT_LE(of_a_year->size(), History::kMostPoints);
    const auto in_one = reader->series(id("m"), range({}, hours(6)), hours(24 * 365));
    ASSERT_EQ(in_one->size(), 1U);
    EXPECT_EQ(in_one->at(0).rollup.count(Outcome::up), 180U);
}

TEST_F(HistoryReaderTest, WhereFiveMinutesAreGoneASeriesIsOfHours) {
    retention_.five_minutes = hours(24);
    checks({}, hours(24 * 4), minutes(5));
    settle(50);
    const auto series = history()->series(id("m"), range({}, hours(6)), minutes(5)).value();
    ASSERT_EQ(series.size(), 6U);
    EXPECT_EQ(series[0].rollup.count(Outcome::up), 12U);
    const auto fresh = history()->series(id("m"), range(hours(90), hours(96)), minutes(5)).value();
    EXPECT_EQ(fresh.size(), 72U);
}

TEST_F(HistoryReaderTest, IncidentsComeInPagesTheNewestFirst) {
    for (int i = 0; i < 7; ++i) incident(i % 2 == 0 ? "even" : "odd", hours(i / 2));
    const auto reader = history();
    std::vector<std::string> seen;
    IncidentQuery query;
    query.limit = 3;
    for (;;) {
        const auto page = reader->incidents(query).value();
        for (const Incident& i : page) seen.push_back(i.id.str());
        if (page.size() < query.limit) break;
        query.after = IncidentCursor{page.back().confirmed_at, page.back().id};
    }
    ASSERT_EQ(seen.size(), 7U);
    std::vector<std::string> once = seen;
    std::ranges::sort(once);
    EXPECT_EQ(std::ranges::adjacent_find(once), once.end());
    EXPECT_TRUE(seen[0].starts_with("even-"));

    query = IncidentQuery{};
    query.monitor = id("odd");
    const auto odd = reader->incidents(query).value();
    ASSERT_EQ(odd.size(), 3U);
    EXPECT_EQ(odd[0].monitor, id("odd"));
    EXPECT_EQ(odd[0].reason, (Reason{Phase::status, ReasonCode::unexpected_status, 503, "why"}));
    EXPECT_EQ(odd[0].evidence, "<html>");
    EXPECT_EQ(odd[0].headers, "HTTP/1.1 503 Oh");
    EXPECT_FALSE(odd[0].tls);
    EXPECT_EQ(odd[0].ended_at, odd[0].confirmed_at + minutes(3));
    EXPECT_EQ(odd[0].end_reason, EndReason::retired);
    EXPECT_GT(odd[0].confirmed_at, odd[1].confirmed_at);
}

TEST_F(HistoryReaderTest, ReadsBesideTheWriterAndHoldsUpNoCommit) {
    const auto reader = history();
    for (int i = 0; i < 400; ++i) {
        check("m", seconds(i), Outcome::up);
        EXPECT_EQ(reader->total(id("m"), range({}, hours(1)))->count(Outcome::up),
                  static_cast<std::uint64_t>(i) + 1);
    }
    restart();
    EXPECT_EQ(reader->recent(id("m"))->size(), 120U) << "nobody writes any more";
}

TEST_F(HistoryReaderTest, WhatIsNoStoreIsRefused) {
    const auto refusal = [](const std::string& path) {
        const auto opened = SqliteHistory::open(path);
        return opened ? StoreErrc{} : code(opened.error());
    };
    EXPECT_EQ(refusal(directory_.file("missing.db")), StoreErrc::unavailable);
    EXPECT_FALSE(std::filesystem::exists(directory_.file("missing.db")));
    std::ofstream(directory_.file("text.db")) << std::string(5000, 'x');
    EXPECT_EQ(refusal(directory_.file("text.db")), StoreErrc::foreign);
    commit(Batch());
    restart();
    sqlite::Database(path_).execute("PRAGMA user_version = 2");
    EXPECT_EQ(refusal(path_), StoreErrc::older);
    sqlite::Database(path_).execute("PRAGMA user_version = 99");
    EXPECT_EQ(refusal(path_), StoreErrc::newer);
}

TEST_F(HistoryReaderTest, WhatNobodyWroteIsDamage) {
    struct Case {
        const char* sql;
        bool (*fails)(SqliteHistory&);
    };
    static const MonitorId kM("m");
    static const TimeRange kEver{WallTime{}, WallTime::max()};
    const Case cases[] = {
        {"UPDATE journal SET results = x'ff'",
         [](SqliteHistory& h) { return h.recent(kM).has_error(); }},
        {"UPDATE recent SET results = x'ff'",
         [](SqliteHistory& h) { return h.recent(kM).has_error(); }},
        {"DELETE FROM reason", [](SqliteHistory& h) { return h.recent(kM).has_error(); }},
        {"UPDATE rollup SET content = x'ff'",
         [](SqliteHistory& h) { return h.total(kM, kEver).has_error(); }},
        {"UPDATE monitor SET state = 'sideways'",
         [](SqliteHistory& h) { return h.uptime(kM, kEver).has_error(); }},
        {"UPDATE state SET health = 'sideways'",
         [](SqliteHistory& h) { return h.states().has_error(); }},
        {"DROP TABLE span", [](SqliteHistory& h) { return h.uptimes(kEver).has_error(); }},
    };
    for (const Case& c : cases) {
        restart();
        std::filesystem::remove(path_);
        check("m", {}, Outcome::up, Health::up);
        for (int i = 1; i < 20; ++i) check("m", minutes(i), Outcome::up);
        restart();
        sqlite::Database(path_).execute(c.sql);
        EXPECT_TRUE(c.fails(*SqliteHistory::open(path_).value())) << c.sql;
    }
}

}  // namespace
}  // namespace vigia
