#pragma once

#include "base/i18n.hpp"
#include "core/mail.hpp"
#include "env/env.hpp"
#include "notify/notifier.hpp"

#include <memory>
#include <vector>

namespace vigia {

/// The channel "email": renders a notification and hands it to the Mailer. Env must outlive it.
class EmailNotifier final : public Notifier {
public:
    EmailNotifier(Env& env, const EmailChannel& channel, Catalog catalog);

    boost::asio::awaitable<DeliveryOutcome> deliver(std::vector<Notification> rows) override;

private:
    Env& env_;
    std::shared_ptr<const MailServer> server_;
    std::string sender_;
    std::string sender_name_;
    Catalog catalog_;
};

}  // namespace vigia
