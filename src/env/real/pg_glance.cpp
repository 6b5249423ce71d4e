#include "env/real/pg_glance.hpp"

#include <cerrno>
#include <charconv>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>

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

std::size_t number_at(std::string_view bytes, std::size_t at) {
    std::size_t number = 0;
    for (const char c : bytes.substr(at, 4)) number = number << 8U | static_cast<unsigned char>(c);
    return number;
}

}  // namespace

PgGlance glance(int descriptor, SSL* tls) {
    PgGlance result;
    int waiting = 0;
    if (::ioctl(descriptor, FIONREAD, &waiting) == 0 && waiting > 0) {
        result.waiting = static_cast<std::size_t>(waiting);
    }
    if (tls != nullptr) {
        look_through(tls, result);
    } else {
        look_at(descriptor, result);
    }
    return result;
}

int authentication_code(const PgGlance& glance) {
    const std::string_view bytes = glance.text();
    constexpr std::size_t kShortest = 8;
    constexpr std::size_t kLongest = 2000;  // libpq's own limit
    constexpr std::size_t kHead = 9;        // type, length, code
    if (bytes.size() < kHead || bytes[0] != 'R') return -1;
    const std::size_t length = number_at(bytes, 1);
    if (length < kShortest || length > kLongest) return -1;
    const std::size_t code = number_at(bytes, 5);
    return code < 1000 ? static_cast<int>(code) : -1;
}

std::uint64_t scram_iterations(const PgGlance& glance) {
    constexpr int kSaslContinue = 11;
    constexpr std::string_view kKey = ",i=";
    if (authentication_code(glance) != kSaslContinue) return 0;
    const std::string_view text = glance.text();
    const std::size_t at = text.find(kKey);
    if (at == std::string_view::npos) return 0;
    std::uint64_t rounds = 0;
    const auto [end, error] =
        std::from_chars(text.data() + at + kKey.size(), text.data() + text.size(), rounds);
    return error == std::errc::result_out_of_range ? UINT64_MAX : rounds;
}

bool is_foreign_authentication(int code) {
    switch (code) {
        case 1:  // Kerberos 4
        case 2:  // Kerberos 5
        case 6:  // SCM credentials
        case 7:  // GSSAPI
        case 8:  // … continued
        case 9:  // SSPI
            return true;
        default:
            return false;
    }
}

}  // namespace vigia
