#include "env/real/pg_glance.hpp"

#include <cerrno>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace vigia {

namespace {

void look_through(SSL* tls, PgGlance& glance) {
    ::ERR_clear_error();
    errno = 0;
    const int result = ::SSL_peek(tls, glance.bytes.data(), static_cast<int>(PgGlance::kSize));
    const int error = errno;
    if (result > 0) {
        glance.size = static_cast<std::size_t>(result);
        return;
    }
    switch (::SSL_get_error(tls, result)) {
        case SSL_ERROR_WANT_READ:  // a part of a record, or a message of TLS itself
        case SSL_ERROR_WANT_WRITE:
            break;
        case SSL_ERROR_ZERO_RETURN:
            glance.ended = true;
            break;
        case SSL_ERROR_SYSCALL:
            glance.os_errno = error;
            glance.ended = error == 0;
            break;
        default: {
            const unsigned long code = ::ERR_peek_error();
            if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
                glance.ended = true;
                break;
            }
            const char* const reason = ::ERR_reason_error_string(code);
            glance.tls_error = reason != nullptr ? reason : "TLS";
        }
    }
    ::ERR_clear_error();
}

void look_at(int descriptor, PgGlance& glance) {
    const ssize_t size =
        ::recv(descriptor, glance.bytes.data(), PgGlance::kSize, MSG_PEEK | MSG_DONTWAIT);
    if (size > 0) {
        glance.size = static_cast<std::size_t>(size);
    } else if (size == 0) {
        glance.ended = true;
    } else if (errno != EAGAIN && errno != EINTR) {
        glance.os_errno = errno;
    }
}

}  // namespace

PgGlance glance(int descriptor, SSL* tls) {
    PgGlance result;
    if (tls != nullptr) {
        look_through(tls, result);
    } else {
        look_at(descriptor, result);
    }
    return result;
}

}  // namespace vigia
