#pragma once

#include "base/time.hpp"
#include "cli/demo/loopback_server.hpp"
#include "env/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigia {

/// When the demo's star is out of order: from kDemoOutageStart on for kDemoOutageLength, then again
/// each kDemoOutagePeriod.
inline constexpr Duration kDemoOutageStart = std::chrono::seconds(8);
inline constexpr Duration kDemoOutageLength = std::chrono::seconds(20);
inline constexpr Duration kDemoOutagePeriod = std::chrono::minutes(2);
bool in_demo_outage(Duration since_start);

/// The answer of an HTTP/1.1 server to the head of a request (without the final blank line): 200
/// or, with `out_of_order`, 503 to GET and HEAD, 405 to other methods, 400 to what is no request.
/// Always closes the connection.
std::string http_answer(std::string_view request_head, bool out_of_order, WallTime now);

/// How a site of the demo behaves.
struct DemoSiteManner {
    Duration delay{};          ///< before each answer
    bool has_outages = false;  ///< at the times above
};

/// A website on loopback with a port of its own. One thread; stop() before it is destroyed; `clock`
/// outlives it.
class DemoSite {
public:
    DemoSite(boost::asio::any_io_executor executor, Clock& clock, DemoSiteManner manner);

    std::string url() const;
    /// The outages count from here.
    void start();
    boost::asio::awaitable<void> stop() { return server_.stop(); }

private:
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket& socket);

    Clock& clock_;
    DemoSiteManner manner_;
    MonoTime started_{};
    LoopbackServer server_;
};

}  // namespace vigia
