#include "env/real/smtp_session.hpp"

#include "base/base64.hpp"
#include "env/real/http_failure.hpp"
#include "env/real/mail_encoding.hpp"
#include "env/real/url.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <fmt/format.h>
#include <sys/socket.h>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// An address as the envelope has it: the domain in its IDNA form.
std::string envelope_address(const std::string& address) {
    const std::size_t at = address.rfind('@');
    const std::optional<std::string> domain = ascii_host(std::string_view(address).substr(at + 1));
    if (!domain) return address;
    return address.substr(0, at + 1) + *domain;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

SmtpSession::SmtpSession(SmtpShared& shared, std::shared_ptr<const MailServer> server)
    : shared_(shared),
      server_(std::move(server)),
      easy_(::curl_easy_init()),
      wake_(shared.context) {}

SmtpSession::~SmtpSession() {
    if (descriptor_ >= 0) {
        std::size_t sent = 0;
        if (usable()) ::curl_easy_send(easy_, "QUIT\r\n", 6, &sent);
        shared_.sockets.forget(descriptor_);
        // libcurl says QUIT too, and would block until it is answered.
        ::shutdown(descriptor_, SHUT_RDWR);
    }
    transfer_.reset();
    if (easy_ != nullptr) ::curl_easy_cleanup(easy_);
    ::curl_slist_free_all(resolve_);
}

void SmtpSession::ready() {
    ready_ = true;
    wake_.cancel();
}

std::string SmtpSession::without_password(std::string text) const {
    const std::string& password = server_->password.reveal();
    if (password.empty()) return text;
    // A server may echo what it was sent: as it is, or as AUTH LOGIN and AUTH PLAIN encode it.
    const std::string plain =
        std::string(1, '\0') + server_->user + std::string(1, '\0') + password;
    for (const std::string& secret : {password, base64(password), base64(plain)}) {
        if (text.find(secret) != std::string::npos) return {};
    }
    return text;
}

DeliveryOutcome SmtpSession::failure(DeliveryFailure failure) const {
    DeliveryOutcome outcome;
    outcome.failure = failure;
    outcome.phase = phase_;
    return outcome;
}

asio::awaitable<DeliveryOutcome> SmtpSession::send(const MailMessage& message, MonoTime limit) {
    const bool reused = std::exchange(used_, true);
    const std::string from = envelope_address(message.from_address);
    const std::string to = envelope_address(message.to);
    const bool wide = !is_ascii(from) || !is_ascii(to);
    if (wide && !extensions_.smtp_utf8) {
        phase_ = DeliveryPhase::recipient;
        DeliveryOutcome outcome = failure(DeliveryFailure::rejected_recipient);
        outcome.detail = "SMTPUTF8 not offered";
        co_return outcome;
    }
    DeliveryOutcome outcome;
    if (std::exchange(refused_, false)) {
        outcome = co_await command(DeliveryPhase::sender, "RSET\r\n", limit);
    }
    if (outcome.accepted()) {
        outcome = co_await command(
            DeliveryPhase::sender,
            fmt::format("MAIL FROM:<{}>{}\r\n", from, wide ? " SMTPUTF8" : ""), limit);
    }
    if (!outcome.accepted()) {
        retry_elsewhere_ = reused && (outcome.failure == DeliveryFailure::unreachable ||
                                      outcome.reply_code == 421);
        broken_ = true;
        co_return outcome;
    }
    outcome =
        co_await command(DeliveryPhase::recipient, fmt::format("RCPT TO:<{}>\r\n", to), limit);
    if (outcome.accepted()) {
        outcome = co_await command(DeliveryPhase::content, "DATA\r\n", limit);
    }
    if (!outcome.accepted()) {
        refused_ = true;  // the transaction is still open
        broken_ = broken_ || outcome.channel_trouble();
        co_return outcome;
    }
    const std::string content = dot_stuffed(render_mail(message));
    phase_ = DeliveryPhase::content;
    const Io written = co_await write(content, limit);
    if (written != Io::done) co_return broken(DeliveryPhase::content, written);
    outcome = co_await await_reply(DeliveryPhase::acknowledgement, limit,
                                   shared_.options.acknowledgement);
    broken_ = broken_ || outcome.channel_trouble();
    co_return outcome;
}

asio::awaitable<DeliveryOutcome> SmtpSession::command(DeliveryPhase phase, std::string line,
                                                      MonoTime limit) {
    phase_ = phase;
    const Io written = co_await write(line, limit);
    if (written != Io::done) co_return broken(phase, written);
    co_return co_await await_reply(phase, limit, shared_.options.reply);
}

DeliveryOutcome SmtpSession::broken(DeliveryPhase phase, Io io) {
    broken_ = true;
    phase_ = phase;
    switch (io) {
        case Io::timed_out:
            return failure(DeliveryFailure::timeout);
        case Io::cancelled:
            return failure(DeliveryFailure::own_fault);
        default:
            return failure(DeliveryFailure::unreachable);
    }
}

asio::awaitable<DeliveryOutcome> SmtpSession::await_reply(DeliveryPhase phase, MonoTime limit,
                                                          Duration patience) {
    phase_ = phase;
    const MonoTime deadline = std::min(limit, shared_.clock.now().mono + patience);
    SmtpReplyReader reader;
    SmtpReplyReader::State state = SmtpReplyReader::State::incomplete;
    while (state == SmtpReplyReader::State::incomplete) {
        std::array<char, 4096> buffer;
        std::size_t received = 0;
        const CURLcode code = ::curl_easy_recv(easy_, buffer.data(), buffer.size(), &received);
        if (code == CURLE_AGAIN) {
            const Io waited = co_await wait(PollSet::kRead, deadline);
            if (waited != Io::done) co_return broken(phase, waited);
            continue;
        }
        if (code != CURLE_OK || received == 0) co_return broken(phase, Io::broken);
        state = reader.feed(std::string_view(buffer.data(), received));
    }
    DeliveryOutcome outcome = failure(DeliveryFailure::server_error);
    outcome.reply_code = reader.reply().code;
    outcome.detail = without_password(reader.reply().text);
    if (state == SmtpReplyReader::State::malformed) {
        broken_ = true;
        co_return outcome;
    }
    outcome.failure = judge_reply(phase, outcome.reply_code);
    co_return outcome;
}

asio::awaitable<SmtpSession::Io> SmtpSession::write(std::string_view bytes, MonoTime limit) {
    while (!bytes.empty()) {
        std::size_t sent = 0;
        const CURLcode code = ::curl_easy_send(easy_, bytes.data(), bytes.size(), &sent);
        if (code == CURLE_AGAIN) {
            const MonoTime deadline =
                std::min(limit, shared_.clock.now().mono + shared_.options.reply);
            const Io waited = co_await wait(PollSet::kWrite, deadline);
            if (waited != Io::done) co_return waited;
            continue;
        }
        if (code != CURLE_OK) co_return Io::broken;
        bytes.remove_prefix(sent);
    }
    co_return Io::done;
}

asio::awaitable<SmtpSession::Io> SmtpSession::wait(unsigned events, MonoTime deadline) {
    const auto state = co_await asio::this_coro::cancellation_state;
    ready_ = false;
    if (shared_.sockets.watch(descriptor_, events) != 0) co_return Io::broken;
    Io io = Io::done;
    while (!ready_) {
        if (state.cancelled() != asio::cancellation_type::none) {
            io = Io::cancelled;
            break;
        }
        if (shared_.clock.now().mono >= deadline) {
            io = Io::timed_out;
            break;
        }
        boost::system::error_code ignored;
        wake_.expires_at(deadline);
        co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    shared_.sockets.forget(descriptor_);
    co_return io;
}

}  // namespace vigia
