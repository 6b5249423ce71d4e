#include "store/sqlite/journal.hpp"

#include "store/sqlite/columns.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace vigia::sqlite {
namespace {

constexpr Tier kChapter = Tier::five_minutes;

/// The first of a row, which says when a chapter began.
WallTime first_time(std::string_view blob) {
    std::vector<StoredResult> results;
    decode_results(blob, BlobOf::many_monitors, results);
    return results.empty() ? WallTime{} : results.front().at();
}

}  // namespace

Journal::Journal(Database& database)
    : database_(database),
      put_(database, "INSERT INTO journal (at, count, results) VALUES (?,?,?)") {
    closed_ = database.integer("SELECT seq FROM chapter");
    if (closed_ != 0) {
        moved_ = number_in<MonitorNumber>(database.integer("SELECT monitor FROM chapter"));
    }
    seen_ =
        std::max(WallTime{},
                 wall_time(database.integer("SELECT at FROM journal ORDER BY seq DESC LIMIT 1")));
    const std::string open = fmt::format("FROM journal WHERE seq > {}", closed_);
    Statement first(database, fmt::format("SELECT results {} ORDER BY seq LIMIT 1", open));
    if (first.step()) slot_ = slot_of(first_time(first.bytes(0)), kChapter);
    count_ = database.integer("SELECT total(count) " + open);
}

void Journal::append(const std::vector<StoredResult>& results) {
    seen_ = results.back().at();
    if (!slot_) slot_ = slot_of(results.front().at(), kChapter);
    const auto count = static_cast<std::int64_t>(results.size());
    count_ += count;
    put_.bind(1, to_column(seen_))
        .bind(2, count)
        .bind_blob(3, encode_results(results, BlobOf::many_monitors))
        .run();
}

bool Journal::is_over(WallTime now) const {
    return slot_ && (slot_of(now, kChapter) != *slot_ || count_ >= kMostResults);
}

void Journal::close() {
    closed_ = database_.integer("SELECT max(seq) FROM journal");
    database_.execute(fmt::format("UPDATE chapter SET seq = {}, monitor = 0", closed_));
    moved_ = 0;
    slot_.reset();
    count_ = 0;
}

std::vector<StoredResult> Journal::closed_results() {
    // More than that only a hostile file holds.
    constexpr std::size_t kMost = 4 * kMostResults;
    std::vector<StoredResult> results;
    Statement rows(database_, "SELECT results FROM journal WHERE seq <= ? ORDER BY seq");
    rows.bind(1, closed_);
    while (results.size() < kMost && rows.step()) {
        decode_results(rows.bytes(0), BlobOf::many_monitors, results);
    }
    std::ranges::stable_sort(results, {}, &StoredResult::monitor);
    return results;
}

void Journal::set_moved(MonitorNumber monitor) {
    moved_ = monitor;
    database_.execute(fmt::format("UPDATE chapter SET monitor = {}", monitor));
}

void Journal::finish() {
    database_.execute(fmt::format("DELETE FROM journal WHERE seq <= {}", closed_));
    database_.execute("UPDATE chapter SET seq = 0, monitor = 0");
    closed_ = 0;
    moved_.reset();
}

}  // namespace vigia::sqlite
