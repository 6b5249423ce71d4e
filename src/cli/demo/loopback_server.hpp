#pragma once

#include "base/time.hpp"
#include "env/clock.hpp"
#include "env/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>

namespace vigia {

/// Listens on a free port of 127.0.0.1 and runs a session for each connection, at most kMaxSessions
/// at once, each cut off after kLongestSession. For the demo's own servers. One thread; stop() must
/// have ended before it is destroyed, and `clock` outlives it.
class LoopbackServer {
public:
    /// Talks over the socket until done; returning closes it. Failures of the socket may be thrown.
    using Session = std::function<boost::asio::awaitable<void>(boost::asio::ip::tcp::socket&)>;

    static constexpr std::size_t kMaxSessions = 32;
    static constexpr Duration kLongestSession = std::chrono::seconds(60);

    /// Takes the port; throws boost::system::system_error if that fails.
    LoopbackServer(boost::asio::any_io_executor executor, Clock& clock, Session session);

    std::uint16_t port() const { return port_; }
    void start();
    boost::asio::awaitable<void> stop();

private:
    struct Connection {
        boost::asio::ip::tcp::socket socket;
        MonoTime ends;
    };
    using Connections = std::list<Connection>;

    boost::asio::awaitable<void> accept_all();
    boost::asio::awaitable<void> serve(Connections::iterator connection);
    boost::asio::awaitable<void> cut_off();

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    Session session_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_;
    Connections connections_;
    TaskGroup tasks_;
};

}  // namespace vigia
