#include "sim/checkers/delivery.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace vigia::sim {

void DeliveryChecker::starting(const Moment& moment, const Config& config, const StoredState&) {
    configure(config);
    trying_since_.reset();
    was_late_ = false;
    last_start_ = moment.elapsed;
}

void DeliveryChecker::reloaded(const Moment&, const Config& config) {
    configure(config);
}

void DeliveryChecker::configure(const Config& config) {
    recipients_.clear();
    expiry_ = config.notifications.expiry;
    if (!config.email) return;
    recipients_.insert(config.email->recipients.begin(), config.email->recipients.end());
    domain_ = config.email->sender.substr(config.email->sender.rfind('@') + 1);
}

void DeliveryChecker::stopped(const Moment& moment) {
    // Without a store the last deliveries go unrecorded, as in a crash.
    if (trying_since_) crashed(moment);
}

void DeliveryChecker::crashed(const Moment&) {
    for (const std::string& message_id : unrecorded_) {
        Letter& letter = letters_[message_id];
        ++letter.allowed;
        letter.unrecorded = false;
    }
    unrecorded_.clear();
    threads_.clear();
}

void DeliveryChecker::commit_begun(const Moment& moment) {
    if (!trying_since_) trying_since_ = moment.elapsed;
}

void DeliveryChecker::committed(const Moment& moment, const Batch& batch) {
    was_late_ = is_late(moment);
    trying_since_.reset();
    for (const Notification& row : batch.notifications) row_committed(moment, row);
    for (const Incident& incident : batch.incidents) {
        Due& due = due_[incident.id];
        due.monitor = incident.monitor;
        if (due.recipients.empty()) due.recipients = incident.recipients;
    }
}

bool DeliveryChecker::is_late(const Moment& moment) const {
    return trying_since_ && moment.elapsed - *trying_since_ >= kPatience;
}

void DeliveryChecker::row_committed(const Moment& moment, const Notification& row) {
    const MonitorId& monitor = row.announcement->monitor;
    const std::string id = message_id(row.id, domain_);
    Letter& letter = letters_[id];
    const bool first = !letter.row;
    if (first) {
        letter.committed_at = moment.elapsed;
    } else if (letter.row->status != DeliveryStatus::pending && letter.row->status != row.status) {
        report(moment, monitor,
               fmt::format("{} was {} and is {}", row.id.str(), to_string(letter.row->status),
                           to_string(row.status)));
    }
    note_digest(id, letter, row);
    letter.row = row;
    switch (row.status) {
        case DeliveryStatus::pending:
            pending_.insert(id);
            return;
        case DeliveryStatus::delivered:
            if (letter.taken == 0) {
                report(moment, monitor,
                       fmt::format("{} counts as delivered, and no server took it", row.id.str()));
            }
            break;
        case DeliveryStatus::dead:
            check_dead(moment, letter, row);
            break;
        case DeliveryStatus::merged:
            break;
    }
    pending_.erase(id);
    unrecorded_.erase(id);
    letter.unrecorded = false;
}

/// Keeps account of which letters each digest holds.
void DeliveryChecker::note_digest(const std::string& id, const Letter& letter,
                                  const Notification& row) {
    const std::string before = letter.row ? letter.row->digest : "";
    const auto id_of = [this](const std::string& digest) {
        return message_id(NotificationId(digest), domain_);
    };
    if (!before.empty() && (before != row.digest || row.status == DeliveryStatus::dead)) {
        digests_[id_of(before)].erase(id);
    }
    if (row.digest.empty() || row.digest == before) return;
    digests_[id_of(row.digest)].insert(id);
}

void DeliveryChecker::check_dead(const Moment& moment, const Letter& letter,
                                 const Notification& row) {
    const bool gone = !recipients_.contains(row.recipient.address);
    const Duration age = moment.elapsed - letter.committed_at;
    // A restart has only the wall clock to go by, which may have been set, also while nothing ran.
    const Duration by_wall_clock = moment.now.wall - row.created_at;
    const bool old = std::max(age, by_wall_clock) + std::chrono::hours(2) >= expiry_;
    if (letter.refused || gone || old) return;
    report(moment, row.announcement->monitor,
           fmt::format("{} is a dead letter after {} s without a reason: {}", row.id.str(),
                       to_seconds(age), row.last_error));
}

