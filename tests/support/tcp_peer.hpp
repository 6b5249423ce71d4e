#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vigia::test {

/// A server's end of one connection, for scripts: nothing throws, what cannot be read is empty and
/// what cannot be written is dropped.
class TcpPeer {
public:
    explicit TcpPeer(boost::asio::ip::tcp::socket socket);

    /// Up to and including `delimiter`; less at the end of the stream.
    boost::asio::awaitable<std::string> read_until(std::string delimiter);
    boost::asio::awaitable<std::string> read_exactly(std::size_t size);
    /// Until the other end closes.
    boost::asio::awaitable<std::string> read_all();
    /// False once the other end is gone.
    boost::asio::awaitable<bool> write(std::string bytes);
    /// Speaks TLS from here on; false if the handshake failed.
    boost::asio::awaitable<bool> handshake(boost::asio::ssl::context& context);

    bool encrypted() const { return tls_ != nullptr; }

    /// Ends the connection with a RST.
    void reset();
    void close();

private:
    using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

    boost::asio::awaitable<bool> read_more();

    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<Tls> tls_;
    std::string buffer_;
};

/// What a server does with a connection; afterwards it is closed.
using Script = std::function<boost::asio::awaitable<void>(TcpPeer&)>;

/// Listens on a free port of 127.0.0.1 and runs a script for each connection, on the loop of what
/// is tested.
class ScriptedServer {
public:
    ScriptedServer(boost::asio::io_context& io, Script script);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::uint16_t port() const;
    int connections() const;
    /// Connections whose script has not ended.
    int open_connections() const;

private:
    struct State;
    static boost::asio::awaitable<void> accept(std::shared_ptr<State> state);
    static boost::asio::awaitable<void> serve(std::shared_ptr<State> state,
                                              boost::asio::ip::tcp::socket socket);

    std::shared_ptr<State> state_;
};

/// A port of 127.0.0.1 where nobody listens.
std::uint16_t refused_port(boost::asio::io_context& io);

}  // namespace vigia::test
