#include "sim/checkers/confirmation.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <unordered_set>
#include <utility>

namespace vigia::sim {

void ConfirmationChecker::starting(const Moment&, const Config& config, const StoredState& stored) {
    if (std::exchange(crashed_, false)) go_back_to_what_was_committed();
    configure(config);
    std::unordered_map<MonitorId, const MonitorState*> states;
    for (const StateRow& row : stored.states) states[row.monitor] = &row.state;
    for (auto& [id, watched] : watched_) {
        watched.check.reset();
        // What was added and never committed goes on with whatever the store knows of the id.
        const auto state = states.find(id);
        if (!watched.fresh || !watched.monitor || state == states.end()) continue;
        watched.now.failed = state->second->bad_streak;
        watched.now.good = state->second->good_streak;
        watched.now.down = state->second->health == Health::down;
        watched.durable = watched.now;
    }
}

void ConfirmationChecker::reloaded(const Moment&, const Config& config) {
    configure(config);
}

void ConfirmationChecker::configure(const Config& config) {
    std::unordered_set<MonitorId> present;
    for (const MonitorPtr& monitor : config.monitors) {
        if (!monitor->enabled) continue;
        present.insert(monitor->id);
        Watched& watched = watched_[monitor->id];
        if (!watched.monitor) {
            watched.now = watched.durable = Count{};
            watched.fresh = true;
        } else if (watched.monitor->target != monitor->target) {
            discard(watched);
        }
        watched.monitor = monitor;
    }
    for (auto& [id, watched] : watched_) {
        if (present.contains(id) || !watched.monitor) continue;
        watched.monitor = nullptr;
        discard(watched);
        for (Ended& ended : watched.undecided) ended.of_former = true;
    }
}

/// A check of what nobody asks about any more ends without a result: between two probes at once,
/// else with the probe. One that has ended may still have waited for the canaries.
void ConfirmationChecker::discard(Watched& watched) {
    for (Ended& ended : watched.undecided) ended.perhaps_dropped = true;
    if (!watched.check) return;
    watched.check->discarded = true;
    if (!watched.check->probing) watched.check.reset();
}

/// Not at the crash: the batch that was being written may turn up in the store yet.
void ConfirmationChecker::go_back_to_what_was_committed() {
    for (auto& [id, watched] : watched_) {
        watched.check.reset();
        watched.undecided.clear();
        watched.now = watched.durable;
    }
}

void ConfirmationChecker::probe_started(const Moment& moment, const MonitorId& monitor) {
    Watched& watched = watched_[monitor];
    if (!watched.check) {
        Check check;
        check.attempts = watched.monitor ? std::max(1, watched.monitor->policy.retry_attempts) : 1;
        check.discarded = !watched.monitor;
        check.begun = moment.elapsed;
        check.clock_steps = clock_steps_;
        watched.check = check;
    }
    ++watched.check->probes;
    watched.check->probing = true;
}

void ConfirmationChecker::probe_abandoned(const Moment&, const MonitorId& monitor) {
    watched_[monitor].check.reset();
}

void ConfirmationChecker::probe_ended(const Moment& moment, const MonitorId& monitor, Sight sight) {
    Watched& watched = watched_[monitor];
    if (!watched.check) return report(moment, monitor, "a probe ended that had not begun");
    Check& check = *watched.check;
    check.probing = false;
    if (check.discarded) return watched.check.reset();
    if (sight == Sight::nothing) check.nothing_seen = true;
    if (sight != Sight::good && check.probes < check.attempts) return;
    if (sight != Sight::good && check.nothing_seen) sight = Sight::nothing;
    check_ended(moment, watched, sight);
    watched.check.reset();
}

void ConfirmationChecker::check_ended(const Moment& moment, Watched& watched, Sight sight) {
    const Policy& policy = watched.monitor->policy;
    Count& count = watched.now;
    Ended ended;
    ended.at = moment.now.wall;
    ended.elapsed = moment.elapsed;
    if (sight == Sight::good) {
        count.failed = 0;
        ++count.good;
        if (count.down && count.good >= static_cast<std::uint32_t>(policy.recovery_threshold)) {
            count.down = false;
            ended.change = Change::closes;
        }
    } else if (sight == Sight::failed) {
        count.good = 0;
        if (++count.failed == 1) {
            count.first_failure = watched.check->begun;
            count.clock_steps = watched.check->clock_steps;
        }
        if (!count.down && count.failed >= static_cast<std::uint32_t>(policy.alert_threshold)) {
            count.down = true;
            ended.change = Change::opens;
        }
    }
    ended.after = count;
    watched.undecided.push_back(ended);
}

void ConfirmationChecker::committed(const Moment& moment, const Batch& batch) {
    for (const ResultRow& row : batch.results) result_committed(moment, row, batch);
    for (const Incident& incident : batch.incidents) {
        const bool accounted = std::ranges::any_of(
            batch.results, [&](const ResultRow& row) { return row.monitor == incident.monitor; });
        // An incident changes with the result that decides it, or because nobody watches any more.
        if (!accounted && !(incident.ended_at && incident.end_reason == EndReason::retired)) {
            report(moment, incident.monitor, "an incident changed without a result");
        }
    }
}

void ConfirmationChecker::result_committed(const Moment& moment, const ResultRow& row,
                                           const Batch& batch) {
    Watched& watched = watched_[row.monitor];
    while (!watched.undecided.empty() && watched.undecided.front().perhaps_dropped &&
           watched.undecided.front().at != row.at) {
        watched.undecided.pop_front();
    }
    if (watched.undecided.empty() || watched.undecided.front().at != row.at) {
        return report(moment, row.monitor, "a result was committed that no check gave");
    }
    const Ended ended = watched.undecided.front();
    watched.undecided.pop_front();
    compare(moment, row.monitor, ended, batch);
    if (ended.of_former) return;
    watched.durable = ended.after;
    watched.fresh = false;
}

void ConfirmationChecker::compare(const Moment& moment, const MonitorId& id, const Ended& ended,
                                  const Batch& batch) {
    bool opened = false;
    bool closed = false;
    for (const Incident& incident : batch.incidents) {
        if (incident.monitor != id) continue;
        if (incident.confirmed_at == ended.at && !incident.ended_at) {
            opened = true;
            // The first failure must be dated right, too, unless the clock was set in between.
            const Duration said = incident.confirmed_at - incident.started_at;
            const Duration is = ended.elapsed - ended.after.first_failure;
            const bool comparable = ended.after.first_failure != Duration::zero() &&
                                    ended.after.clock_steps == clock_steps_;
            if (comparable && ended.change == Change::opens &&
                (said > is + std::chrono::seconds(1) || said < is - std::chrono::seconds(1))) {
                report(moment, id,
                       fmt::format("the incident began {} s before its confirmation, not {} s",
                                   to_seconds(is), to_seconds(said)));
            }
        }
        if (incident.ended_at && incident.end_reason == EndReason::resolved) {
            // With the clock set back, the end is as late as the confirmation.
            const bool clamped = ended.change == Change::closes &&
                                 ended.at < incident.confirmed_at &&
                                 *incident.ended_at == incident.confirmed_at;
            // Then the end has the time of the check that confirmed it, too.
            const bool confirming = ended.at == incident.confirmed_at;
            if ((*incident.ended_at == ended.at && !confirming) || clamped) closed = true;
        }
    }
    if (opened && ended.change != Change::opens) {
        report(moment, id,
               fmt::format("an incident opened after {} consecutive failed checks",
                           ended.after.failed));
    }
    if (!opened && ended.change == Change::opens) {
        report(moment, id, "the threshold was reached and no incident opened");
    }
    if (closed && ended.change != Change::closes) {
        report(
            moment, id,
            fmt::format("an incident closed after {} consecutive good checks", ended.after.good));
    }
    if (!closed && ended.change == Change::closes) {
        report(moment, id, "the monitor recovered and its incident did not close");
    }
}

void ConfirmationChecker::report(const Moment& moment, const MonitorId& monitor, std::string what) {
    findings_.report({"invariant 1", moment.elapsed, monitor, std::move(what)});
}

}  // namespace vigia::sim
