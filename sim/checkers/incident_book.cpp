#include "sim/checkers/incident_book.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace vigia::sim {

void IncidentBookChecker::starting(const Moment& moment, const Config& config,
                                   const StoredState& stored) {
    remember_watched(config);
    for (const Incident& incident : stored.open_incidents) {
        const auto open = open_.find(incident.monitor);
        if (open == open_.end() || open->second != incident.id) {
            findings_.report({"invariant 2", moment.elapsed, incident.monitor,
                              fmt::format("the store holds {} as open", incident.id.str())});
        }
    }
}

void IncidentBookChecker::reloaded(const Moment&, const Config& config) {
    remember_watched(config);
}

void IncidentBookChecker::remember_watched(const Config& config) {
    std::set<MonitorId> watched;
    for (const MonitorPtr& monitor : config.monitors) {
        if (monitor->enabled) watched.insert(monitor->id);
    }
    std::ranges::set_difference(watched_, watched,
                                std::inserter(ever_unwatched_, ever_unwatched_.end()));
    watched_ = std::move(watched);
}

void IncidentBookChecker::committed(const Moment& moment, const Batch& batch) {
    for (const Incident& incident : batch.incidents) written(moment, incident);
}

void IncidentBookChecker::written(const Moment& moment, const Incident& incident) {
    const auto report = [&](const std::string& what) {
        findings_.report({"invariant 2", moment.elapsed, incident.monitor,
                          fmt::format("{}: {}", incident.id.str(), what)});
    };
    if (incident.started_at > incident.confirmed_at) report("confirmed before it started");
    if (incident.last_announced < incident.confirmed_at && incident.reminders == 0) {
        report("announced before it was confirmed");
    }
    if (incident.ended_at && *incident.ended_at < incident.confirmed_at) {
        report("ended before it was confirmed");
    }
    if (incident.ended_at && incident.end_reason == EndReason::retired &&
        watched_.contains(incident.monitor) && !ever_unwatched_.contains(incident.monitor)) {
        report("retired while it is watched");
    }
    const auto before = known_.find(incident.id);
    if (before == known_.end()) {
        if (incident.ended_at) report("closed without having been open");
        if (open_.contains(incident.monitor)) report("a second one is open");
    } else {
        const Incident& old = before->second;
        if (old.ended_at) report("changed after its end");
        if (old.monitor != incident.monitor || old.started_at != incident.started_at ||
            old.confirmed_at != incident.confirmed_at) {
            report("its beginning has changed");
        }
        if (incident.reminders < old.reminders) report("reminders were taken back");
    }
    if (incident.ended_at) {
        open_.erase(incident.monitor);
    } else {
        open_[incident.monitor] = incident.id;
    }
    known_.insert_or_assign(incident.id, incident);
}

}  // namespace vigia::sim
