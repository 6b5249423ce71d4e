#pragma once

#include "core/delivery.hpp"
#include "core/mail.hpp"

#include <boost/asio/awaitable.hpp>
#include <memory>

namespace vigia {

/// Port: hands one message to a mail server. Called on the shard's thread.
/// Every phase has its own deadline (connect 10 s, each reply 30 s, acknowledgement 60 s; all of
/// it 150 s), so a send always completes. `accepted` is reported only after the server's 2xx to the
/// end of the data. Cancelling makes it complete soon. Implementations: env/real, sim.
class Mailer {
public:
    virtual ~Mailer() = default;
    virtual boost::asio::awaitable<DeliveryOutcome> send(std::shared_ptr<const MailServer> server,
                                                         MailMessage message) = 0;
};

}  // namespace vigia
