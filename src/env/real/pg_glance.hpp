#pragma once

#include <array>
#include <cstddef>
#include <openssl/ossl_typ.h>
#include <string>
#include <string_view>

namespace vigia {

/// What lies ready on a connection, looked at without taking it. libpq says why it gave up in prose
/// only, and has closed the socket by then; this says it in codes, and before.
struct PgGlance {
    static constexpr std::size_t kSize = std::size_t{16} * 1024;  ///< all that libpq reads at once

    std::array<char, kSize> bytes{};
    std::size_t size = 0;   ///< of `bytes`; zero if nothing is there yet
    bool ended = false;     ///< the other end has closed, and everything before that was read
    int os_errno = 0;       ///< the connection is broken
    std::string tls_error;  ///< OpenSSL refuses what came, such as a fatal alert

    std::string_view text() const { return {bytes.data(), size}; }
    bool over() const { return ended || os_errno != 0 || !tls_error.empty(); }
};

/// Looks at `descriptor`, which is said to be readable; through `tls` if that is not null (a
/// handshake that has been completed). Never blocks.
PgGlance glance(int descriptor, SSL* tls);

}  // namespace vigia
