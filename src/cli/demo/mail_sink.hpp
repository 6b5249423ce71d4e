#pragma once

#include "cli/demo/loopback_server.hpp"
#include "cli/demo/smtp_dialogue.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>

namespace vigia {

/// A mail server on loopback that accepts every message and hands it to `show`. No TLS, no login.
/// One thread; stop() before it is destroyed; `clock` outlives it.
class MailSink {
public:
    MailSink(boost::asio::any_io_executor executor, Clock& clock,
             std::function<void(const ReceivedMail&)> show);

    std::uint16_t port() const { return server_.port(); }
    void start() { server_.start(); }
    boost::asio::awaitable<void> stop() { return server_.stop(); }

private:
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket& socket);

    std::function<void(const ReceivedMail&)> show_;
    LoopbackServer server_;
};

}  // namespace vigia
