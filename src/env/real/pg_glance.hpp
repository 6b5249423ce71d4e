#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <openssl/ossl_typ.h>
#include <string>
#include <string_view>

namespace vigia {

/// What lies ready on a connection, looked at without taking it. libpq says why it gave up in prose
/// only, and has closed the socket by then; this says it in codes, and before.
struct PgGlance {
    static constexpr std::size_t kSize = 256;  ///< the whole of an authentication request

    std::array<char, kSize> bytes{};
    std::size_t size = 0;     ///< of `bytes`; zero if nothing is there yet
    std::size_t waiting = 0;  ///< bytes in the socket, at least; as they come over the wire
    bool ended = false;       ///< the other end has closed, and everything before that was read
    int os_errno = 0;         ///< the connection is broken
    std::string tls_error;    ///< OpenSSL refuses what came, such as a fatal alert

    std::string_view text() const { return {bytes.data(), size}; }
    bool over() const { return ended || os_errno != 0 || !tls_error.empty(); }
};

/// Looks at `descriptor`, which is said to be readable; through `tls` if that is not null (a
/// handshake that has been completed). Never blocks.
PgGlance glance(int descriptor, SSL* tls);

/// The code of an AuthenticationRequest (0 OK, 3 password, 10 SASL, …); negative if `glance` is
/// none.
int authentication_code(const PgGlance& glance);

/// The rounds that the server's half of a SCRAM login (RFC 5802 §5.1: `i=`) demands of us; 0 if
/// `glance` is no such message.
std::uint64_t scram_iterations(const PgGlance& glance);

/// True for the codes of Kerberos, GSSAPI and SSPI, during which libpq would wait for others.
bool is_foreign_authentication(int code);

}  // namespace vigia
