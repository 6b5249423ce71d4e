#include "cli/demo/loopback_server.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace vigia {

namespace asio = boost::asio;
using asio::ip::tcp;

LoopbackServer::LoopbackServer(asio::any_io_executor executor, Clock& clock, Session session)
    : executor_(executor),
      clock_(clock),
      session_(std::move(session)),
      acceptor_(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()),
      tasks_(executor, [](const std::exception_ptr&) {}) {}

void LoopbackServer::start() {
    tasks_.spawn(accept_all());
    tasks_.spawn(cut_off());
}

asio::awaitable<void> LoopbackServer::accept_all() {
    constexpr Duration kPause = std::chrono::milliseconds(200);
    for (;;) {
        boost::system::error_code error;
        tcp::socket socket(executor_);
        co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted) co_return;
        if (error) {
            // No descriptors, say: not a reason to spin.
            const bool slept = co_await clock_.sleep_until(clock_.now().mono + kPause);
            if (!slept) co_return;
            continue;
        }
        if (connections_.size() >= kMaxSessions) continue;
        Connection connection{std::move(socket), clock_.now().mono + kLongestSession};
        const auto place = connections_.insert(connections_.end(), std::move(connection));
        tasks_.spawn(serve(place));
    }
}

asio::awaitable<void> LoopbackServer::serve(Connections::iterator connection) {
    // A cancelled session still has to leave the list.
    co_await asio::this_coro::throw_if_cancelled(false);
    try {
        co_await session_(connection->socket);
    } catch (const boost::system::system_error&) {
        // The other end's affair: this connection is over, the next one is served.
    }
    connections_.erase(connection);
}

asio::awaitable<void> LoopbackServer::cut_off() {
    constexpr Duration kPeriod = std::chrono::seconds(1);
    for (;;) {
        const bool slept = co_await clock_.sleep_until(clock_.now().mono + kPeriod);
        if (!slept) co_return;
        for (Connection& connection : connections_) {
            boost::system::error_code ignored;
            if (clock_.now().mono >= connection.ends) connection.socket.close(ignored);
        }
    }
}

asio::awaitable<void> LoopbackServer::stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    tasks_.cancel();
    // A session that has not begun has no wait yet that cancelling could end.
    for (Connection& connection : connections_) connection.socket.close(ignored);
    co_await tasks_.wait_empty();
}

}  // namespace vigia
