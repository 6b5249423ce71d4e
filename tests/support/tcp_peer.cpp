#include "tests/support/tcp_peer.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <utility>

namespace vigia::test {

namespace asio = boost::asio;
using asio::ip::tcp;

TcpPeer::TcpPeer(tcp::socket socket) : socket_(std::move(socket)) {}

asio::awaitable<bool> TcpPeer::read_more() {
    std::array<char, 4096> bytes;
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    std::size_t size = 0;
    if (tls_) {
        size = co_await tls_->async_read_some(asio::buffer(bytes), token);
    } else {
        size = co_await socket_.async_read_some(asio::buffer(bytes), token);
    }
    buffer_.append(bytes.data(), size);
    co_return !error;
}

asio::awaitable<std::string> TcpPeer::read_until(std::string delimiter) {
    std::size_t found = buffer_.find(delimiter);
    while (found == std::string::npos) {
        const bool more = co_await read_more();
        if (!more) break;
        found = buffer_.find(delimiter);
    }
    const std::size_t size = found == std::string::npos ? buffer_.size() : found + delimiter.size();
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    co_return taken;
}

asio::awaitable<std::string> TcpPeer::read_exactly(std::size_t size) {
    while (buffer_.size() < size) {
        const bool more = co_await read_more();
        if (!more) break;
    }
    size = std::min(size, buffer_.size());
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    co_return taken;
}

asio::awaitable<std::string> TcpPeer::read_all() {
    bool more = true;
    while (more) more = co_await read_more();
    co_return std::exchange(buffer_, {});
}

asio::awaitable<bool> TcpPeer::write(std::string bytes) {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    if (tls_) {
        co_await asio::async_write(*tls_, asio::buffer(bytes), token);
    } else {
        co_await asio::async_write(socket_, asio::buffer(bytes), token);
    }
    co_return !error;
}

asio::awaitable<bool> TcpPeer::handshake(asio::ssl::context& context) {
    tls_ = std::make_unique<Tls>(socket_, context);
    // What was read too far is the beginning of the handshake.
    const std::string hello = std::exchange(buffer_, {});
    boost::system::error_code error;
    co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::buffer(hello),
                                   asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

void TcpPeer::reset() {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

void TcpPeer::close() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

struct ScriptedServer::State {
    State(asio::io_context& context, Script what)
        : io(context),
          acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          script(std::move(what)) {}

    asio::io_context& io;
    tcp::acceptor acceptor;
    Script script;
    int connections = 0;
    int open = 0;
};

ScriptedServer::ScriptedServer(asio::io_context& io, Script script)
    : state_(std::make_shared<State>(io, std::move(script))) {
    asio::co_spawn(io, accept(state_), asio::detached);
}

ScriptedServer::~ScriptedServer() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
}

std::uint16_t ScriptedServer::port() const {
    return state_->acceptor.local_endpoint().port();
}

int ScriptedServer::connections() const {
    return state_->connections;
}

int ScriptedServer::open_connections() const {
    return state_->open;
}

asio::awaitable<void> ScriptedServer::accept(std::shared_ptr<State> state) {
    for (;;) {
        boost::system::error_code error;
        tcp::socket socket =
            co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (!state->acceptor.is_open()) co_return;
        if (error) continue;
        ++state->connections;
        asio::co_spawn(state->io, serve(state, std::move(socket)), asio::detached);
    }
}

asio::awaitable<void> ScriptedServer::serve(std::shared_ptr<State> state, tcp::socket socket) {
    TcpPeer peer(std::move(socket));
    ++state->open;
    co_await state->script(peer);
    peer.close();
    --state->open;
}

std::uint16_t refused_port(asio::io_context& io) {
    tcp::acceptor bound(io);
    bound.open(tcp::v4());
    bound.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    return bound.local_endpoint().port();
}

}  // namespace vigia::test