/// A message is one letter, or all those of a digest.
std::vector<std::string> DeliveryChecker::letters_in(const std::string& message_id) const {
    const auto digest = digests_.find(message_id);
    if (digest == digests_.end()) return {message_id};
    return {digest->second.begin(), digest->second.end()};
}

void DeliveryChecker::mail_accepted(const Moment& moment, const AcceptedMail& mail) {
    for (const std::string& id : letters_in(mail.message_id)) letter_taken(moment, id, mail);
}

void DeliveryChecker::letter_taken(const Moment& moment, const std::string& id,
                                   const AcceptedMail& mail) {
    Letter& letter = letters_[id];
    ++letter.taken;
    letter.unrecorded = true;
    unrecorded_.insert(id);
    if (!letter.row) {
        if (!was_late_ && !is_late(moment)) {
            report(
                moment, {},
                fmt::format("{} to {} was sent before its commit", mail.subject, mail.recipient));
        }
        letter.committed_at = moment.elapsed;
        return;
    }
    const Notification& row = *letter.row;
    const MonitorId& monitor = row.announcement->monitor;
    if (row.recipient.address != mail.recipient) {
        report(moment, monitor, fmt::format("{} went to {}", row.id.str(), mail.recipient));
    }
    if (letter.taken > letter.allowed) {
        report(moment, monitor,
               fmt::format("{} was delivered {} times, {} allowed", row.id.str(), letter.taken,
                           letter.allowed));
    }
    Thread& thread = threads_[{row.announcement->incident, row.recipient}];
    if (row.kind == NotificationKind::recovery) {
        thread.recovered = true;
    } else if (thread.recovered) {
        report(moment, monitor, fmt::format("{} came after the recovery", row.id.str()));
    }
}

void DeliveryChecker::mail_reported(const Moment&, const std::string& message_id,
                                    const DeliveryOutcome& outcome) {
    for (const std::string& id : letters_in(message_id)) letter_reported(id, outcome);
}

void DeliveryChecker::letter_reported(const std::string& message_id,
                                      const DeliveryOutcome& outcome) {
    Letter& letter = letters_[message_id];
    if (outcome.final_refusal()) letter.refused = true;
    if (outcome.accepted() || !letter.unrecorded) return;
    ++letter.allowed;  // taken, and the sender cannot know
    letter.unrecorded = false;
    unrecorded_.erase(message_id);
}

void DeliveryChecker::sampled(const Moment& moment, const Sample& sample) {
    const Duration calm =
        std::max({sample.calm.mail, sample.calm.store, sample.calm.machine, last_start_});
    for (const std::string& id : pending_) {
        const Letter& letter = letters_.at(id);
        if (moment.elapsed - std::max(calm, letter.committed_at) < kLongestWait) continue;
        report(moment, letter.row->announcement->monitor,
               fmt::format("{} has waited {} s with everything in order", letter.row->id.str(),
                           to_seconds(moment.elapsed - std::max(calm, letter.committed_at))));
    }
}

void DeliveryChecker::finished(const Moment& moment, const Sample& sample) {
    sampled(moment, sample);
    for (const auto& [incident, due] : due_) check_due(moment, incident, due);
}

const DeliveryChecker::Letter* DeliveryChecker::letter_of(const IncidentId& incident,
                                                          NotificationKind kind,
                                                          const Recipient& recipient) const {
    const auto it =
        letters_.find(message_id(make_notification_id(incident, kind, 0, recipient), domain_));
    return it == letters_.end() || !it->second.row ? nullptr : &it->second;
}

void DeliveryChecker::check_due(const Moment& moment, const IncidentId& incident, const Due& due) {
    for (const Recipient& recipient : due.recipients) {
        const Letter* const alert = letter_of(incident, NotificationKind::alert, recipient);
        if (alert == nullptr) {
            report(moment, due.monitor,
                   fmt::format("{} was never to be told of {}", recipient.address, incident.str()));
            continue;
        }
        if (alert->row->status != DeliveryStatus::merged) continue;
        const Letter* const recovery = letter_of(incident, NotificationKind::recovery, recipient);
        if (recovery == nullptr || !recovery->row->merged_alert) {
            report(moment, due.monitor,
                   fmt::format("the alert of {} to {} is merged into nothing", incident.str(),
                               recipient.address));
        }
    }
}

void DeliveryChecker::report(const Moment& moment, const MonitorId& monitor, std::string what) {
    findings_.report({"invariant 3", moment.elapsed, monitor, std::move(what)});
}

}  // namespace vigia::sim
