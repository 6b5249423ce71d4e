#include "tests/support/mysql_gate.hpp"

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <string>
#include <utility>

namespace vigia::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t kHeader = 4;

struct Pair {
    tcp::socket client;
    tcp::socket server;

    void close() {
        boost::system::error_code ignored;
        client.shutdown(tcp::socket::shutdown_send, ignored);
        server.close(ignored);
    }

    void reset() {
        boost::system::error_code ignored;
        client.set_option(asio::socket_base::linger(true, 0), ignored);
        client.close(ignored);
        server.close(ignored);
    }
};

asio::awaitable<bool> send(tcp::socket& to, std::string bytes) {
    boost::system::error_code error;
    co_await asio::async_write(to, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

/// One packet of the server's; empty at the end.
asio::awaitable<std::string> receive(tcp::socket& from) {
    boost::system::error_code error;
    std::string packet(kHeader, '\0');
    co_await asio::async_read(from, asio::buffer(packet),
                              asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return std::string();
    const auto byte = [&packet](std::size_t at) {
        return std::size_t{static_cast<unsigned char>(packet[at])};
    };
    const std::size_t length = byte(0) | byte(1) << 8U | byte(2) << 16U;
    packet.resize(kHeader + length);
    co_await asio::async_read(from, asio::buffer(packet.data() + kHeader, length),
                              asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return std::string();
    co_return packet;
}

/// What the client says goes through as it is.
asio::awaitable<void> pass_on_requests(std::shared_ptr<Pair> pair) {
    std::array<char, 4096> bytes;
    for (;;) {
        boost::system::error_code error;
        const std::size_t size = co_await pair->client.async_read_some(
            asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
        if (error) break;
        // Once the server is gone it is read all the same, or its end would become a RST.
        co_await send(pair->server, std::string(bytes.data(), size));
    }
    pair->close();
}

asio::awaitable<void> befall(std::shared_ptr<Pair> pair, MysqlFault::Kind kind,
                             std::string packet) {
    switch (kind) {
        case MysqlFault::Kind::hang:
            co_return;
        case MysqlFault::Kind::reset:
            pair->reset();
            co_return;
        case MysqlFault::Kind::close:
            break;
        case MysqlFault::Kind::garbage:
            co_await send(pair->client, std::string(64, '\xa7'));
            break;
        case MysqlFault::Kind::halve:
            co_await send(pair->client, packet.substr(0, packet.size() / 2));
            break;
    }
    pair->close();
}

asio::awaitable<void> pass_on_answers(std::shared_ptr<Pair> pair, MysqlFault fault) {
    for (int passed = 0;; ++passed) {
        std::string packet = co_await receive(pair->server);
        if (packet.empty()) break;
        if (passed == fault.before) {
            co_await befall(pair, fault.kind, std::move(packet));
            co_return;
        }
        const bool sent = co_await send(pair->client, std::move(packet));
        if (!sent) break;
    }
    pair->close();
}

}  // namespace

struct MysqlGate::State {
    State(asio::io_context& context, std::uint16_t port, MysqlFault what)
        : io(context),
          acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          server(asio::ip::address_v4::loopback(), port),
          fault(what) {}

    static asio::awaitable<void> accept(std::shared_ptr<State> state);

    asio::io_context& io;
    tcp::acceptor acceptor;
    tcp::endpoint server;
    MysqlFault fault;
};

asio::awaitable<void> MysqlGate::State::accept(std::shared_ptr<State> state) {
    for (;;) {
        boost::system::error_code error;
        tcp::socket client =
            co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (!state->acceptor.is_open()) co_return;
        if (error) continue;
        const auto pair = std::make_shared<Pair>(Pair{std::move(client), tcp::socket(state->io)});
        co_await pair->server.async_connect(state->server,
                                            asio::redirect_error(asio::use_awaitable, error));
        if (error) continue;
        asio::co_spawn(state->io, pass_on_requests(pair), asio::detached);
        asio::co_spawn(state->io, pass_on_answers(pair, state->fault), asio::detached);
    }
}

MysqlGate::MysqlGate(asio::io_context& io, std::uint16_t server_port, MysqlFault fault)
    : state_(std::make_shared<State>(io, server_port, fault)) {
    asio::co_spawn(io, State::accept(state_), asio::detached);
}

MysqlGate::~MysqlGate() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
}

std::uint16_t MysqlGate::port() const {
    return state_->acceptor.local_endpoint().port();
}

}  // namespace vigia::test
