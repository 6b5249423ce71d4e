#pragma once

#include "core/outbox.hpp"
#include "tests/unit/core/checks.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigia::core_test {

inline const IncidentId kOutage("site-a-1");
inline const IncidentId kOther("site-b-1");
inline const Recipient kAna{"email", "ana@example.org"};
inline const Recipient kBob{"email", "bob@example.org"};
inline const Recipient kPager{"pager", "42"};

inline const DeliveryOutcome kAccepted{};
inline const DeliveryOutcome kDeferred{.failure = DeliveryFailure::deferred,
                                       .phase = DeliveryPhase::recipient,
                                       .reply_code = 451,
                                       .detail = {}};
inline const DeliveryOutcome kRefused{.failure = DeliveryFailure::rejected_recipient,
                                      .phase = DeliveryPhase::recipient,
                                      .reply_code = 550,
                                      .detail = {}};
inline const DeliveryOutcome kUnreachable{.failure = DeliveryFailure::unreachable,
                                          .phase = DeliveryPhase::connect,
                                          .reply_code = 0,
                                          .detail = {}};

inline Notification row(NotificationKind kind, std::uint32_t seq = 0, const Recipient& to = kAna,
                        const IncidentId& incident = kOutage) {
    auto what = std::make_shared<Announcement>();
    what->incident = incident;
    Notification n;
    n.id = make_notification_id(incident, kind, seq, to);
    n.kind = kind;
    n.seq = seq;
    n.recipient = to;
    n.announcement = what;
    n.created_at = at(std::chrono::seconds(0)).wall;
    return n;
}
inline Notification alert(const Recipient& to = kAna, const IncidentId& incident = kOutage) {
    return row(NotificationKind::alert, 0, to, incident);
}
inline Notification reminder(std::uint32_t seq, const Recipient& to = kAna) {
    return row(NotificationKind::reminder, seq, to);
}
inline Notification recovery(const Recipient& to = kAna) {
    return row(NotificationKind::recovery, 0, to);
}

/// An outbox on a timeline that starts at 0.
class OutboxTest : public testing::Test {
protected:
    void add(Notification n, Duration when = {}) {
        EXPECT_FALSE(outbox_.add(std::move(n), at(when)));
    }
    std::optional<Outbox::Claim> claim(Duration when = {}) { return outbox_.claim(at(when).mono); }
    /// The id of what may go out, "" for nothing.
    std::string claimed(Duration when = {}) {
        const auto c = claim(when);
        return c ? c->rows.front().id.str() : "";
    }
    Notification complete(const Notification& n, const DeliveryOutcome& outcome,
                          Duration when = {}) {
        return complete(std::vector{n}, outcome, when).front();
    }
    std::vector<Notification> complete(const std::vector<Notification>& sent,
                                       const DeliveryOutcome& outcome, Duration when = {}) {
        return outbox_.complete(sent, outcome, outcome.accepted() ? "" : "why", at(when));
    }
    /// Claims and completes the next message.
    Notification send(const DeliveryOutcome& outcome, Duration when = {}) {
        const auto c = claim(when);
        EXPECT_TRUE(c) << "nothing to send";
        return c ? complete(c->rows.front(), outcome, when) : Notification{};
    }
    std::optional<Duration> next_due(Duration when = {}) const {
        const auto due = outbox_.next_due(at(when).mono);
        if (!due) return std::nullopt;
        return *due - at({}).mono;
    }
    void expect_next_due_about(Duration expected, Duration when) const {
        const auto due = next_due(when);
        ASSERT_TRUE(due);
        const Duration wait = expected - when;
        EXPECT_GE(*due, when + wait * 8 / 10);
        EXPECT_LE(*due, when + wait * 12 / 10);
    }

    Rng rng_{7};
    OutboxPolicy policy_;
    Outbox outbox_{policy_, rng_};
};

}  // namespace vigia::core_test
