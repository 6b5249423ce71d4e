// How an SmtpSession is opened, with libcurl doing the talking.

#include "env/real/address_order.hpp"
#include "env/real/http_failure.hpp"
#include "env/real/smtp_session.hpp"
#include "env/real/url.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fmt/format.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace vigia {

namespace asio = boost::asio;

namespace {

// What libcurl may use of what is offered: no GSSAPI, which would ask Kerberos servers, blocking.
constexpr const char* kMechanisms = "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5";

bool is_certificate_or_handshake(CURLcode code) {
    switch (code) {
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CLIENTCERT:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_USE_SSL_FAILED:
            return true;
        default:
            return false;
    }
}

/// The host as a URL has it: an IPv6 literal may come with or without brackets.
std::string in_brackets(const std::string& host) {
    return host.find(':') == std::string::npos || host.front() == '[' ? host : '[' + host + ']';
}

DeliveryFailure failure_of(ReasonCode code) {
    if (code == ReasonCode::timeout) return DeliveryFailure::timeout;
    return is_own_fault(code) ? DeliveryFailure::own_fault : DeliveryFailure::unreachable;
}

}  // namespace

int SmtpSession::on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
    auto& session = *static_cast<SmtpSession*>(self);
    if (type == CURLINFO_HEADER_OUT) session.command_sent(std::string_view(data, size));
    if (type == CURLINFO_HEADER_IN) session.reply_line_received(std::string_view(data, size));
    return 0;
}

curl_socket_t SmtpSession::on_open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                            address->protocol);
    if (fd < 0) static_cast<SmtpSession*>(self)->socket_errno_ = errno;
    return fd;
}

CURLcode SmtpSession::on_tls_context(CURL*, void* context, void* self) {
    auto& session = *static_cast<SmtpSession*>(self);
    session.enter(DeliveryPhase::tls);
    const MailServer& server = *session.server_;
    X509_STORE* store = nullptr;
    if (server.verify_certificate) {
        store = session.shared_.trust.find(server.ca_file);
        if (store == nullptr) {
            session.unusable_ca_file_ = true;
            return CURLE_ABORTED_BY_CALLBACK;
        }
    }
    session.tls_.prepare(static_cast<SSL_CTX*>(context), store, server.verify_certificate);
    return CURLE_OK;
}

/// Only the verb is looked at: what follows AUTH is secret.
void SmtpSession::command_sent(std::string_view line) {
    last_reply_ = {};
    if (line.starts_with("EHLO") || line.starts_with("HELO")) {
        extensions_ = {};
        enter(DeliveryPhase::greeting);
    } else if (line.starts_with("STARTTLS")) {
        enter(DeliveryPhase::tls);
    } else if (line.starts_with("AUTH")) {
        logging_in_ = true;
        enter(DeliveryPhase::auth);
    } else {
        enter(phase_);
    }
}

void SmtpSession::reply_line_received(std::string_view line) {
    const std::optional<SmtpReplyLine> reply = parse_reply_line(line);
    if (!reply) {
        garbled_ = true;
        return;
    }
    if (last_reply_.text.size() < CURL_ERROR_SIZE) {
        if (last_reply_.code != 0) last_reply_.text += ' ';
        last_reply_.text += reply->text.substr(0, CURL_ERROR_SIZE);
    }
    last_reply_.code = reply->code;
    if (phase_ == DeliveryPhase::greeting) extensions_.take(reply->text);
}

/// A new phase has all its time.
void SmtpSession::enter(DeliveryPhase phase) {
    phase_ = phase;
    const MonoTime deadline = shared_.clock.now().mono + shared_.options.reply;
    transfer_->set_deadline(std::min(limit_, deadline));
}

bool SmtpSession::connected() const {
    curl_off_t taken = 0;
    ::curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &taken);
    return taken != 0;
}

/// libcurl says nothing when the connection stands: the greeting then still has its time.
MonoTime SmtpSession::later() {
    if (phase_ != DeliveryPhase::connect || !connected()) return MonoTime::min();
    curl_off_t taken = 0;
    ::curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &taken);
    phase_ = DeliveryPhase::greeting;
    return std::min(limit_,
                    connecting_since_ + std::chrono::microseconds(taken) + shared_.options.reply);
}

void SmtpSession::configure(const std::string& host, const AddressList& addresses) {
    const auto set = [this](CURLoption option, auto value) {
        ::curl_easy_setopt(easy_, option, value);
    };
    const bool implicit = server_->security == SmtpSecurity::tls;
    const std::string url =
        fmt::format("{}://{}:{}/{}", implicit ? "smtps" : "smtp", in_brackets(host), server_->port,
                    shared_.options.ehlo_name);
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_ERRORBUFFER, message_.data());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECT_ONLY, 1L);
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_OPENSOCKETFUNCTION, &SmtpSession::on_open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_VERBOSE, 1L);  // for the callback only: it sees commands and replies
    set(CURLOPT_DEBUGFUNCTION, &SmtpSession::on_debug);
    set(CURLOPT_DEBUGDATA, this);
    set(CURLOPT_USE_SSL,
        server_->security == SmtpSecurity::starttls ? long{CURLUSESSL_ALL} : long{CURLUSESSL_NONE});
    const auto seconds = [](Duration d) { return static_cast<long>(to_seconds(d)) + 5; };
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds(shared_.options.reply));  // behind our own
    set(CURLOPT_CONNECTTIMEOUT, seconds(shared_.options.total));
    if (!is_literal_host(host)) {
        // libcurl gives each address of a family half of the time that is left, which for a mail
        // server is far more than we wait: the first must not always be the same.
        std::vector<boost::asio::ip::address> order = addresses.addresses;
        const auto first = static_cast<std::ptrdiff_t>(shared_.connect_failures % order.size());
        std::rotate(order.begin(), order.begin() + first, order.end());
        const std::string entry =
            fmt::format("+{}:{}:{}", host, server_->port, join_addresses(order));
        resolve_ = ::curl_slist_append(nullptr, entry.c_str());
        set(CURLOPT_RESOLVE, resolve_);
    }
    configure_tls();
    configure_login();
}

