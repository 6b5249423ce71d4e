#pragma once

#include "core/evaluator.hpp"
#include "core/incident.hpp"
#include "core/notification.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace vigia {

/// What a decision needs to know beside the monitor itself.
struct DecisionContext {
    /// Who is configured now, without repeats: due the alert of an incident that opens, and each
    /// reminder.
    std::span<const Recipient> recipients;
    /// Recipients with a reminder of the open incident still undelivered.
    std::span<const Recipient> reminder_pending;
    /// The sender's domain, for the Message-IDs of an incident that opens.
    std::string_view message_domain = {};
};

/// All that follows from one check: committed as one transaction, then acted upon.
struct Decision {
    MonitorState state;
    Transition transition = Transition::none;
    bool reminded = false;  ///< a reminder is due, even if all recipients still wait for the last
    std::optional<OpenIncident> open;         ///< the open incident afterwards
    std::optional<Incident> changed;          ///< the incident row to write, if any
    std::vector<Notification> notifications;  ///< new outbox rows
};

/// Evaluator, incident book and notification plan in one pure step (ARCHITECTURE: decide).
///
/// Preconditions: `open` is the monitor's and has not ended; checks are passed in the order in
/// which they ended.
/// Invariants: an incident opens exactly with `confirmed_down` and closes with `recovered`; unknown
/// checks change nothing; afterwards `open` is set exactly while `state.health` is down. Where half
/// of it was lost, a down state without an incident opens one at the next failed check (that is a
/// `confirmed_down` again; at a recovery there is nothing to close and nobody to tell), and an
/// incident without its down state ends like any other, by `recovery_threshold` good checks.
///
/// Who is told: the alert goes to `context.recipients`. A reminder goes to those of them who have
/// none waiting; whoever hears of the outage by a reminder first, as an address that a reload
/// corrected, joins the incident's recipients. The recovery goes to the incident's recipients,
/// whatever is configured by then. `last_announced` moves with every reminder that is due, so a
/// stuck mail server does not turn each check into one.
Decision decide(const Monitor& monitor, const MonitorState& state,
                const std::optional<OpenIncident>& open, const CheckResult& check,
                const DecisionContext& context);

/// The row that closes an open incident of a monitor that is no longer watched. Nobody is told.
Incident retire(const OpenIncident& open, WallTime now);

}  // namespace vigia
