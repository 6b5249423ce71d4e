#include "env/real/tls_stream.hpp"

#include "env/real/http_failure.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <climits>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace vigia {

namespace {

/// An encrypted key is not asked for on the terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

bool is_literal(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> unused;
    return ::inet_pton(AF_INET, host.c_str(), unused.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), unused.data()) == 1;
}

int clamp_size(std::size_t size) {
    return size > INT_MAX ? INT_MAX : static_cast<int>(size);
}

/// What OpenSSL complains of, without the place in its source.
std::string complaint() {
    const char* const text = ::ERR_reason_error_string(::ERR_peek_error());
    return text == nullptr ? std::string() : std::string(text);
}

bool is_sudden_end() {
    return ERR_GET_REASON(::ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

}  // namespace

void TlsStream::Free::operator()(SSL_CTX* context) const {
    ::SSL_CTX_free(context);
}

void TlsStream::Free::operator()(SSL* ssl) const {
    ::SSL_free(ssl);
}

TlsStream::TlsStream(TrustStores& trust, const TlsOptions& options, const TlsWish& wish, int fd) {
    ::ERR_clear_error();
    context_.reset(::SSL_CTX_new(::TLS_client_method()));
    if (!context_) {
        failure_ = Reason{Phase::tls, ReasonCode::no_buffers, 0, {}};
    } else if (prepare(trust, options, wish)) {
        ssl_.reset(::SSL_new(context_.get()));
        if (!ssl_ || ::SSL_set_fd(ssl_.get(), fd) != 1 || !expect(wish)) {
            failure_ = Reason{Phase::tls, ReasonCode::no_buffers, 0, {}};
        } else {
            ::SSL_set_connect_state(ssl_.get());
        }
    }
    ::ERR_clear_error();
}

TlsStream::~TlsStream() = default;

bool TlsStream::prepare(TrustStores& trust, const TlsOptions& options, const TlsWish& wish) {
    const bool verify = wish.verify_chain || wish.verify_host;
    X509_STORE* store = nullptr;
    if (verify) {
        store = trust.find(options.ca_file);
        if (store == nullptr) {
            failure_ = Reason{Phase::tls, ReasonCode::unusable_ca_file, 0, options.ca_file};
            return false;
        }
    }
    SSL_CTX* const context = context_.get();
    ::SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    ::SSL_CTX_set_mode(context,
                       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    observer_.prepare(context, store, verify);
    if (!options.cert_file.empty() && !use_certificate(options)) {
        failure_ = Reason{Phase::tls, ReasonCode::unusable_client_certificate, 0, complaint()};
        return false;
    }
    return true;
}

bool TlsStream::use_certificate(const TlsOptions& options) {
    const std::string& key = options.key_file.empty() ? options.cert_file : options.key_file;
    SSL_CTX* const context = context_.get();
    ::SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
    return ::SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) == 1 &&
           ::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
}

/// Tells OpenSSL whose certificate is expected, before the handshake begins.
bool TlsStream::expect(const TlsWish& wish) {
    const bool literal = is_literal(wish.host);
    if (!literal && SSL_set_tlsext_host_name(ssl_.get(), wish.host.c_str()) != 1) return false;
    if (!wish.verify_host) return true;
    X509_VERIFY_PARAM* const expected = ::SSL_get0_param(ssl_.get());
    ::X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return literal ? ::X509_VERIFY_PARAM_set1_ip_asc(expected, wish.host.c_str()) == 1
                   : ::X509_VERIFY_PARAM_set1_host(expected, wish.host.c_str(), 0) == 1;
}

TlsStream::Step TlsStream::handshake() {
    if (failure_) return Step::failed;
    ::ERR_clear_error();
    errno = 0;
    const int result = ::SSL_do_handshake(ssl_.get());
    const int os_errno = errno;
    if (result == 1) return Step::done;
    const int error = ::SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return Step::wants_read;
    if (error == SSL_ERROR_WANT_WRITE) return Step::wants_write;
    failure_ = reason_of(error, os_errno);
    ::ERR_clear_error();
    return Step::failed;
}

Reason TlsStream::reason_of(int error, int os_errno) const {
    if (const auto refusal = observer_.refusal()) return {Phase::tls, *refusal, 0, {}};
    if (!observer_.alert().empty()) {
        return {Phase::tls, ReasonCode::tls_failure, 0, observer_.alert()};
    }
    if (error == SSL_ERROR_SYSCALL && os_errno != 0) {
        const ReasonCode code = reason_of_errno(os_errno).value_or(ReasonCode::connection_closed);
        return {Phase::tls, code, 0, {}};
    }
    if (error != SSL_ERROR_SSL || is_sudden_end()) {
        return {Phase::tls, ReasonCode::connection_closed, 0, {}};
    }
    return {Phase::tls, ReasonCode::tls_failure, 0, complaint()};
}

ssize_t TlsStream::result_of(int result) {
    if (result > 0) return result;
    const int os_errno = errno;
    const int error = ::SSL_get_error(ssl_.get(), result);
    const bool ended = error == SSL_ERROR_ZERO_RETURN ||
                       (error == SSL_ERROR_SSL && is_sudden_end()) ||
                       (error == SSL_ERROR_SYSCALL && os_errno == 0);
    ::ERR_clear_error();
    if (ended) return 0;
    switch (error) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            errno = EAGAIN;
            break;
        case SSL_ERROR_SYSCALL:
            errno = os_errno;
            break;
        default:
            errno = EPROTO;
            break;
    }
    return -1;
}

ssize_t TlsStream::read(void* buffer, std::size_t size) {
    ::ERR_clear_error();
    errno = 0;
    return result_of(::SSL_read(ssl_.get(), buffer, clamp_size(size)));
}

ssize_t TlsStream::write(const void* buffer, std::size_t size) {
    ::ERR_clear_error();
    errno = 0;
    const ssize_t written = result_of(::SSL_write(ssl_.get(), buffer, clamp_size(size)));
    if (written != 0) return written;
    errno = EPIPE;
    return -1;
}

std::string TlsStream::version() const {
    return ::SSL_get_version(ssl_.get());
}

}  // namespace vigia
