// What lies ready on a connection, with TLS and without, in any order of what a server can do: it
// is what is then read, looking takes nothing, and the end is seen when all before it was read.
// First byte: how the connection is made; then events, each a byte, some with more behind it.

#include "base/assert.hpp"
#include "env/real/descriptor.hpp"
#include "env/real/pg_glance.hpp"
#include "tests/support/fuzz_input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace {

using namespace vigia;

struct FreeSsl {
    void operator()(SSL* ssl) const { ::SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, FreeSsl>;

/// A key that both ends know: no certificates, whose verification is not looked at here.
unsigned write_key(unsigned char* key, unsigned room) {
    constexpr unsigned kSize = 32;
    VIGIA_ASSERT(room >= kSize);
    std::fill_n(key, kSize, static_cast<unsigned char>(7));
    return kSize;
}

// tidy: allow(size-parameters) OpenSSL's callback
unsigned client_key(SSL*, const char*, char* name, unsigned, unsigned char* key, unsigned room) {
    std::strcpy(name, "v");
    return write_key(key, room);
}

unsigned server_key(SSL*, const char*, unsigned char* key, unsigned room) {
    return write_key(key, room);
}

SSL_CTX* context() {
    static SSL_CTX* const made = [] {
        SSL_CTX* const context = ::SSL_CTX_new(::TLS_method());
        VIGIA_ASSERT(::SSL_CTX_set_cipher_list(context, "PSK-AES128-GCM-SHA256") == 1);
        ::SSL_CTX_set_psk_client_callback(context, &client_key);
        ::SSL_CTX_set_psk_server_callback(context, &server_key);
        return context;
    }();
    return made;
}

class Connection {
public:
    explicit Connection(unsigned kind) {
        std::array<int, 2> ends{};
        VIGIA_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        server_ = Descriptor(ends[0]);
        client_ = Descriptor(ends[1]);
        if (kind % 3 != 0) shake_hands(kind % 3 == 1 ? TLS1_2_VERSION : TLS1_3_VERSION);
    }

    void say(std::size_t size) {
        if (ended_ || said_.size() + size > kMost) return;
        const std::string_view more = test::numbered_bytes(said_.size(), size);
        if (tls_server_ == nullptr) {
            put(more);
        } else if (size > 0) {
            const int written = ::SSL_write(tls_server_.get(), more.data(), static_cast<int>(size));
            VIGIA_ASSERT(written == static_cast<int>(size));
        }
        said_ += more;
    }

    /// Onto the wire, past TLS; without it, one more thing that is said.
    void put_raw(std::string_view bytes) {
        if (ended_ || said_.size() + bytes.size() > kMost) return;
        put(bytes);
        if (tls_server_ == nullptr) said_ += bytes;
        if (tls_server_ != nullptr && !bytes.empty()) spoilt_ = true;
    }

    void say_goodbye() {
        if (tls_server_ != nullptr && !ended_) ::SSL_shutdown(tls_server_.get());
        if (tls_server_ != nullptr) ended_ = true;
        ::ERR_clear_error();
    }

    void hang_up() {
        ::shutdown(server_.get(), SHUT_WR);
        ended_ = true;
    }

    /// Reads as libpq would.
    void take(std::size_t size) {
        if (size == 0) return;
        std::vector<char> room(size);
        ssize_t taken = 0;
        if (tls_client_ == nullptr) {
            taken = ::recv(client_.get(), room.data(), size, MSG_DONTWAIT);
        } else {
            ::ERR_clear_error();
            taken = ::SSL_read(tls_client_.get(), room.data(), static_cast<int>(size));
            ::ERR_clear_error();
        }
        if (taken <= 0) return;
        const std::string_view bytes(room.data(), static_cast<std::size_t>(taken));
        VIGIA_ASSERT(std::string_view(said_).substr(taken_).starts_with(bytes));
        taken_ += bytes.size();
    }

    void look() const {
        const PgGlance seen = glance(client_.get(), tls_client_.get());
        VIGIA_ASSERT(seen.size <= PgGlance::kSize);
        VIGIA_ASSERT(std::string_view(said_).substr(taken_).starts_with(seen.text()));
        VIGIA_ASSERT(seen.size == 0 || !seen.over());
        const PgGlance again = glance(client_.get(), tls_client_.get());
        VIGIA_ASSERT(again.text() == seen.text() && again.over() == seen.over());
        if (spoilt_) return;
        const std::size_t left = said_.size() - taken_;
        VIGIA_ASSERT((seen.size > 0) == (left > 0));
        if (tls_client_ == nullptr) VIGIA_ASSERT(seen.size == std::min(left, PgGlance::kSize));
        VIGIA_ASSERT(seen.ended == (ended_ && left == 0));
        VIGIA_ASSERT(seen.os_errno == 0 && seen.tls_error.empty());
    }

private:
    static constexpr std::size_t kMost = std::size_t{64} * 1024;  // less than a socket takes

    void shake_hands(int version) {
        tls_server_.reset(::SSL_new(context()));
        tls_client_.reset(::SSL_new(context()));
        for (SSL* const ssl : {tls_server_.get(), tls_client_.get()}) {
            ::SSL_set_min_proto_version(ssl, version);
            ::SSL_set_max_proto_version(ssl, version);
        }
        ::SSL_set_fd(tls_server_.get(), server_.get());
        ::SSL_set_fd(tls_client_.get(), client_.get());
        int done = 0;
        for (int round = 0; round < 4 && done < 2; ++round) {
            done = ::SSL_connect(tls_client_.get()) == 1 ? 1 : 0;
            done += ::SSL_accept(tls_server_.get()) == 1 ? 1 : 0;
        }
        VIGIA_ASSERT(done == 2);
        ::ERR_clear_error();
    }

    void put(std::string_view bytes) {
        const ssize_t done = ::send(server_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        VIGIA_ASSERT(done == static_cast<ssize_t>(bytes.size()));
    }

    Descriptor server_;
    Descriptor client_;
    Ssl tls_server_;
    Ssl tls_client_;
    std::string said_;
    std::size_t taken_ = 0;
    bool ended_ = false;
    bool spoilt_ = false;  // what comes is no TLS, or not whole
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    constexpr int kMostEvents = 50;
    test::FuzzInput input(bytes, size);
    Connection connection(input.byte());
    for (int i = 0; i < kMostEvents && !input.empty(); ++i) {
        switch (input.byte() % 6) {
            case 0:
                connection.say(input.byte());
                break;
            case 1:
                connection.say(input.byte() * 256);
                break;
            case 2:
                connection.put_raw(input.field());
                break;
            case 3:
                connection.say_goodbye();
                break;
            case 4:
                connection.hang_up();
                break;
            default:
                connection.take(input.byte() * 16);
        }
        connection.look();
    }
    return 0;
}
