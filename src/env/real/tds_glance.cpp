#include "env/real/tds_glance.hpp"

#include "env/real/asio_clock.hpp"
#include "env/real/http_failure.hpp"
#include "env/real/tls_trust.hpp"
#include "env/real/url.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace vigia {

namespace {

// [MS-TDS] revision 20221220: 2.2.3.1 packets, 2.2.6.5 PRELOGIN.
constexpr std::uint8_t kTabular = 0x04;
constexpr std::uint8_t kPrelogin = 0x12;
constexpr char kEndOfMessage = 0x01;
constexpr std::size_t kHeader = 8;
constexpr std::size_t kLargestPacket = 32767;
constexpr std::size_t kRoom = 4096 - kHeader;
constexpr char kEncryptOff = 0;
constexpr char kEncryptOn = 1;
constexpr char kEncryptNotSupported = 2;

std::string packet(const std::string& payload) {
    const std::size_t size = payload.size() + kHeader;
    std::string bytes = {static_cast<char>(kPrelogin),
                         kEndOfMessage,
                         static_cast<char>(size >> 8),
                         static_cast<char>(size & 0xff),
                         0,
                         0,
                         1,
                         0};
    return bytes + payload;
}

/// VERSION (zeros) and ENCRYPTION.
std::string prelogin_request(char encryption) {
    using namespace std::string_literals;
    return "\x00\x00\x0b\x00\x06"
           "\x01\x00\x11\x00\x01"
           "\xff"
           "\x00\x00\x00\x00\x00\x00"s +
           encryption;
}

/// The value of ENCRYPTION; negative if this is no PRELOGIN.
int encryption_in(const std::string& payload) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(payload[at]); };
    for (std::size_t at = 0; at + 5 <= payload.size() && byte(at) != 0xff; at += 5) {
        const std::size_t offset = byte(at + 1) * 256U + byte(at + 2);
        if (byte(at) == 1 && offset < payload.size()) return byte(offset);
    }
    return -1;
}

char encryption_wanted(DbTlsMode mode) {
    if (mode == DbTlsMode::disable) return kEncryptNotSupported;
    return mode == DbTlsMode::prefer ? kEncryptOff : kEncryptOn;
}

}  // namespace

struct TdsGlance::Tls {
    struct Free {
        void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { ::SSL_free(ssl); }
        void operator()(X509_STORE* store) const { ::X509_STORE_free(store); }
    };
    std::unique_ptr<SSL_CTX, Free> context;
    std::unique_ptr<SSL, Free> ssl;
};

TdsGlance::TdsGlance(TdsPeer peer, MonoTime deadline)
    : peer_(std::move(peer)), deadline_(deadline) {}

TdsGlance::~TdsGlance() = default;

bool TdsGlance::fail(ReasonCode code, std::string detail) {
    failure_ = Reason{phase_.load(), code, 0, std::move(detail)};
    return false;
}

bool TdsGlance::fail_by_errno(int error) {
    return fail(reason_of_errno(error).value_or(ReasonCode::internal));
}

bool TdsGlance::wait(short events) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline_ - BootClock::now());
        if (left.count() <= 0) return fail(ReasonCode::timeout);
        pollfd watched{socket_.get(), events, 0};
        const int ready = ::poll(&watched, 1, static_cast<int>(left.count()));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return fail_by_errno(errno);
    }
}

bool TdsGlance::connect() {
    for (const std::string& address : peer_.addresses) {
        failure_.reset();
        phase_ = Phase::connect;
        if (connect_to(address)) return true;
    }
    return false;
}

bool TdsGlance::connect_to(const std::string& literal) {
    namespace ip = boost::asio::ip;
    boost::system::error_code error;
    const ip::address address = ip::make_address(literal, error);
    if (error) return fail(ReasonCode::internal, "no address");
    ip::tcp::endpoint endpoint(address, peer_.port);
    socket_ = Descriptor(
        ::socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) return fail_by_errno(errno);
    const auto size = static_cast<socklen_t>(endpoint.size());
    if (::connect(socket_.get(), endpoint.data(), size) == 0) return true;
    if (errno != EINPROGRESS) return fail_by_errno(errno);
    if (!wait(POLLOUT)) return false;
    int result = 0;
    socklen_t length = sizeof result;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &result, &length);
    if (result == ECONNRESET) phase_ = Phase::login;  // somebody had answered
    return result == 0 || fail_by_errno(result);
}

bool TdsGlance::send(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        if (!wait(POLLOUT)) return false;
        const ssize_t count =
            ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count >= 0) {
            sent += static_cast<std::size_t>(count);
        } else if (errno != EAGAIN && errno != EINTR) {
            return fail_by_errno(errno);
        }
    }
    return true;
}

