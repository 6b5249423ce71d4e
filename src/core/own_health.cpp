#include "core/own_health.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <memory>
#include <utility>

namespace vigia {
namespace {

struct Rule {
    ReasonCode code;
    Duration after;  ///< so long the sign must last
    Duration calm;   ///< so long it must be gone
};

/// A stall that is over, as after a suspend, is no trouble; what counts up shows for one look only.
constexpr Rule rule_of(Trouble trouble) {
    using std::chrono::hours;
    using std::chrono::minutes;
    switch (trouble) {
        case Trouble::store_failing:
            return {ReasonCode::store_failing, {}, minutes(1)};
        case Trouble::checks_late:
            return {ReasonCode::checks_late, minutes(2), minutes(5)};
        case Trouble::notifications_dead:
            return {ReasonCode::notifications_dead, {}, hours(1)};
        case Trouble::notifications_late:
            return {ReasonCode::notifications_late, {}, minutes(1)};
        case Trouble::log_lines_lost:
            break;
    }
    return {ReasonCode::log_lines_lost, {}, minutes(10)};
}

int bounded(std::uint64_t count) {
    constexpr std::uint64_t kMost = std::numeric_limits<int>::max();
    return static_cast<int>(std::min(count, kMost));
}

}  // namespace

std::string_view to_string(Trouble trouble) {
    return to_string(rule_of(trouble).code);
}

/// What has begun must fall below half of its bound to be gone.
bool OwnHealth::shows(Trouble trouble, const OwnSigns& signs) const {
    const auto beyond = [&](Duration value, Duration bound) {
        return value > (has(trouble) ? bound / 2 : bound);
    };
    switch (trouble) {
        case Trouble::store_failing:
            return beyond(signs.store_wait, kStorePatience);
        case Trouble::checks_late:
            return beyond(signs.check_lag, kLateCheck);
        case Trouble::notifications_dead:
            return signs.dead_letters > before_.dead_letters;
        case Trouble::notifications_late:
            return beyond(signs.oldest_notification, kLateNotification);
        case Trouble::log_lines_lost:
            break;
    }
    return signs.lost_log_lines > before_.lost_log_lines;
}

Reason OwnHealth::reason_of(Trouble trouble, const OwnSigns& signs) const {
    Reason reason;
    reason.code = rule_of(trouble).code;
    switch (trouble) {
        case Trouble::store_failing:
            break;
        case Trouble::checks_late:
            reason.value = static_cast<int>(to_seconds(signs.check_lag));
            break;
        case Trouble::notifications_dead:
            reason.value = bounded(signs.dead_letters - before_.dead_letters);
            break;
        case Trouble::notifications_late:
            reason.value = bounded(signs.undelivered);
            break;
        case Trouble::log_lines_lost:
            reason.value = bounded(signs.lost_log_lines - before_.lost_log_lines);
            break;
    }
    return reason;
}

std::vector<TroubleChange> OwnHealth::look(const OwnSigns& signs, const Now& now) {
    std::vector<TroubleChange> changes;
    for (std::size_t i = 0; i < kTroubles; ++i) {
        const auto trouble = static_cast<Trouble>(i);
        const Rule rule = rule_of(trouble);
        Episode& episode = episodes_[i];
        if (!shows(trouble, signs)) {
            episode.showing.reset();
            if (!episode.begun || now.mono - *episode.last_sign < rule.calm) continue;
            episode.begun = false;
            changes.push_back({trouble, false, false, episode.since, episode.reason});
            continue;
        }
        episode.last_sign = now.mono;
        if (!episode.showing) episode.showing = now.mono;
        if (episode.begun || now.mono - *episode.showing < rule.after) continue;
        episode.begun = true;
        const Duration ago =
            trouble == Trouble::store_failing ? signs.store_wait : now.mono - *episode.showing;
        episode.since = {now.mono - ago, now.wall - ago};
        const bool notice =
            !episode.last_notice || now.mono - *episode.last_notice >= kBetweenNotices;
        if (notice) episode.last_notice = now.mono;
        episode.reason = reason_of(trouble, signs);
        changes.push_back({trouble, true, notice, episode.since, episode.reason});
    }
    before_ = signs;
    return changes;
}

std::vector<Notification> trouble_notices(const TroubleChange& change,
                                          std::span<const Recipient> recipients,
                                          std::string_view message_domain, const Now& now) {
    auto about = std::make_shared<Announcement>();
    about->incident = IncidentId(fmt::format("trouble-{}-{}", to_string(change.trouble),
                                             now.wall.time_since_epoch().count()));
    about->started_at = change.since.wall;
    about->confirmed_at = now.wall;
    about->down_for = now.mono - change.since.mono;
    about->reason = change.reason;
    about->message_domain = message_domain;
    return notices(NotificationKind::trouble, std::move(about), recipients, now.wall);
}

}  // namespace vigia
