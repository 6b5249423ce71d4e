// CurlHttpClient against servers that misbehave, phase by phase.

#include "tests/contract/real_http.hpp"
#include "tests/support/without_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr Duration kShort = 150ms;

std::string lines_of_headers(std::size_t bytes) {
    std::string headers;
    while (headers.size() < bytes) headers += "X-Filler: " + std::string(988, 'x') + "\r\n";
    return headers;
}

TEST(HttpFaults, AreToldByPhaseAndReason) {
    struct Case {
        const char* what;
        std::string answer;
        std::string expected;
        int status;
    };
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const Case cases[] = {
        {"garbage", "\x16\x03 \x00 not HTTP at all\r\n\r\n", "first_byte protocol_error", 0},
        {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "first_byte protocol_error", 0},
        {"nothing", "", "first_byte connection_closed", 0},
        {"half a status line", "HTTP/1.", "first_byte", 0},
        {"half the headers", head + "Content-Type: text/html\r\n", "first_byte connection_closed",
         0},
        {"a short body", head + "Content-Length: 10\r\n\r\n12345", "body body_truncated", 200},
        {"a short chunk", head + "Transfer-Encoding: chunked\r\n\r\na\r\n12345",
         "body body_truncated", 200},
        {"no last chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
         "body body_truncated", 200},
        {"a chunk size that is none", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n12345\r\n",
         "body protocol_error", 200},
        {"70 KiB of headers", head + lines_of_headers(70 * 1024) + "\r\n",
         "first_byte headers_too_large", 0},
        {"a header line of 200 KiB", head + "X: " + std::string(200 * 1024, 'x') + "\r\n\r\n",
         "first_byte headers_too_large", 0},
        {"interim answers without end",
         [] {
             std::string many;
             while (many.size() < 80 * 1024) many += "HTTP/1.1 100 Continue\r\n\r\n";
             return many;
         }(),
         "first_byte headers_too_large", 0},
    };
    for (const Case& one : cases) {
        RealHttp real;
        const HttpExchange exchange = real.fetch(real.answering(one.answer));
        EXPECT_TRUE(brief(exchange).starts_with(one.expected))
            << one.what << ": " << brief(exchange);
        EXPECT_EQ(exchange.status, one.status) << one.what;
    }
}