/// Appends exactly so much.
bool TdsGlance::receive(std::size_t size, std::string& bytes) {
    std::array<char, 4096> room{};
    while (size > 0) {
        if (!wait(POLLIN)) return false;
        const ssize_t count = ::recv(socket_.get(), room.data(), std::min(size, room.size()), 0);
        if (count == 0) return fail(ReasonCode::connection_closed);
        if (count > 0) {
            bytes.append(room.data(), static_cast<std::size_t>(count));
            size -= static_cast<std::size_t>(count);
        } else if (errno != EAGAIN && errno != EINTR) {
            return fail_by_errno(errno);
        }
    }
    return true;
}

bool TdsGlance::receive_packet(std::uint8_t type, std::string& payload) {
    std::string header;
    if (!receive(kHeader, header)) return false;
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(header[at]); };
    const std::size_t size = byte(2) * 256U + byte(3);
    const bool sane = byte(0) == type && size > kHeader && size <= kLargestPacket;
    if (!sane) {
        return fail(phase_ == Phase::tls ? ReasonCode::tls_failure : ReasonCode::protocol_error);
    }
    return receive(size - kHeader, payload);
}

bool TdsGlance::prelogin() {
    std::string answer;
    if (!send(packet(prelogin_request(encryption_wanted(peer_.mode))))) return false;
    if (!receive_packet(kTabular, answer)) return false;
    encryption_ = encryption_in(answer);
    if (encryption_ < 0 || encryption_ > 3) return fail(ReasonCode::protocol_error);
    const bool offered = encryption_ != kEncryptNotSupported;
    if (!offered && peer_.mode >= DbTlsMode::require) {
        phase_ = Phase::tls;
        return fail(ReasonCode::tls_not_offered);
    }
    return true;
}

/// One call of SSL_connect(), and what it wants sent. True if it wants to be called again or is
/// done.
bool TdsGlance::step(Tls& tls) {
    ::ERR_clear_error();
    const int result = ::SSL_connect(tls.ssl.get());
    const int error = ::SSL_get_error(tls.ssl.get(), result);
    std::array<char, kRoom> record{};
    for (;;) {
        const int size = ::BIO_read(::SSL_get_wbio(tls.ssl.get()), record.data(), kRoom);
        if (size <= 0) break;
        if (!send(packet(std::string(record.data(), static_cast<std::size_t>(size))))) return false;
    }
    if (result == 1) return true;
    if (error == SSL_ERROR_WANT_READ) {
        std::string payload;
        if (!receive_packet(kPrelogin, payload)) return false;
        ::BIO_write(::SSL_get_rbio(tls.ssl.get()), payload.data(),
                    static_cast<int>(payload.size()));
        return true;
    }
    const char* const text = ::ERR_reason_error_string(::ERR_peek_last_error());
    fail(ReasonCode::tls_failure, text == nullptr ? "" : text);
    ::ERR_clear_error();
    return false;
}

bool TdsGlance::verify(Tls& tls) {
    if (peer_.mode < DbTlsMode::verify_ca) return true;
    const std::unique_ptr<X509_STORE, Tls::Free> store(::X509_STORE_new());
    const std::string file = peer_.ca_file.empty() ? system_ca_file() : peer_.ca_file;
    const bool loaded = store && ::X509_STORE_load_file(store.get(), file.c_str()) == 1;
    ::ERR_clear_error();
    if (!loaded) return fail(ReasonCode::unusable_ca_file, peer_.ca_file);
    const bool full = peer_.mode == DbTlsMode::verify_full;
    const auto refusal =
        refusal_of_peer(tls.ssl.get(), store.get(), full ? peer_.host : std::string());
    return !refusal || fail(*refusal);
}

bool TdsGlance::handshake() {
    phase_ = Phase::tls;
    Tls tls;
    tls.context.reset(::SSL_CTX_new(::TLS_client_method()));
    if (!tls.context) return fail(ReasonCode::no_buffers);
    ::SSL_CTX_set_max_proto_version(tls.context.get(), TLS1_2_VERSION);  // TDS 7.x
    tls.ssl.reset(::SSL_new(tls.context.get()));
    if (!tls.ssl) return fail(ReasonCode::no_buffers);
    ::SSL_set_bio(tls.ssl.get(), ::BIO_new(::BIO_s_mem()), ::BIO_new(::BIO_s_mem()));
    if (!is_literal_host(peer_.host)) {
        ::SSL_set_tlsext_host_name(tls.ssl.get(), peer_.host.c_str());
    }
    while (::SSL_is_init_finished(tls.ssl.get()) == 0) {
        if (!step(tls)) return false;
    }
    return verify(tls);
}

std::optional<Reason> TdsGlance::look() {
    if (!connect()) return failure_;
    phase_ = Phase::login;
    if (!peer_.tds) return std::nullopt;
    if (!prelogin()) return failure_;
    const bool wanted = peer_.mode != DbTlsMode::disable;
    if (wanted && encryption_ != kEncryptNotSupported && !handshake()) return failure_;
    phase_ = Phase::login;
    return std::nullopt;
}

}  // namespace vigia
