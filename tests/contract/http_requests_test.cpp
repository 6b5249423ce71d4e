// CurlHttpClient: what it sends, and by which way.

#include "tests/contract/real_http.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

namespace vigia::test {
namespace {

namespace asio = boost::asio;

/// Performs one fetch of `target` at a server that answers 200, and returns the request it saw.
struct Sent {
    explicit Sent(HttpTarget target) {
        const auto serve = [this](TcpPeer& peer) -> asio::awaitable<void> {
            head = co_await peer.read_until("\r\n\r\n");
            const std::size_t at = head.find("Content-Length: ");
            if (at != std::string::npos) {
                body = co_await peer.read_exactly(std::stoul(head.substr(at + 16)));
            }
            co_await peer.write(ok("hello"));
        };
        const std::string url = real.site(serve);
        authority = url.substr(7, url.size() - 8);
        target.url = url;
        exchange = real.fetch(std::move(target));
        std::istringstream lines(head);
        std::getline(lines, request_line);
        request_line.pop_back();
        for (std::string line; std::getline(lines, line) && line != "\r";) {
            headers.push_back(line.substr(0, line.size() - 1));
        }
        std::sort(headers.begin(), headers.end());
    }

    RealHttp real;
    std::string authority;
    std::string head;
    std::string body;
    std::string request_line;
    std::vector<std::string> headers;
    HttpExchange exchange;
};

const char* const kDefaultAccept =
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

TEST(HttpRequests, OfAPlainTargetSendTheHeadersOfTheSpecificationAndNoOthers) {
    const Sent sent{HttpTarget{}};
    EXPECT_EQ(sent.request_line, "GET / HTTP/1.1");
    const std::vector<std::string> expected = {kDefaultAccept, "Host: " + sent.authority,
                                               "User-Agent: ServiceMonitor/1.0"};
    EXPECT_EQ(sent.headers, expected);
}

TEST(HttpRequests, LetTheUsersHeadersReplaceTheDefaultOnes) {
    HttpTarget target;
    target.headers = {{"user-agent", Secret("other/2")}, {"ACCEPT", Secret("text/plain")},
                      {"Host", Secret("virtual.test")},  {"X-Empty", Secret("")},
                      {"X-List", Secret("a, b")},        {"Accept-Encoding", Secret("gzip")}};
    const Sent sent(target);
    const std::vector<std::string> expected = {
        "ACCEPT: text/plain", "Accept-Encoding: gzip", "Host: virtual.test",
        "X-Empty:",           "X-List: a, b",          "user-agent: other/2"};
    EXPECT_EQ(sent.headers, expected);
}

TEST(HttpRequests, SendADefaultHeaderEmptyWhereTheUserSaysSo) {
    HttpTarget target;
    target.headers = {{"User-Agent", Secret("")}};
    const Sent sent(target);
    const std::vector<std::string> expected = {kDefaultAccept, "Host: " + sent.authority,
                                               "User-Agent:"};
    EXPECT_EQ(sent.headers, expected);
}

TEST(HttpRequests, CannotBeGivenAnotherHeaderByALineBreak) {
    HttpTarget target;
    target.headers = {{"X-A", Secret("a\r\nX-Injected: b\n")}};
    const Sent sent(target);
    EXPECT_EQ(std::count(sent.headers.begin(), sent.headers.end(), "X-A: a  X-Injected: b"), 1);
}

TEST(HttpRequests, SendMethodAndBody) {
    HttpTarget target;
    target.method = "POST";
    target.body = Secret("{\"a\": 1}");
    target.headers = {{"Content-Type", Secret("application/json")}};
    const Sent post(target);
    EXPECT_EQ(post.request_line, "POST / HTTP/1.1");
    EXPECT_EQ(post.body, "{\"a\": 1}");
    const std::vector<std::string> expected = {
        kDefaultAccept, "Content-Length: 8", "Content-Type: application/json",
        "Host: " + post.authority, "User-Agent: ServiceMonitor/1.0"};
    EXPECT_EQ(post.headers, expected);

    for (const char* method : {"PUT", "PATCH", "DELETE", "GET", "PROPFIND"}) {
        HttpTarget other;
        other.method = method;
        other.body = Secret("x");
        const Sent sent(other);
        EXPECT_EQ(sent.request_line, std::string(method) + " / HTTP/1.1");
        EXPECT_EQ(sent.body, "x") << method;
    }
    for (const char* method : {"DELETE", "OPTIONS"}) {
        HttpTarget other;
        other.method = method;
        const Sent sent(other);
        EXPECT_EQ(sent.request_line, std::string(method) + " / HTTP/1.1");
        EXPECT_EQ(sent.headers.size(), 3U) << sent.head;
    }
    HttpTarget empty;
    empty.method = "POST";
    EXPECT_NE(Sent(empty).head.find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(HttpRequests, OfHeadExpectNoBody) {
    HttpTarget target;
    target.method = "HEAD";
    const Sent sent(target);
    EXPECT_EQ(brief(sent.exchange), "good");
    EXPECT_EQ(sent.request_line, "HEAD / HTTP/1.1");
    EXPECT_EQ(sent.exchange.body, "");
}

TEST(HttpRequests, AuthenticateAtOnce) {
    HttpTarget basic;
    basic.auth = BasicAuth{"ana", Secret("ñ:b")};
    EXPECT_NE(Sent(basic).head.find("Authorization: Basic YW5hOsOxOmI=\r\n"), std::string::npos);
    HttpTarget bearer;
    bearer.auth = BearerAuth{Secret("token")};
    EXPECT_NE(Sent(bearer).head.find("Authorization: Bearer token\r\n"), std::string::npos);
}

TEST(HttpRequests, GoByNamesThatTheResolverKnows) {
    RealHttp real;
    std::string head;
    const std::uint16_t port = real.serve([&head](TcpPeer& peer) -> asio::awaitable<void> {
        head = co_await peer.read_until("\r\n\r\n");
        co_await peer.write(ok("hello"));
    });
    const std::string suffix = ":" + std::to_string(port) + "/";
    real.dns.address("web.test", "127.0.0.1");
    real.dns.address("xn--caf-dma.test", "127.0.0.1");
    for (const char* name : {"web.test", "WEB.test", "web.test.", "localhost", "café.test"}) {
        const HttpExchange exchange = real.fetch("http://" + std::string(name) + suffix);
        EXPECT_EQ(brief(exchange), "good") << name;
    }
    EXPECT_NE(head.find("Host: xn--caf-dma.test:"), std::string::npos) << head;
    EXPECT_EQ(real.dns.queries("web.test"), 2 * 2) << "A and AAAA, with and without the dot";
}

TEST(HttpRequests, ManyNamesAtOnePlaceDoNotMixUp) {
    RealHttp real;
    const std::uint16_t port = real.serve([](TcpPeer& peer) -> asio::awaitable<void> {
        const std::string head = co_await peer.read_until("\r\n\r\n");
        const std::size_t at = head.find("Host: ") + 6;
        co_await peer.write(ok(head.substr(at, head.find(':', at) - at)));
    });
    for (int i = 0; i < 300; ++i) {
        const std::string name = "n" + std::to_string(i) + ".test";
        real.dns.address(name, "127.0.0.1");
        EXPECT_EQ(real.fetch("http://" + name + ":" + std::to_string(port) + "/").body, name);
    }
}

/// A forward proxy that answers everything itself, or opens tunnels to one place.
struct FakeProxy {
    FakeProxy(RealHttp& real, std::string answer) {
        const auto serve = [this, answer](TcpPeer& peer) -> asio::awaitable<void> {
            seen = co_await peer.read_until("\r\n\r\n");
            co_await peer.write(answer);
        };
        proxy.url = "http://127.0.0.1:" + std::to_string(real.serve(serve));
    }
    Proxy proxy;
    std::string seen;
};

TEST(HttpRequests, GoThroughAProxyWithoutResolvingTheTarget) {
    RealHttp real;
    FakeProxy fake(real, ok("by proxy"));
    HttpTarget target;
    target.url = "http://absent.test/x";
    target.proxy = fake.proxy;
    target.proxy.user = "ana";
    target.proxy.password = Secret("clave");
    const HttpExchange exchange = real.fetch(target);
    EXPECT_EQ(brief(exchange), "good");
    EXPECT_EQ(exchange.body, "by proxy");
    EXPECT_TRUE(fake.seen.starts_with("GET http://absent.test/x HTTP/1.1\r\n")) << fake.seen;
    EXPECT_NE(fake.seen.find("Proxy-Authorization: Basic YW5hOmNsYXZl\r\n"), std::string::npos);
    EXPECT_EQ(real.dns.queries("absent.test"), 0);
}

TEST(HttpRequests, ToldOfAProxysFailure) {
    RealHttp real;
    HttpTarget target;
    target.url = "https://absent.test/";
    target.headers = {{"X-Token", Secret("secret-token")}};
    FakeProxy refusing(real,
                       "HTTP/1.1 407 Proxy Authentication Required\r\n"
                       "Content-Length: 0\r\n\r\n");
    target.proxy = refusing.proxy;
    EXPECT_EQ(brief(real.fetch(target)), "connect proxy_failure 407");
    EXPECT_TRUE(refusing.seen.starts_with("CONNECT absent.test:443 HTTP/1.1\r\n"));
    EXPECT_EQ(refusing.seen.find("secret-token"), std::string::npos);

    target.proxy.url = "http://127.0.0.1:" + std::to_string(refused_port(real.io));
    EXPECT_EQ(brief(real.fetch(target)), "connect proxy_failure");
    target.proxy.url = "absent.test:3128";
    EXPECT_EQ(brief(real.fetch(target)), "resolve proxy_failure");
}

TEST(HttpRequests, HaveTheirLastProxyPhaseNamedWhenItHangs) {
    RealHttp real;
    HttpTarget target;
    target.url = "https://absent.test/";
    target.proxy.url =
        real.site([](TcpPeer& peer) -> asio::awaitable<void> { co_await peer.read_all(); });
    EXPECT_EQ(brief(real.fetch(target, std::chrono::milliseconds(100))), "connect timeout");
}

}  // namespace
}  // namespace vigia::test
