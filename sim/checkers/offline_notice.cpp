#include "sim/checkers/offline_notice.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace vigia::sim {

void OfflineNoticeChecker::starting(const Moment& moment, const Config& config,
                                    const StoredState&) {
    ++lives_;
    ended_.reset();
    reloaded(moment, config);
}

void OfflineNoticeChecker::reloaded(const Moment& moment, const Config& config) {
    disturbed_ = moment.elapsed;
    anybody_to_tell_ = config.email && !config.email->recipients.empty();
}

/// The last loss that had begun by `at`; nothing if the last trouble was another.
const OfflineNoticeChecker::Loss* OfflineNoticeChecker::loss_before(Duration at) const {
    const Loss* const last = machine_.last_begun(at);
    return last == nullptr || last->fault == OwnFault::no_descriptors ? nullptr : last;
}

void OfflineNoticeChecker::committed(const Moment& moment, const Batch& batch) {
    for (const Notification& row : batch.notifications) {
        if (row.kind != NotificationKind::offline) continue;
        if (told_.insert(row.announcement->incident).second) notice_committed(moment, row);
    }
}

void OfflineNoticeChecker::notice_committed(const Moment& moment, const Notification& row) {
    // What a crash left in doubt is seen at the next start.
    const Duration when = ended_.value_or(moment.elapsed);
    const Duration length = row.announcement->down_for;
    Duration troubled{};
    std::size_t losses = 0;
    bool disturbed = false;  // a frozen process sees the end late
    for (const Loss& loss : machine_.windows()) {
        if (loss.when.from > when || loss.fault == OwnFault::no_descriptors) continue;
        ++losses;
        if (loss.when.to + length + kLatest < when) continue;
        disturbed = disturbed || disturbed_ >= loss.when.from;
        // Losses close together are one, with what lies between them.
        troubled += loss.when.to - loss.when.from + std::chrono::seconds(30) + kSlack;
    }
    if (length > troubled && !disturbed) {
        report(moment, fmt::format("{} s offline were told, and there were {} s of it",
                                   to_seconds(length), to_seconds(troubled)));
    }
    // A loss that a restart cuts in two may be told in two parts.
    if (told_.size() > losses + lives_ - 1) {
        report(moment, fmt::format("{} losses of the uplink were told, and there were {}",
                                   told_.size(), losses));
    }
    last_told_ = when;
}

void OfflineNoticeChecker::sampled(const Moment& moment, const Sample& sample) {
    const Loss* const loss = loss_before(moment.elapsed);
    if (loss == nullptr || !anybody_to_tell_ || loss->when.to - loss->when.from < kLong) return;
    const Duration settled = std::max(loss->when.to, sample.calm.store);
    if (moment.elapsed < settled + kTellingTime || sample.store_failing_since) return;
    if (disturbed_ >= loss->when.from || (last_told_ && *last_told_ >= loss->when.to)) return;
    report(moment,
           fmt::format("a loss of {} s was not told", to_seconds(loss->when.to - loss->when.from)));
}

void OfflineNoticeChecker::report(const Moment& moment, std::string what) {
    findings_.report({"invariant 10", moment.elapsed, {}, std::move(what)});
}

}  // namespace vigia::sim
