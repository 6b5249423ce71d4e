#include "tests/support/db_gate.hpp"

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
#include <utility>

namespace vigia::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

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

/// One message of the server's; empty at the end.
asio::awaitable<std::string> receive(tcp::socket& from, DbGate::Framing framing) {
    boost::system::error_code error;
    std::string message(framing.header, '\0');
    co_await asio::async_read(from, asio::buffer(message),
                              asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return std::string();
    message.resize(framing.size(message));
    co_await asio::async_read(from, asio::buffer(message) + framing.header,
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
        // Once the server is gone it is read all the same, or its end would become a RST.
        co_await send(pair->server, std::string(bytes.data(), size));
    }
    pair->close();
}

asio::awaitable<void> befall(std::shared_ptr<Pair> pair, GateFault fault, std::string message) {
    switch (fault) {
        case GateFault::hang:
            co_return;
        case GateFault::reset:
            pair->reset();
            co_return;
        case GateFault::close:
            break;
        case GateFault::garbage:
            co_await send(pair->client, std::string(64, '\xa7'));
            break;
        case GateFault::halve:
            co_await send(pair->client, message.substr(0, message.size() / 2));
            break;
    }
    pair->close();
}

std::size_t byte_at(const std::string& bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

/// A letter, then the length of what follows it, most significant byte first.
constexpr DbGate::Framing kPostgres{5, [](const std::string& header) {
                                        return 1 + (byte_at(header, 1) << 24U |
                                                    byte_at(header, 2) << 16U |
                                                    byte_at(header, 3) << 8U | byte_at(header, 4));
                                    }};

/// The length of what follows the header, least significant byte first, and a number.
constexpr DbGate::Framing kMysql{
    4, [](const std::string& header) {
        return 4 + (byte_at(header, 0) | byte_at(header, 1) << 8U | byte_at(header, 2) << 16U);
    }};

}  // namespace

std::string name_of_fault(const std::string& message, GateFault fault) {
    constexpr const char* kNames[] = {"hang", "reset", "close", "garbage", "half of it"};
    return message + ": " + kNames[static_cast<int>(fault)];
}

struct DbGate::State {
    State(asio::io_context& context, std::uint16_t port)
        : io(context),
          acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          server(asio::ip::address_v4::loopback(), port) {}

    static asio::awaitable<void> accept(std::shared_ptr<State> state);
    static asio::awaitable<void> pass_on_answers(std::shared_ptr<State> state,
                                                 std::shared_ptr<Pair> pair);

    asio::io_context& io;
    tcp::acceptor acceptor;
    tcp::endpoint server;
    Framing framing{};
    Chosen chosen;
    GateFault fault{};
};

asio::awaitable<void> DbGate::State::pass_on_answers(std::shared_ptr<State> state,
                                                     std::shared_ptr<Pair> pair) {
    for (int passed = 0;; ++passed) {
        std::string message = co_await receive(pair->server, state->framing);
        if (message.empty()) break;
        if (state->chosen(message, passed)) {
            co_await befall(pair, state->fault, std::move(message));
            co_return;
        }
        const bool sent = co_await send(pair->client, std::move(message));
        if (!sent) break;
    }
    pair->close();
}

asio::awaitable<void> DbGate::State::accept(std::shared_ptr<State> state) {
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
        asio::co_spawn(state->io, pass_on_answers(state, pair), asio::detached);
    }
}

DbGate::DbGate(asio::io_context& io, std::uint16_t server_port, const Framing& framing,
               Chosen chosen, GateFault fault)
    : state_(std::make_shared<State>(io, server_port)) {
    state_->framing = framing;
    state_->chosen = std::move(chosen);
    state_->fault = fault;
    asio::co_spawn(io, State::accept(state_), asio::detached);
}

DbGate::~DbGate() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
}

std::uint16_t DbGate::port() const {
    return state_->acceptor.local_endpoint().port();
}

PgGate::PgGate(asio::io_context& io, std::uint16_t server_port, PgFault fault)
    : DbGate(
          io, server_port, kPostgres,
          [fault](const std::string& message, int) {
              return message.front() == fault.before &&
                     message.find(fault.holding) != std::string::npos;
          },
          fault.kind) {}

MysqlGate::MysqlGate(asio::io_context& io, std::uint16_t server_port, MysqlFault fault)
    : DbGate(
          io, server_port, kMysql,
          [before = fault.before](const std::string&, int passed) { return passed == before; },
          fault.kind) {}

}  // namespace vigia::test
