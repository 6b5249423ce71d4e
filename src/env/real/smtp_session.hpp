#pragma once

#include "core/delivery.hpp"
#include "core/mail.hpp"
#include "env/clock.hpp"
#include "env/real/asio_clock.hpp"
#include "env/real/curl_mailer.hpp"
#include "env/real/curl_multi.hpp"
#include "env/real/poll_set.hpp"
#include "env/real/resolver.hpp"
#include "env/real/smtp_reply.hpp"
#include "env/real/tls_trust.hpp"

#include <array>
#include <boost/asio/awaitable.hpp>
#include <curl/curl.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// What the sessions of one mailer share.
struct SmtpShared {
    boost::asio::io_context& context;
    Clock& clock;
    Resolver& resolver;
    CurlMulti& multi;
    TrustStores& trust;
    PollSet& sockets;  ///< its listener passes readiness on to SmtpSession::ready()
    const MailerOptions& options;
    std::size_t connect_failures = 0;  ///< each lets the next session begin at another address
};

/// One connection to a mail server. libcurl opens it (greeting, EHLO, STARTTLS, AUTH) in
/// CURLOPT_CONNECT_ONLY mode; the transactions are spoken here. One coroutine at a time; `shared`
/// must outlive it. After a failure other than a refusal it is of no more use.
class SmtpSession {
public:
    SmtpSession(SmtpShared& shared, std::shared_ptr<const MailServer> server);
    ~SmtpSession();
    SmtpSession(const SmtpSession&) = delete;
    SmtpSession& operator=(const SmtpSession&) = delete;

    /// Connects, secures and authenticates, over by `limit`. Once, before anything else.
    boost::asio::awaitable<DeliveryOutcome> open(MonoTime limit);

    /// Hands over one message. `retry_elsewhere` afterwards tells whether a reused connection
    /// turned out dead before the server could have seen anything of the message.
    boost::asio::awaitable<DeliveryOutcome> send(const MailMessage& message, MonoTime limit);

    bool usable() const { return open_ && !broken_; }
    bool retry_elsewhere() const { return retry_elsewhere_; }
    const MailServer& server() const { return *server_; }
    int descriptor() const { return descriptor_; }

    /// The socket that descriptor() names is ready. From the PollSet.
    void ready();

    MonoTime idle_since{};

private:
    enum class Io { done, timed_out, broken, cancelled };

    static int on_debug(CURL* easy, curl_infotype type, char* data, std::size_t size, void* self);
    static CURLcode on_tls_context(CURL* easy, void* context, void* self);
    static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

    void configure(const std::string& host, const AddressList& addresses);
    void configure_tls();
    void configure_login();
    void command_sent(std::string_view line);
    void reply_line_received(std::string_view line);
    void enter(DeliveryPhase phase);
    MonoTime later();
    bool connected() const;
    DeliveryOutcome failed_open(const TransferResult& result);
    DeliveryOutcome failure(DeliveryFailure failure) const;

    boost::asio::awaitable<DeliveryOutcome> command(DeliveryPhase phase, std::string line,
                                                    MonoTime limit);
    boost::asio::awaitable<DeliveryOutcome> await_reply(DeliveryPhase phase, MonoTime limit,
                                                        Duration patience);
    boost::asio::awaitable<Io> write(std::string_view bytes, MonoTime limit);
    boost::asio::awaitable<Io> wait(unsigned events, MonoTime deadline);
    DeliveryOutcome broken(DeliveryPhase phase, Io io);
    std::string without_password(std::string text) const;

    SmtpShared& shared_;
    std::shared_ptr<const MailServer> server_;
    TlsObserver tls_;
    CURL* easy_;
    curl_slist* resolve_ = nullptr;
    std::optional<CurlMulti::Transfer> transfer_;
    std::array<char, CURL_ERROR_SIZE> message_{};

    DeliveryPhase phase_ = DeliveryPhase::connect;
    MonoTime limit_{};
    MonoTime connecting_since_{};
    SmtpExtensions extensions_;
    SmtpReply last_reply_;     // while libcurl speaks
    bool logging_in_ = false;  // AUTH was sent
    bool garbled_ = false;     // something came that is no SMTP
    bool unusable_ca_file_ = false;
    int socket_errno_ = 0;

    int descriptor_ = -1;
    BootTimer wake_;
    bool ready_ = false;
    bool open_ = false;
    bool broken_ = false;
    bool refused_ = false;  // the last message was; a RSET is due
    bool used_ = false;     // a message went over it already
    bool retry_elsewhere_ = false;
};

}  // namespace vigia
