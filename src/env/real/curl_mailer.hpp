#pragma once

#include "base/time.hpp"
#include "env/clock.hpp"
#include "env/mailer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>

namespace vigia {

class Resolver;

struct MailerOptions {
    std::string ca_file;    ///< PEM; empty: the system's bundle (SSL_CERT_FILE honoured)
    std::string ehlo_name;  ///< empty: this machine's host name
    Duration connect = std::chrono::seconds(10);          ///< name resolution included
    Duration reply = std::chrono::seconds(30);            ///< greeting, TLS, each command
    Duration acknowledgement = std::chrono::seconds(60);  ///< after the end of the data
    Duration total = std::chrono::seconds(150);
    Duration idle = std::chrono::seconds(5);  ///< an open connection waits for another message
    std::size_t idle_connections = 4;
};

/// Mailer over libcurl: it connects, secures and authenticates; the transaction (MAIL, RCPT, DATA)
/// is spoken here over its connection, because libcurl's own waits for the acknowledgement and for
/// the answer to QUIT without returning to the loop. One per shard; one thread; the references must
/// outlive it, and it every send(). No send may be under way when it is destroyed.
class CurlMailer final : public Mailer {
public:
    CurlMailer(boost::asio::io_context& context, Clock& clock, Resolver& resolver,
               MailerOptions options);
    ~CurlMailer() override;
    CurlMailer(const CurlMailer&) = delete;
    CurlMailer& operator=(const CurlMailer&) = delete;

    boost::asio::awaitable<DeliveryOutcome> send(std::shared_ptr<const MailServer> server,
                                                 MailMessage message) override;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // timers hold on to it, weakly
};

}  // namespace vigia
