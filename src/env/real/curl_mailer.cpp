#include "env/real/curl_mailer.hpp"

#include "base/assert.hpp"
#include "env/real/asio_clock.hpp"
#include "env/real/mail_encoding.hpp"
#include "env/real/smtp_session.hpp"
#include "env/real/tls_trust.hpp"

#include <algorithm>
#include <array>
#include <boost/system/error_code.hpp>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// This machine's name, of the characters that a domain name may have.
std::string host_name() {
    std::array<char, 256> buffer{};
    if (::gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
    std::string name;
    for (const char c : std::string_view(buffer.data())) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.') name += c;
    }
    return name.empty() ? "localhost" : name;
}

MailerOptions complete(MailerOptions options) {
    if (options.ca_file.empty()) options.ca_file = system_ca_file();
    if (options.ehlo_name.empty()) options.ehlo_name = host_name();
    return options;
}

}  // namespace

class CurlMailer::Impl final : public PollSet::Listener {
public:
    Impl(asio::io_context& context, Clock& clock, Resolver& resolver, MailerOptions options)
        : options_(complete(std::move(options))),
          clock_(clock),
          multi_(context),
          trust_(clock, options_.ca_file),
          sockets_(context, *this),
          shared_{context, clock, resolver, multi_, trust_, sockets_, options_, 0},
          reaper_(context) {}

    ~Impl() override { VIGIA_ASSERT(active_.empty()); }

    asio::awaitable<DeliveryOutcome> send(std::shared_ptr<const MailServer> server,
                                          MailMessage message);

    void remember(const std::shared_ptr<Impl>& self) { self_ = self; }

private:
    using Session = std::unique_ptr<SmtpSession>;

    void ready(int fd, unsigned events) override;
    Session take_idle(const MailServer& server);
    void keep(Session session);
    void reap();
    void schedule_reaping();

    /// While a coroutine speaks on it: where ready() finds it.
    class Active {
    public:
        Active(Impl& mailer, SmtpSession& session) : mailer_(mailer), session_(session) {
            mailer_.active_.push_back(&session_);
        }
        ~Active() { std::erase(mailer_.active_, &session_); }
        Active(const Active&) = delete;
        Active& operator=(const Active&) = delete;

    private:
        Impl& mailer_;
        SmtpSession& session_;
    };

    MailerOptions options_;
    Clock& clock_;
    CurlMulti multi_;
    TrustStores trust_;
    PollSet sockets_;
    SmtpShared shared_;
    std::vector<SmtpSession*> active_;
    std::vector<Session> idle_;  // the longest idle in front
    BootTimer reaper_;
    std::weak_ptr<Impl> self_;
};

void CurlMailer::Impl::ready(int fd, unsigned) {
    for (SmtpSession* const session : active_) {
        if (session->descriptor() == fd) return session->ready();
    }
}

CurlMailer::Impl::Session CurlMailer::Impl::take_idle(const MailServer& server) {
    const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&server](const Session& one) {
        return one->server() == server;
    });
    if (found == idle_.rend()) return nullptr;
    Session session = std::move(*found);
    idle_.erase(std::next(found).base());
    return session;
}

void CurlMailer::Impl::keep(Session session) {
    if (!session->usable() || options_.idle_connections == 0) return;
    if (idle_.size() >= options_.idle_connections) idle_.erase(idle_.begin());
    session->idle_since = clock_.now().mono;
    idle_.push_back(std::move(session));
    if (idle_.size() == 1) schedule_reaping();
}

void CurlMailer::Impl::schedule_reaping() {
    reaper_.expires_at(idle_.front()->idle_since + options_.idle);
    reaper_.async_wait([weak = self_](const boost::system::error_code& error) {
        const std::shared_ptr<Impl> impl = weak.lock();
        if (!error && impl) impl->reap();
    });
}

void CurlMailer::Impl::reap() {
    const MonoTime now = clock_.now().mono;
    std::erase_if(
        idle_, [this, now](const Session& one) { return one->idle_since + options_.idle <= now; });
    if (!idle_.empty()) schedule_reaping();
}

asio::awaitable<DeliveryOutcome> CurlMailer::Impl::send(std::shared_ptr<const MailServer> server,
                                                        MailMessage message) {
    DeliveryOutcome outcome;
    if (!is_mail_address(message.from_address) || !is_mail_address(message.to)) {
        const bool sender = !is_mail_address(message.from_address);
        outcome.failure =
            sender ? DeliveryFailure::server_error : DeliveryFailure::rejected_recipient;
        outcome.phase = sender ? DeliveryPhase::sender : DeliveryPhase::recipient;
        outcome.detail = "not an e-mail address";
        co_return outcome;
    }
    const MonoTime limit = clock_.now().mono + options_.total;
    Session session = take_idle(*server);
    for (;;) {
        const bool fresh = session == nullptr;
        if (fresh) session = std::make_unique<SmtpSession>(shared_, server);
        const Active active(*this, *session);
        if (fresh) {
            outcome = co_await session->open(limit);
            if (!outcome.accepted()) co_return outcome;
        }
        outcome = co_await session->send(message, limit);
        if (!session->retry_elsewhere()) break;
        session = nullptr;
    }
    keep(std::move(session));
    co_return outcome;
}

CurlMailer::CurlMailer(asio::io_context& context, Clock& clock, Resolver& resolver,
                       MailerOptions options)
    : impl_(std::make_shared<Impl>(context, clock, resolver, std::move(options))) {
    impl_->remember(impl_);
}

CurlMailer::~CurlMailer() = default;

asio::awaitable<DeliveryOutcome> CurlMailer::send(std::shared_ptr<const MailServer> server,
                                                  MailMessage message) {
    return impl_->send(std::move(server), std::move(message));
}

}  // namespace vigia