void SmtpSession::configure_tls() {
    ::curl_easy_setopt(easy_, CURLOPT_SSL_CTX_FUNCTION, &SmtpSession::on_tls_context);
    ::curl_easy_setopt(easy_, CURLOPT_SSL_CTX_DATA, this);
    // The trust store comes with the context; see HttpHop.
    ::curl_easy_setopt(easy_, CURLOPT_CAINFO, nullptr);
    ::curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
    ::curl_easy_setopt(easy_, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    ::curl_easy_setopt(easy_, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (!server_->verify_certificate) {
        ::curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 0L);
        ::curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

void SmtpSession::configure_login() {
    if (server_->password.empty()) return;
    ::curl_easy_setopt(easy_, CURLOPT_LOGIN_OPTIONS, kMechanisms);
    ::curl_easy_setopt(easy_, CURLOPT_USERNAME, server_->user.c_str());
    ::curl_easy_setopt(easy_, CURLOPT_PASSWORD, server_->password.reveal().c_str());
}

asio::awaitable<DeliveryOutcome> SmtpSession::open(MonoTime limit) {
    limit_ = limit;
    connecting_since_ = shared_.clock.now().mono;
    const MonoTime connect_by = std::min(limit, connecting_since_ + shared_.options.connect);
    phase_ = DeliveryPhase::resolve;
    const std::optional<std::string> host = ascii_host(server_->host);
    if (!host || host->empty()) co_return failure(DeliveryFailure::unreachable);
    Resolution where{ReasonCode::none, shared_.resolver.known(*host)};
    if (!where.addresses) where = co_await shared_.resolver.resolve(*host, connect_by);
    if (!where.addresses) {
        DeliveryOutcome outcome = failure(failure_of(where.failure));
        outcome.cause = where.failure;
        co_return outcome;
    }
    phase_ = DeliveryPhase::connect;
    if (easy_ == nullptr) co_return failure(DeliveryFailure::own_fault);
    configure(*host, *where.addresses);

    connecting_since_ = shared_.clock.now().mono;
    transfer_.emplace(shared_.multi, easy_);
    transfer_->set_deadline(connect_by);
    transfer_->on_deadline([this] { return later(); });
    const TransferResult result = co_await transfer_->run(true);
    if (result.code != CURLE_OK) co_return failed_open(result);
    curl_socket_t descriptor = CURL_SOCKET_BAD;
    ::curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &descriptor);
    if (descriptor == CURL_SOCKET_BAD) co_return failure(DeliveryFailure::own_fault);
    descriptor_ = descriptor;
    open_ = true;
    if (!server_->password.empty() && !logging_in_) {
        phase_ = DeliveryPhase::auth;
        DeliveryOutcome outcome = failure(DeliveryFailure::no_authentication);
        outcome.detail = "no AUTH that can be used is offered";
        co_return outcome;
    }
    co_return failure(DeliveryFailure::none);
}

DeliveryOutcome SmtpSession::failed_open(const TransferResult& result) {
    DeliveryOutcome outcome = failure(DeliveryFailure::unreachable);
    if (outcome.phase == DeliveryPhase::connect && connected()) {
        outcome.phase = DeliveryPhase::greeting;
    }
    if (outcome.phase == DeliveryPhase::connect && !result.cancelled) ++shared_.connect_failures;
    if (last_reply_.code >= 400) {
        outcome.reply_code = last_reply_.code;
        outcome.detail = without_password(last_reply_.text);
    }
    const auto fail = [&outcome](DeliveryFailure failure, std::string detail) {
        outcome.failure = failure;
        if (outcome.detail.empty()) outcome.detail = std::move(detail);
        return outcome;
    };
    if (result.cancelled || result.watch_errno != 0) return fail(DeliveryFailure::own_fault, {});
    if (result.code == CURLE_OPERATION_TIMEDOUT) return fail(DeliveryFailure::timeout, {});
    if (unusable_ca_file_) return fail(DeliveryFailure::tls, server_->ca_file);
    if (is_certificate_or_handshake(result.code)) {
        outcome.phase = DeliveryPhase::tls;
        outcome.detail = message_.data();
        return fail(DeliveryFailure::tls, {});
    }
    if (result.code == CURLE_COULDNT_CONNECT) {
        long error = 0;
        ::curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &error);
        const int number = socket_errno_ != 0 ? socket_errno_ : static_cast<int>(error);
        const ReasonCode code = reason_of_errno(number).value_or(ReasonCode::host_unreachable);
        outcome.cause = code;
        return fail(failure_of(code), {});
    }
    if (outcome.reply_code == 421) return fail(DeliveryFailure::server_error, {});
    if (result.code == CURLE_LOGIN_DENIED) {
        outcome.phase = DeliveryPhase::auth;
        return fail(
            logging_in_ ? DeliveryFailure::authentication : DeliveryFailure::no_authentication,
            message_.data());
    }
    if (result.code == CURLE_OUT_OF_MEMORY) return fail(DeliveryFailure::own_fault, {});
    if (outcome.reply_code >= 400 || garbled_ || result.code == CURLE_WEIRD_SERVER_REPLY ||
        result.code == CURLE_REMOTE_ACCESS_DENIED) {
        return fail(DeliveryFailure::server_error, message_.data());
    }
    return fail(DeliveryFailure::unreachable, message_.data());
}

}  // namespace vigia
