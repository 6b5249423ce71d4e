#include "env/real/tds_glance.hpp"

#include "env/real/asio_clock.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <optional>
#include <pthread.h>
#include <sched.h>
#include <string_view>
#include <thread>

namespace vigia::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kRequestSize = 26;  // PRELOGIN with VERSION and ENCRYPTION, and its header

/// The answer of a server without TLS.
constexpr std::string_view kAnswer("\x04\x01\x00\x0f\x00\x00\x01\x00\x01\x00\x06\x00\x01\xff\x02",
                                   15);

TEST(TdsGlance, WaitsOnWhenASignalComes) {
    struct sigaction heed {};
    struct sigaction before {};
    heed.sa_handler = [](int) {};
    ASSERT_EQ(::sigaction(SIGUSR1, &heed, &before), 0);
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    TdsPeer peer;
    peer.addresses = {"127.0.0.1"};
    peer.port = acceptor.local_endpoint().port();
    TdsGlance glance(peer, BootClock::now() + std::chrono::seconds(60));
    std::optional<Reason> reason;
    std::thread looking([&] { reason = glance.look(); });

    tcp::socket server = acceptor.accept();
    std::array<char, kRequestSize> request{};
    boost::system::error_code error;
    asio::read(server, asio::buffer(request), error);
    EXPECT_FALSE(error);
    // Some of them while it waits for the answer.
    for (int i = 0; i < 1000; ++i) {
        ::pthread_kill(looking.native_handle(), SIGUSR1);
        ::sched_yield();
    }
    asio::write(server, asio::buffer(kAnswer), error);
    looking.join();
    ::sigaction(SIGUSR1, &before, nullptr);
    EXPECT_EQ(reason, std::nullopt);
}

}  // namespace
}  // namespace vigia::test
