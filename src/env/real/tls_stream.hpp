#pragma once

#include "core/reason.hpp"
#include "core/tls_options.hpp"
#include "env/real/tls_trust.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <openssl/ossl_typ.h>
#include <optional>
#include <string>
#include <sys/types.h>

namespace vigia {

/// What a TLS client asks for. With `verify_host` comes `verify_chain`.
struct TlsWish {
    bool verify_chain = false;
    bool verify_host = false;
    std::string host;  ///< a name, or an IP literal: verified, and (a name) asked for by SNI
};

/// The client's side of TLS on a connected, non-blocking socket, for protocols that begin in the
/// clear. Never waits. One thread; the trust stores and the socket must outlive it.
class TlsStream {
public:
    /// `options.verify` is not looked at.
    TlsStream(TrustStores& trust, const TlsOptions& options, const TlsWish& wish, int fd);
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    enum class Step : std::uint8_t { done, wants_read, wants_write, failed };

    /// Goes on with the handshake as far as the socket lets it.
    Step handshake();

    /// Why the handshake failed; phase `tls`.
    const Reason& failure() const { return *failure_; }

    /// As recv(2) and send(2): a negative result comes with an errno, EAGAIN to try again when the
    /// socket is ready; 0 is the end of the stream, with or without TLS's goodbye. What is no
    /// socket error is EPROTO.
    ssize_t read(void* buffer, std::size_t size);
    ssize_t write(const void* buffer, std::size_t size);

    /// "TLSv1.3", once the handshake is done.
    std::string version() const;

    /// What the peer's fatal alert says, or empty.
    std::string alert() const { return observer_.alert(); }

private:
    struct Free {
        void operator()(SSL_CTX* context) const;
        void operator()(SSL* ssl) const;
    };

    bool prepare(TrustStores& trust, const TlsOptions& options, const TlsWish& wish);
    bool use_certificate(const TlsOptions& options);
    bool expect(const TlsWish& wish);
    ssize_t result_of(int result);
    Reason reason_of(int error, int os_errno) const;

    TlsObserver observer_;
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> ssl_;
    std::optional<Reason> failure_;
};

}  // namespace vigia
