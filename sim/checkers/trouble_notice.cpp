#include "sim/checkers/trouble_notice.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace vigia::sim {

void TroubleNoticeChecker::starting(const Moment& moment, const Config& config,
                                    const StoredState&) {
    started_ = moment.elapsed;
    reloaded(moment, config);
}

void TroubleNoticeChecker::reloaded(const Moment& moment, const Config& config) {
    disturbed_ = moment.elapsed;
    anybody_to_tell_ = config.health.notices && config.email && !config.email->recipients.empty();
}

void TroubleNoticeChecker::committed(const Moment& moment, const Batch& batch) {
    for (const Notification& row : batch.notifications) {
        if (row.kind != NotificationKind::trouble) continue;
        const bool is_new = told_.insert(row.announcement->incident).second;
        if (is_new) notice_committed(moment, row);
    }
    last_written_ = commit_begun_;
}

void TroubleNoticeChecker::notice_committed(const Moment& moment, const Notification& row) {
    const ReasonCode code = row.announcement->reason.code;
    // A failing store commits late what was decided in time, after the last that it did commit.
    Told notice{moment.elapsed, clock_stepped_ < last_written_};
    if (notice.dated) notice.at -= moment.now.wall - row.created_at;
    const auto last = last_told_.find(code);
    const bool comparable = last != last_told_.end() && last->second.at >= started_ &&
                            last->second.dated && notice.dated;
    if (comparable && notice.at - last->second.at < kApart) {
        report(moment, fmt::format("{} was told again after {} s", to_string(code),
                                   to_seconds(notice.at - last->second.at)));
    }
    last_told_[code] = notice;
}

void TroubleNoticeChecker::sampled(const Moment& moment, const Sample& sample) {
    const auto* const failure = store_.last_begun(moment.elapsed);
    if (failure == nullptr || failure->fault == StoreFault::slow || !anybody_to_tell_) return;
    if (failure->when.to - failure->when.from < kLong || disturbed_ >= failure->when.from) return;
    if (moment.elapsed < failure->when.to + kTellingTime || sample.store_failing_since) return;
    const auto last = last_told_.find(ReasonCode::store_failing);
    if (last != last_told_.end() && last->second.at >= failure->when.from - kSilence) return;
    report(moment, fmt::format("a store that failed for {} s was not told",
                               to_seconds(failure->when.to - failure->when.from)));
}

void TroubleNoticeChecker::report(const Moment& moment, std::string what) {
    findings_.report({"invariant 11", moment.elapsed, {}, std::move(what)});
}

}  // namespace vigia::sim
