// What the history costs: bytes in the file and on the disk, CPU, and the time that a store with a
// month in it takes to open. Virtual time; a file on the disk.
//
// usage: bench_history run DIRECTORY MONITORS INTERVAL_S HOURS
//        bench_history month DIRECTORY MONITORS

#include "base/rng.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/history_reader.hpp"
#include "store/sqlite/sqlite_file.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <vector>

namespace {

using namespace vigia;

constexpr WallTime kStart{std::chrono::hours(24 * 20'000)};

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// What the kernel was asked to write to disks so far.
double written_bytes() {
    std::ifstream io("/proc/self/io");
    std::string name;
    double value = 0;
    while (io >> name >> value) {
        if (name == "wchar:") return value;
    }
    return 0;
}

double wall_seconds() {
    return to_seconds(std::chrono::steady_clock::now().time_since_epoch());
}

template <class Call>
double timed(Call call) {
    const double start = wall_seconds();
    call();
    return wall_seconds() - start;
}

MonitorId monitor_id(int number) {
    return MonitorId(fmt::format("site-monitor-number-{}", number));
}

/// A check of a quiet monitor: around its own latency, one in a thousand fails.
ResultRow result(int monitor, WallTime at, Duration interval, Rng& rng) {
    const double usual = 0.02 + 0.001 * (monitor % 200);
    const bool good = rng.below(1000) != 0;
    return {monitor_id(monitor),
            at,
            good ? Outcome::up : Outcome::down,
            good ? ReasonCode::none : ReasonCode::timeout,
            from_seconds(good ? usual * rng.uniform(0.8, 1.5) : 10),
            interval};
}

void commit(SqliteFile& file, const Batch& batch) {
    if (const Result<void> written = file.commit(batch); !written) {
        std::fprintf(stderr, "bench_history: %s\n", written.error().detail.c_str());
        std::exit(1);
    }
}

/// Commits what the monitors find, a second a batch, as the engine does; empty seconds make none.
void feed(SqliteFile& file, int monitors, int interval_s, int seconds) {
    Rng rng(1);
    const Duration interval = std::chrono::seconds(interval_s);
    for (int second = 0; second < seconds; ++second) {
        Batch batch;
        for (int m = second % interval_s; m < monitors; m += interval_s) {
            const WallTime at = kStart + std::chrono::seconds(second) +
                                std::chrono::microseconds(rng.below(1'000'000));
            batch.results.push_back(result(m, at, interval, rng));
            if (second >= interval_s) continue;
            StateRow row{monitor_id(m), {}};
            row.state.health = Health::up;
            row.state.since = at;
            batch.states.push_back(row);
        }
        if (!batch.results.empty()) commit(file, batch);
    }
}

int run(const std::string& directory, int monitors, int interval_s, int hours) {
    const std::string path = directory + "/history.db";
    const double cpu = cpu_seconds();
    const double written = written_bytes();
    const int seconds = hours * 3600;
    {
        const auto file = SqliteFile::open(path).value();
        feed(*file, monitors, interval_s, seconds);
        for (int i = 0; i < 100; ++i) commit(*file, Batch());
    }
    const double results = static_cast<double>(monitors) * seconds / interval_s;
    sqlite::Database database(path);
    fmt::print(
        "{{\"monitors\": {}, \"interval_s\": {}, \"hours\": {}, \"results\": {}, "
        "\"cpu_ms_per_1000\": {:.2f}, \"written_bytes_per_s\": {:.0f}",
        monitors, interval_s, hours, results, (cpu_seconds() - cpu) / results * 1e6,
        (written_bytes() - written) / seconds);
    // What SQLite adds to a row: its key, its header, and its share of a page that is not full.
    const auto table = static_cast<double>(
        database.integer("SELECT sum(pgsize) FROM dbstat WHERE name = 'rollup'"));
    const auto content =
        static_cast<double>(database.integer("SELECT sum(length(content)) FROM rollup"));
    const auto rows = static_cast<double>(database.integer("SELECT count(*) FROM rollup"));
    for (const int length : {300, 3600, 86'400}) {
        const std::int64_t mean = database.integer(
            fmt::format("SELECT avg(length(content)) FROM rollup WHERE length = {}", length));
        fmt::print(", \"bytes_per_rollup_{}\": {:.0f}", length,
                   static_cast<double>(mean) + (table - content) / rows);
    }
    fmt::print(", \"bytes_of_recent\": {}",
               database.integer("SELECT sum(pgsize) FROM dbstat WHERE name = 'recent'") / monitors);
    fmt::print(", \"file_bytes\": {}}}\n", std::filesystem::file_size(path));
    return 0;
}

/// A month as `run` leaves it: two days of five minutes, thirty of hours and of days.
void fill_month(sqlite::Database& database, int monitors) {
    constexpr std::int64_t kDays = 30;
    const auto day = kStart.time_since_epoch() / std::chrono::hours(24);
    const auto fill = [&](int length, std::int64_t from, std::int64_t to) {
        database.execute(fmt::format(
            "WITH RECURSIVE s (slot) AS (VALUES ({1}) UNION ALL SELECT slot + 1 FROM s "
            "WHERE slot + 1 < {2}), m (no) AS (VALUES (1) UNION ALL SELECT no + 1 FROM m "
            "WHERE no < {3}) INSERT OR REPLACE INTO rollup SELECT {0}, slot, no, "
            "(SELECT content FROM rollup WHERE length = {0} LIMIT 1) FROM s, m",
            length, from, to, monitors));
    };
    database.execute("BEGIN");
    fill(300, (day - 2) * 288, day * 288);
    fill(3600, (day - kDays) * 24, day * 24);
    fill(86'400, day - kDays, day);
    database.execute("COMMIT");
}

int month(const std::string& directory, int monitors) {
    const std::string path = directory + "/month.db";
    {
        const auto file = SqliteFile::open(path).value();
        feed(*file, monitors, 60, 900);
    }
    {
        sqlite::Database database(path);
        fill_month(database, monitors);
    }
    std::unique_ptr<SqliteFile> file;
    const double opening = timed([&] { file = SqliteFile::open(path).value(); });
    const double loading = timed([&] { (void)file->load().value(); });
    Rng rng(2);
    Batch batch;
    batch.results.push_back(
        result(1, kStart + std::chrono::seconds(901), std::chrono::seconds(60), rng));
    const double first = timed([&] { commit(*file, batch); });

    const auto reader = SqliteHistory::open(path).value();
    const WallTime now = kStart + std::chrono::seconds(900);
    const auto back = [&](int hours) { return TimeRange{now - std::chrono::hours(hours), now}; };
    const MonitorId some = monitor_id(monitors / 2);
    const double percentile = timed([&] { (void)reader->total(some, back(720)).value(); });
    const double series =
        timed([&] { (void)reader->series(some, back(720), std::chrono::hours(1)).value(); });
    const double uptimes = timed([&] { (void)reader->uptimes(back(720)).value(); });
    const double recent = timed([&] { (void)reader->recent(some).value(); });
    fmt::print(
        "{{\"monitors\": {}, \"file_bytes\": {}, \"open_s\": {:.3f}, \"load_s\": {:.3f}, "
        "\"first_commit_s\": {:.3f}, \"month_percentile_s\": {:.4f}, "
        "\"month_series_s\": {:.4f}, \"all_uptimes_s\": {:.4f}, \"recent_s\": {:.4f}}}\n",
        monitors, std::filesystem::file_size(path), opening, loading, first, percentile, series,
        uptimes, recent);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    if (words.size() == 5 && words[0] == "run") {
        return run(argv[2], std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]));
    }
    if (words.size() == 3 && words[0] == "month") return month(argv[2], std::atoi(argv[3]));
    std::fprintf(stderr,
                 "usage: bench_history run DIRECTORY MONITORS INTERVAL_S HOURS\n"
                 "       bench_history month DIRECTORY MONITORS\n");
    return 2;
}
