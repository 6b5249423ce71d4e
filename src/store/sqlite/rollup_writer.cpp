#include "store/sqlite/rollup_writer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace vigia::sqlite {
namespace {

std::int64_t seconds_of(Tier tier) {
    return length_of(tier) / std::chrono::seconds(1);
}

}  // namespace

RollupWriter::RollupWriter(Database& database)
    : find_(database, "SELECT content FROM rollup WHERE length = ? AND slot = ? AND monitor = ?"),
      put_(database,
           "INSERT OR REPLACE INTO rollup (length, slot, monitor, content) VALUES (?,?,?,?)"),
      find_recent_(database, "SELECT results FROM recent WHERE monitor = ?"),
      put_recent_(database, "INSERT OR REPLACE INTO recent (monitor, results) VALUES (?,?)") {}

void RollupWriter::write(std::span<const StoredResult> results) {
    for (const Tier tier : kTiers) {
        std::map<std::int64_t, Rollup> slots;  // nearly always one
        for (const StoredResult& result : results) {
            slots[slot_of(result.at(), tier)].add(result.outcome, result.total());
        }
        for (auto& [slot, rollup] : slots) {
            merge(tier, slot, results.front().monitor, std::move(rollup));
        }
    }
    remember(results);
}

void RollupWriter::merge(Tier tier, std::int64_t slot, MonitorNumber monitor, Rollup rollup) {
    find_.bind(1, seconds_of(tier)).bind(2, slot).bind(3, std::int64_t{monitor});
    if (find_.step()) {
        if (const auto known = decode_rollup(find_.bytes(0))) rollup.merge(*known);
    }
    find_.reset();
    put_.bind(1, seconds_of(tier))
        .bind(2, slot)
        .bind(3, std::int64_t{monitor})
        .bind_blob(4, encode(rollup))
        .run();
}

void RollupWriter::remember(std::span<const StoredResult> results) {
    std::vector<StoredResult> kept;
    const std::int64_t monitor = results.front().monitor;
    if (results.size() < kRecent && find_recent_.bind(1, monitor).step()) {
        decode_results(find_recent_.bytes(0), BlobOf::one_monitor, kept);
    }
    find_recent_.reset();
    kept.insert(kept.end(), results.begin(), results.end());
    const std::span<const StoredResult> last =
        std::span<const StoredResult>(kept).last(std::min(kept.size(), kRecent));
    put_recent_.bind(1, monitor).bind_blob(2, encode_results(last, BlobOf::one_monitor)).run();
}

}  // namespace vigia::sqlite
