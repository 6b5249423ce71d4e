#pragma once

#include "env/real/asio_clock.hpp"
#include "env/real/curl_mailer.hpp"
#include "env/real/resolver.hpp"
#include "tests/contract/mail_world.hpp"
#include "tests/support/dns_server.hpp"
#include "tests/support/run_awaitable.hpp"
#include "tests/support/smtp_server.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace vigia::test {

/// Deadlines that a test can wait for.
inline MailerOptions short_deadlines() {
    MailerOptions options;
    options.ehlo_name = "watcher.test";
    options.connect = std::chrono::milliseconds(300);
    options.reply = std::chrono::milliseconds(200);
    options.acknowledgement = std::chrono::milliseconds(400);
    options.total = std::chrono::seconds(5);
    options.idle = std::chrono::milliseconds(100);
    return options;
}

/// A CurlMailer on a loop of its own, with a mail server beside it.
class RealMail {
public:
    explicit RealMail(SmtpServer::Options options = {},
                      MailerOptions mailer_options = short_deadlines())
        : smtp(io, std::move(options)), mailer(std::in_place, io, clock, resolver, mailer_options) {
        server.host = "127.0.0.1";
        server.port = smtp.port();
        server.security = SmtpSecurity::none;
    }

    DeliveryOutcome send(MailMessage message = sample_mail()) {
        return run(io,
                   mailer->send(std::make_shared<const MailServer>(server), std::move(message)));
    }

    boost::asio::io_context io{1};
    AsioClock clock{io};
    DnsServer dns{io};
    Resolver resolver{io, clock, resolver_options()};
    SmtpServer smtp;
    MailServer server;
    std::optional<CurlMailer> mailer;

private:
    ResolverOptions resolver_options() const {
        ResolverOptions options;
        options.servers = dns.servers();
        options.try_timeout = std::chrono::milliseconds(50);
        return options;
    }
};

/// "phase failure code", or "accepted", for comparisons that say what is wrong.
std::string brief(const DeliveryOutcome& outcome);

std::unique_ptr<MailWorld> make_real_mail_world();

}  // namespace vigia::test
