#include "tests/support/pg_messages.hpp"

#include <cstddef>

namespace vigia::test {

namespace asio = boost::asio;

namespace {

constexpr std::uint32_t kNumberSize = 4;

std::string number(std::uint32_t value) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        bytes += static_cast<char>(value >> shift & 0xffU);
    }
    return bytes;
}

/// What follows a length that counts itself.
asio::awaitable<std::string> read_counted(TcpPeer& peer) {
    const std::string length = co_await peer.read_exactly(kNumberSize);
    std::size_t size = 0;
    for (const char c : length) size = size << 8U | static_cast<unsigned char>(c);
    if (size < kNumberSize) co_return std::string();
    std::string body = co_await peer.read_exactly(size - kNumberSize);
    co_return body;
}

}  // namespace

std::string pg_head(char type, std::uint32_t size) {
    return type + number(size + kNumberSize);
}

std::string pg_message(char type, std::string_view body) {
    return pg_head(type, static_cast<std::uint32_t>(body.size())).append(body);
}

std::string pg_request(std::uint32_t code, std::string_view body) {
    return pg_message('R', number(code).append(body));
}

std::string pg_welcome() {
    using namespace std::string_view_literals;
    return pg_request(0) +
           pg_message('S',
                      "server_version\0"
                      "15.1\0"sv) +
           pg_message('Z', "I");
}

asio::awaitable<std::string> read_pg_message(TcpPeer& peer) {
    std::string message = co_await peer.read_exactly(1);
    message += co_await read_counted(peer);
    co_return message;
}

asio::awaitable<void> read_pg_startup(TcpPeer& peer) {
    co_await read_counted(peer);
}

}  // namespace vigia::test
