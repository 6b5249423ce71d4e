#include "tests/support/pg_gate.hpp"

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

constexpr std::size_t kHeader = 5;

struct Pair {
    tcp::socket client;
    tcp::socket server;

    void close() {
        boost::system::error_code ignored;
        client.close(ignored);
        server.close(ignored);
    }

    void reset() {
        boost::system::error_code ignored;
        client.set_option(asio::socket_base::linger(true, 0), ignored);
        server.set_option(asio::socket_base::linger(true, 0), ignored);
        close();
    }
};

asio::awaitable<bool> send(tcp::socket& to, std::string bytes) {
    boost::system::error_code error;
    co_await asio::async_write(to, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

/// One message of the server's; empty at the end.
asio::awaitable<std::string> receive(tcp::socket& from) {
    boost::system::error_code error;
    std::string message(kHeader, '\0');
    co_await asio::async_read(from, asio::buffer(message),
                              asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return std::string();
    std::size_t length = 0;
    for (std::size_t i = 1; i < kHeader; ++i) {
        length = length << 8U | static_cast<unsigned char>(message[i]);
    }
    message.resize(length + 1);
    co_await asio::async_read(from, asio::buffer(message.data() + kHeader, length + 1 - kHeader),
                              asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return std::string();
    co_return message;
}

/// What the client says goes through as it is.
asio::awaitable<void> pass_on_requests(std::shared_ptr<Pair> pair) {
    std::array<char, 4096> bytes;
    for (;;) {
        boost::system::error_code error;
        const std::size_t size = co_await pair->client.async_read_some(
            asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
        if (error) break;
        const bool sent = co_await send(pair->server, std::string(bytes.data(), size));
        if (!sent) break;
    }
    pair->close();
}

asio::awaitable<void> befall(std::shared_ptr<Pair> pair, PgFault::Kind kind, std::string message) {
    switch (kind) {
        case PgFault::Kind::hang:
            break;
        case PgFault::Kind::reset:
            pair->reset();
            break;
        case PgFault::Kind::close:
            pair->close();
            break;
        case PgFault::Kind::garbage:
            co_await send(pair->client, std::string(64, '\xff'));
            break;
        case PgFault::Kind::halve:
            co_await send(pair->client, message.substr(0, message.size() / 2));
            pair->close();
            break;
    }
}

asio::awaitable<void> pass_on_answers(std::shared_ptr<Pair> pair, PgFault fault) {
    for (;;) {
        std::string message = co_await receive(pair->server);
        if (message.empty()) break;
        if (message.front() == fault.before) {
            co_await befall(pair, fault.kind, std::move(message));
            co_return;
        }
        const bool sent = co_await send(pair->client, std::move(message));
        if (!sent) break;
    }
    pair->close();
}

}  // namespace

struct PgGate::State {
    State(asio::io_context& context, std::uint16_t port, PgFault what)
        : io(context),
          acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          server(asio::ip::address_v4::loopback(), port),
          fault(what) {}

    static asio::awaitable<void> accept(std::shared_ptr<State> state);

    asio::io_context& io;
    tcp::acceptor acceptor;
    tcp::endpoint server;
    PgFault fault;
};

asio::awaitable<void> PgGate::State::accept(std::shared_ptr<State> state) {
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

PgGate::PgGate(asio::io_context& io, std::uint16_t server_port, PgFault fault)
    : state_(std::make_shared<State>(io, server_port, fault)) {
    asio::co_spawn(io, State::accept(state_), asio::detached);
}

PgGate::~PgGate() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
}

std::uint16_t PgGate::port() const {
    return state_->acceptor.local_endpoint().port();
}

}  // namespace vigia::test
