#include "sim/checkers/crash.hpp"

#include "sim/same_row.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace vigia::sim {

void CrashChecker::starting(const Moment& moment, const Config& config, const StoredState& stored) {
    watched_.clear();
    for (const MonitorPtr& monitor : config.monitors) {
        if (monitor->enabled) watched_.push_back(monitor->id);
    }
    std::size_t found = 0;
    for (const StateRow& row : stored.states) {
        const auto known = states_.find(row.monitor);
        if (known != states_.end() && same_row(known->second, row.state)) ++found;
    }
    if (found != states_.size() || found != stored.states.size()) {
        report(moment, {},
               fmt::format("{} states were committed, the store has {}, {} of them", states_.size(),
                           stored.states.size(), found));
    }
    const auto is_open = [&](const Incident& incident) { return open_.contains(incident.id); };
    if (stored.open_incidents.size() != open_.size() ||
        !std::ranges::all_of(stored.open_incidents, is_open)) {
        report(moment, {},
               fmt::format("{} incidents are open, the store has {}", open_.size(),
                           stored.open_incidents.size()));
    }
    const auto is_pending = [&](const Notification& row) { return pending_.contains(row.id); };
    if (stored.pending.size() != pending_.size() ||
        !std::ranges::all_of(stored.pending, is_pending)) {
        report(moment, {},
               fmt::format("{} notifications are pending, the store has {}", pending_.size(),
                           stored.pending.size()));
    }
    const std::vector<std::string> nobody;
    const auto& recipients = config.email ? config.email->recipients : nobody;
    addressable_ = static_cast<std::size_t>(std::ranges::count_if(pending_, [&](const auto& entry) {
        return std::ranges::find(recipients, entry.second.recipient.address) != recipients.end();
    }));
}

void CrashChecker::started(const Moment& moment, const Sample& sample) {
    for (const MonitorId& monitor : watched_) {
        const MonitorState* const shown = sample.state_of(monitor);
        const auto known = states_.find(monitor);
        const MonitorState expected = known == states_.end() ? MonitorState{} : known->second;
        if (shown == nullptr) {
            report(moment, monitor, "is not watched after the start");
        } else if (shown->health != expected.health || shown->bad_streak != expected.bad_streak ||
                   shown->good_streak != expected.good_streak || shown->since != expected.since) {
            report(
                moment, monitor,
                fmt::format("goes on as {} -{} +{}, committed was {} -{} +{}",
                            to_string(shown->health), shown->bad_streak, shown->good_streak,
                            to_string(expected.health), expected.bad_streak, expected.good_streak));
        }
    }
    if (sample.pending_notifications != addressable_) {
        report(moment, {},
               fmt::format("{} notifications were pending, {} go on", addressable_,
                           sample.pending_notifications));
    }
}

void CrashChecker::committed(const Moment&, const Batch& batch) {
    for (const StateRow& row : batch.states) {
        states_.insert_or_assign(row.monitor, row.state);
        if (row.state == MonitorState{}) states_.erase(row.monitor);  // nothing to keep
    }
    for (const Incident& incident : batch.incidents) {
        if (incident.ended_at) {
            open_.erase(incident.id);
        } else {
            open_[incident.id] = incident.monitor;
        }
    }
    for (const Notification& row : batch.notifications) {
        if (row.status == DeliveryStatus::pending) {
            pending_.insert_or_assign(row.id, row);
        } else {
            pending_.erase(row.id);
        }
    }
}

void CrashChecker::report(const Moment& moment, const MonitorId& monitor, std::string what) {
    findings_.report({"invariant 7", moment.elapsed, monitor, std::move(what)});
}

}  // namespace vigia::sim
