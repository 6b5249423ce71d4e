#pragma once

#include "base/i18n.hpp"
#include "core/reason.hpp"

#include <cstdint>
#include <string>

namespace vigia {

/// Where a delivery ended.
enum class DeliveryPhase : std::uint8_t {
    none,
    resolve,
    connect,
    greeting,
    tls,
    auth,
    sender,
    recipient,
    content,
    acknowledgement,
};

enum class DeliveryFailure : std::uint8_t {
    none,
    rejected_recipient,  ///< 5xx for this recipient or message: final
    deferred,            ///< 4xx for this recipient or message: again later
    unreachable,         ///< name, connection refused, reset, closed
    timeout,
    tls,                ///< handshake, certificate, STARTTLS not offered
    authentication,     ///< refused
    no_authentication,  ///< a password, but the server offers no AUTH
    server_error,       ///< the server is not willing at all (421, 5xx to EHLO or MAIL), or no SMTP
    own_fault,          ///< ours: descriptors, memory
};

/// What became of one attempt to deliver one message to one recipient.
struct DeliveryOutcome {
    DeliveryFailure failure = DeliveryFailure::none;
    DeliveryPhase phase = DeliveryPhase::none;
    ReasonCode cause = ReasonCode::none;  ///< of `unreachable` and `own_fault`, where it is known
    int reply_code = 0;                   ///< of SMTP, 0 without one
    std::string detail;                   ///< the server's text; hostile

    bool accepted() const { return failure == DeliveryFailure::none; }
    /// Never to be tried again by itself.
    bool final_refusal() const { return failure == DeliveryFailure::rejected_recipient; }
    /// True if the channel as a whole is in trouble, so that trying the next message is pointless.
    bool channel_trouble() const {
        return !accepted() && !final_refusal() && failure != DeliveryFailure::deferred;
    }
};

/// A sentence for people, without a final full stop, one line, outside text escaped and shortened
/// to 200 bytes: "refused by the mail server for good: 550 5.1.1 no such user (phase: recipient)".
std::string describe(const DeliveryOutcome& outcome, const Catalog& catalog);

}  // namespace vigia
