#pragma once

#include "base/time.hpp"
#include "env/mailer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>

namespace vigia::test {

/// What a mail server does, in terms that every implementation of Mailer knows.
enum class PostOfficeMood : std::uint8_t {
    accepts,
    deferred,              ///< 4xx for the recipient
    rejected,              ///< 5xx for the recipient
    refused,               ///< no one listens
    stalled,               ///< connects, then silence
    authentication,        ///< the login is refused
    unwilling,             ///< 421 at once
    lost_acknowledgement,  ///< takes the message, then drops the connection
};

/// A Mailer and a server for it: what the contract is tested in. One per test.
class MailWorld {
public:
    virtual ~MailWorld() = default;
    virtual void set(PostOfficeMood mood) = 0;
    virtual MonoTime now() const = 0;
    /// Runs the world until the send has completed.
    virtual DeliveryOutcome send(MailMessage message) = 0;
    /// Messages that the server has taken, acknowledged or not.
    virtual int taken() const = 0;
};

/// An implementation of Mailer, for a value-parameterised suite.
struct MailWorldFactory {
    const char* name;
    std::function<std::unique_ptr<MailWorld>()> make;

    friend std::ostream& operator<<(std::ostream& out, const MailWorldFactory& factory) {
        return out << factory.name;
    }
};

/// A message to somebody.
inline MailMessage sample_mail() {
    MailMessage message;
    message.from_address = "vigia@example.org";
    message.from_name = "vigia";
    message.to = "ana@example.org";
    message.subject = "🔴 ALERTA: Servicio caído - Web";
    message.message_id = "<1.ana@example.org>";
    message.date = WallTime(std::chrono::seconds(1734600000));
    message.text = "Servicio: Web\n.\n..dos puntos\nFin\n";
    message.html = "<p>Servicio: Web</p>\n";
    return message;
}

}  // namespace vigia::test
