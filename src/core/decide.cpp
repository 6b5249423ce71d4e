#include "core/decide.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace vigia {
namespace {

bool contains(std::span<const Recipient> recipients, const Recipient& wanted) {
    return std::find(recipients.begin(), recipients.end(), wanted) != recipients.end();
}

Announcement announcement_of(const OpenIncident& open, const CheckResult& check) {
    const Incident& incident = open.incident;
    Announcement a;
    a.monitor = incident.monitor;
    a.monitor_name = incident.monitor_name;
    a.category = incident.category;
    a.incident = incident.id;
    a.started_at = incident.started_at;
    a.confirmed_at = incident.confirmed_at;
    a.down_for = std::max(check.finished.mono - open.started_mono, Duration::zero());
    a.reason = check.probe.reason;
    a.timings = check.probe.timings;
    a.evidence = check.probe.evidence;
    a.message_domain = incident.message_domain;
    return a;
}

/// One kind of message to several recipients, who share what there is to tell.
struct Announcing {
    NotificationKind kind = NotificationKind::alert;
    std::uint32_t seq = 0;
    WallTime at{};
    std::shared_ptr<const Announcement> what;

    Notification to(const Recipient& recipient) const {
        Notification n;
        n.id = make_notification_id(what->incident, kind, seq, recipient);
        n.kind = kind;
        n.seq = seq;
        n.recipient = recipient;
        n.announcement = what;
        n.created_at = at;
        return n;
    }
};

void open_and_alert(Decision& d, const Monitor& monitor, const CheckResult& check,
                    const DecisionContext& context) {
    d.open = open_incident(monitor, check, d.state.first_failure,
                           {context.recipients.begin(), context.recipients.end()});
    d.open->incident.message_domain = context.message_domain;
    d.changed = d.open->incident;
    const Announcing alert{
        .kind = NotificationKind::alert,
        .seq = 0,
        .at = check.finished.wall,
        .what = std::make_shared<const Announcement>(announcement_of(*d.open, check))};
    for (const Recipient& r : context.recipients) d.notifications.push_back(alert.to(r));
}

void remind(Decision& d, const CheckResult& check, const DecisionContext& context) {
    Incident& incident = d.open->incident;
    d.reminded = true;
    d.open->announced_mono = check.finished.mono;
    incident.last_announced = check.finished.wall;

    const Announcing reminder{
        .kind = NotificationKind::reminder,
        .seq = incident.reminders + 1,
        .at = check.finished.wall,
        .what = std::make_shared<const Announcement>(announcement_of(*d.open, check))};
    for (const Recipient& r : context.recipients) {
        if (contains(context.reminder_pending, r)) continue;
        if (!contains(incident.recipients, r)) incident.recipients.push_back(r);
        d.notifications.push_back(reminder.to(r));
    }
    if (!d.notifications.empty()) ++incident.reminders;
    d.changed = incident;
}

void close_and_tell(Decision& d, const CheckResult& check) {
    Incident ended = end_incident(d.open->incident, EndReason::resolved, check.finished.wall);
    Announcement told = announcement_of(*d.open, check);
    told.recovered_at = ended.ended_at;
    told.reason = ended.reason;
    told.evidence = ended.evidence;
    const Announcing recovery{.kind = NotificationKind::recovery,
                              .seq = 0,
                              .at = check.finished.wall,
                              .what = std::make_shared<const Announcement>(std::move(told))};
    for (const Recipient& r : ended.recipients) d.notifications.push_back(recovery.to(r));
    d.changed = std::move(ended);
    d.open.reset();
}

}  // namespace

Decision decide(const Monitor& monitor, const MonitorState& state,
                const std::optional<OpenIncident>& open, const CheckResult& check,
                const DecisionContext& context) {
    Decision d;
    d.state = state;
    d.open = open;
    if (check.outcome() == Outcome::unknown) return d;

    // An incident whose state was lost keeps its meaning: it ends by a recovery, not by a first
    // good check, and no second one opens beside it.
    MonitorState known = state;
    if (open && state.health != Health::down) {
        known.health = Health::down;
        known.since = open->incident.confirmed_at;
    }
    // An incident that opened when there was no mail takes the domain of the first that there is.
    if (d.open && d.open->incident.message_domain.empty()) {
        d.open->incident.message_domain = context.message_domain;
    }
    const Evaluation evaluation = evaluate(known, check, monitor.policy);
    d.state = evaluation.state;
    d.transition = evaluation.transition;

    if (check.outcome() == Outcome::down && d.state.health == Health::down) {
        if (!d.open) {
            d.transition = Transition::confirmed_down;
            open_and_alert(d, monitor, check, context);
        } else if (reminder_due(*d.open, monitor.policy.alert_repeat_interval,
                                check.finished.mono)) {
            remind(d, check, context);
        }
    } else if (d.open && d.transition == Transition::recovered) {
        close_and_tell(d, check);
    }
    return d;
}

Incident retire(const OpenIncident& open, WallTime now) {
    return end_incident(open.incident, EndReason::retired, now);
}

}  // namespace vigia