TEST(HttpFaults, TellThePhaseThatHangsAtTheDeadline) {
    struct Case {
        const char* what;
        std::string before;  // what is sent before the silence
        std::string expected;
    };
    const Case cases[] = {
        {"silence", "", "first_byte timeout"},
        {"half a status line", "HTTP/1.1 2", "first_byte timeout"},
        {"in the headers", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "first_byte timeout"},
        {"before the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "body timeout"},
        {"in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123", "body timeout"},
        {"in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12",
         "body timeout"},
    };
    for (const Case& one : cases) {
        RealHttp real;
        const std::string before = one.before;
        const std::string url = real.site([before](TcpPeer& peer) -> asio::awaitable<void> {
            co_await peer.read_until("\r\n\r\n");
            co_await peer.write(before);
            co_await peer.read_all();
        });
        const MonoTime asked = real.clock.now().mono;
        const HttpExchange exchange = real.fetch(url, kShort);
        EXPECT_EQ(brief(exchange), one.expected) << one.what;
        EXPECT_GE(real.clock.now().mono - asked, kShort) << one.what;
        EXPECT_LT(exchange.timings.total, 100 * kShort);
    }
}

TEST(HttpFaults, HangInConnectWhereTheBacklogIsFull) {
    RealHttp real;
    asio::ip::tcp::acceptor full(real.io);
    full.open(asio::ip::tcp::v4());
    full.bind({asio::ip::address_v4::loopback(), 0});
    full.listen(0);
    asio::ip::tcp::socket first(real.io);
    first.connect(full.local_endpoint());
    const auto url = "http://127.0.0.1:" + std::to_string(full.local_endpoint().port()) + "/";
    EXPECT_EQ(brief(real.fetch(url, kShort)), "connect timeout");
}

TEST(HttpFaults, ADrippingBodyEndsAtTheDeadline) {
    RealHttp real;
    const std::string url = real.site([&real](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.read_until("\r\n\r\n");
        bool open = co_await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (open) {
            open = co_await peer.write("x");
            co_await real.clock.sleep_until(real.clock.now().mono + 5ms);
        }
    });
    const HttpExchange exchange = real.fetch(url, kShort);
    EXPECT_EQ(brief(exchange), "body timeout");
    EXPECT_EQ(exchange.status, 200);
}

TEST(HttpFaults, ABodyThatNobodyTakesHangsInSend) {
    RealHttp real;
    HttpTarget target;
    target.method = "POST";
    target.body = Secret(std::string(8 * 1024 * 1024, 'x'));
    asio::ip::tcp::acceptor deaf(real.io, {asio::ip::address_v4::loopback(), 0});
    target.url = "http://127.0.0.1:" + std::to_string(deaf.local_endpoint().port()) + "/";
    EXPECT_EQ(brief(real.fetch(target, kShort)), "send timeout");
}

TEST(HttpFaults, AResetIsToldByPhase) {
    struct Case {
        std::string before;
        std::string expected;
    };
    const Case cases[] = {
        {"", "first_byte connection_reset"},
        {"HTTP/1.1 200 OK\r\nContent-Le", "first_byte connection_reset"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12", "body connection_reset"},
    };
    for (const Case& one : cases) {
        RealHttp real;
        const std::string before = one.before;
        const std::string url = real.site([before](TcpPeer& peer) -> asio::awaitable<void> {
            co_await peer.read_until("\r\n\r\n");
            co_await peer.write(before);
            peer.reset();
        });
        EXPECT_EQ(brief(real.fetch(url)), one.expected) << one.before;
    }
}

TEST(HttpFaults, NoDescriptorsIsOurOwnFault) {
    RealHttp real;
    const std::string url = real.answering(ok("hello"));
    EXPECT_EQ(brief(real.fetch(url)), "good");  // everything that is opened once is open
    const HttpExchange exchange = without_descriptors([&] { return real.fetch(url); });
    EXPECT_EQ(brief(exchange), "connect no_descriptors");
    EXPECT_EQ(brief(real.fetch(url)), "good");
}

TEST(HttpFaults, ARefusalAtOneAddressLeadsToTheNext) {
    RealHttp real;
    const std::uint16_t port = real.serve([](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.read_until("\r\n\r\n");
        co_await peer.write(ok("hello"));
    });
    DnsServer::Record both;
    both.addresses = {asio::ip::make_address("127.0.0.9"), asio::ip::make_address("127.0.0.1")};
    real.dns.set("both.test", both);
    const HttpExchange exchange = real.fetch("http://both.test:" + std::to_string(port) + "/");
    EXPECT_EQ(brief(exchange), "good");
    EXPECT_EQ(exchange.remote_address, "127.0.0.1");
}

TEST(HttpFaults, LeaveNoDescriptorBehind) {
    RealHttp real;
    const std::string good = real.answering(ok("hello"));
    const std::string hanging =
        real.site([](TcpPeer& peer) -> asio::awaitable<void> { co_await peer.read_all(); });
    const std::string refused = "http://127.0.0.1:" + std::to_string(refused_port(real.io)) + "/";
    const auto lowest_free = [] {
        const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::close(fd);
        return fd;
    };
    real.fetch(good);
    real.fetch(hanging, 20ms);
    const int before = lowest_free();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(brief(real.fetch(good)), "good");
        EXPECT_EQ(brief(real.fetch(refused)), "connect connection_refused");
        EXPECT_EQ(brief(real.fetch(hanging, 5ms)).substr(0, 20), "first_byte timeout");
    }
    run_until(real.io, [&real] { return real.last_server().open_connections() == 0; });
    EXPECT_LE(lowest_free(), before + 1);
}

}  // namespace
}  // namespace vigia::test
