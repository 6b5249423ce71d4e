// Whatever answers where a SQL Server should: how far one comes is what a reader of its own says of
// the first packet, the pieces never change it, and no answer that ends keeps anyone waiting. First
// byte: the mode of TLS; then the sizes of the pieces, up to a NUL; the rest is the answer.

#include "base/assert.hpp"
#include "env/real/asio_clock.hpp"
#include "env/real/tds_glance.hpp"
#include "tests/support/fuzz_input.hpp"

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <pthread.h>
#include <string_view>
#include <sys/socket.h>
#include <thread>

namespace {

using namespace vigia;

/// A listener on loopback for all runs.
class Listener {
public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        VIGIA_ASSERT(::bind(socket_.get(), generic, size) == 0);
        VIGIA_ASSERT(::listen(socket_.get(), 8) == 0);
        VIGIA_ASSERT(::getsockname(socket_.get(), generic, &size) == 0);
        port_ = ntohs(address.sin_port);
    }

    std::uint16_t port() const { return port_; }

    /// Says all of `answer` to the next one who comes, and listens until they go.
    void serve(std::string_view answer, std::string_view cuts) const {
        const Descriptor peer(::accept(socket_.get(), nullptr, nullptr));
        VIGIA_ASSERT(static_cast<bool>(peer));
        const int on = 1;
        ::setsockopt(peer.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        for (const test::FuzzPiece& piece : test::pieces_of(answer, cuts)) {
            // Who has heard enough may be gone.
            if (::send(peer.get(), piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;
        }
        ::shutdown(peer.get(), SHUT_WR);
        std::array<char, 4096> room{};
        while (::recv(peer.get(), room.data(), room.size(), 0) > 0) continue;
    }

private:
    Descriptor socket_;
    std::uint16_t port_ = 0;
};

std::optional<Reason> look(DbTlsMode mode, std::string_view answer, std::string_view cuts) {
    static const Listener listener;
    std::thread server([&] {
        // libFuzzer's clock; the other thread is to meet it.
        sigset_t alarm{};
        ::sigemptyset(&alarm);
        ::sigaddset(&alarm, SIGALRM);
        ::pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
        listener.serve(answer, cuts);
    });
    TdsPeer peer;
    peer.addresses = {"127.0.0.1"};
    peer.port = listener.port();
    peer.host = "db.example.org";
    peer.mode = mode;
    std::optional<Reason> reason;
    {
        TdsGlance glance(peer, BootClock::now() + std::chrono::seconds(30));
        reason = glance.look();
        VIGIA_ASSERT(reason ? glance.phase() == reason->phase : glance.phase() == Phase::login);
    }
    server.join();
    return reason;
}

/// How the conversation goes up to TLS, if it comes to that.
enum class Course { closed, garbled, no_tls, plain, encrypted };

/// A packet of type 4 whose payload is a table of options: kind, offset, length; 255 ends it.
Course read_answer(std::string_view answer, DbTlsMode mode) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(answer[at]); };
    if (answer.size() < 8) return Course::closed;
    const std::size_t size = byte(2) * 256U + byte(3);
    if (byte(0) != 4 || size <= 8 || size > 32767) return Course::garbled;
    if (answer.size() < size) return Course::closed;
    answer = answer.substr(8, size - 8);
    int encryption = -1;
    for (std::size_t at = 0; at + 5 <= answer.size() && encryption < 0; at += 5) {
        if (byte(at) == 255) break;
        const std::size_t offset = byte(at + 1) * 256U + byte(at + 2);
        if (byte(at) == 1 && offset < answer.size()) encryption = byte(offset);
    }
    if (encryption < 0 || encryption > 3) return Course::garbled;
    if (encryption == 2) return mode >= DbTlsMode::require ? Course::no_tls : Course::plain;
    return mode == DbTlsMode::disable ? Course::plain : Course::encrypted;
}

void check(const std::optional<Reason>& reason, Course course) {
    VIGIA_ASSERT(reason.has_value() == (course != Course::plain));
    if (!reason) return;
    const bool in_tls = course == Course::no_tls || course == Course::encrypted;
    VIGIA_ASSERT(reason->phase == (in_tls ? Phase::tls : Phase::login));
    switch (course) {
        case Course::closed:
            VIGIA_ASSERT(reason->code == ReasonCode::connection_closed);
            break;
        case Course::garbled:
            VIGIA_ASSERT(reason->code == ReasonCode::protocol_error);
            break;
        case Course::no_tls:
            VIGIA_ASSERT(reason->code == ReasonCode::tls_not_offered);
            break;
        default:
            // Nobody who does not know our key completes a handshake.
            VIGIA_ASSERT(reason->code == ReasonCode::connection_closed ||
                         reason->code == ReasonCode::tls_failure);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    test::FuzzInput input(bytes, size);
    const auto mode = static_cast<DbTlsMode>(input.byte() % 5);
    const std::string_view cuts = input.field();
    const std::string_view answer = input.rest();
    const std::optional<Reason> whole = look(mode, answer, {});
    check(whole, read_answer(answer, mode));
    VIGIA_ASSERT(look(mode, answer, cuts) == whole);
    return 0;
}
