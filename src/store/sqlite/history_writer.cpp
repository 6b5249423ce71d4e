#include "store/sqlite/history_writer.hpp"

#include <algorithm>
#include <span>

namespace vigia::sqlite {
namespace {

/// Monitors moved, or rows deleted, with one commit: at least so many, and no fewer than there are
/// new results, so that whatever comes in, all of it is moved and deleted some time.
constexpr std::size_t kLeastAtOnce = 256;

}  // namespace

HistoryWriter::HistoryWriter(Database& database, const Retention& retention)
    : reasons_(database),
      journal_(database),
      spans_(database, journal_.seen()),
      rollups_(database),
      sweep_(database, retention) {
    reasons_.complete(database);
    if (const auto moved = journal_.moved()) {
        moving_ = journal_.closed_results();
        const auto rest = std::ranges::upper_bound(moving_, *moved, {}, &StoredResult::monitor);
        moved_ = static_cast<std::size_t>(rest - moving_.begin());
    }
}

void HistoryWriter::write(const Batch& batch) {
    const std::vector<StoredResult> results = spans_.write(batch, reasons_);
    if (!results.empty()) append(results);
    const std::size_t at_once = std::max(kLeastAtOnce, results.size());
    if (journal_.moved()) move(at_once);
    for (const MonitorNumber gone : sweep_.bite(at_once)) spans_.drop(gone);
}

void HistoryWriter::append(const std::vector<StoredResult>& results) {
    // While one chapter is being moved the next stays open, whatever the clock does.
    if (!journal_.moved() && journal_.is_over(results.back().at())) {
        journal_.close();
        moving_ = journal_.closed_results();
        moved_ = 0;
    }
    journal_.append(results);
}

void HistoryWriter::move(std::size_t monitors) {
    MonitorNumber last = 0;
    for (; monitors > 0 && moved_ < moving_.size(); --monitors) {
        last = moving_[moved_].monitor;
        const std::size_t first = moved_;
        while (moved_ < moving_.size() && moving_[moved_].monitor == last) ++moved_;
        rollups_.write(std::span(moving_).subspan(first, moved_ - first));
    }
    if (moved_ < moving_.size()) {
        journal_.set_moved(last);
        return;
    }
    journal_.finish();
    moving_ = {};
    moved_ = 0;
    sweep_.begin(journal_.seen());
}

}  // namespace vigia::sqlite
