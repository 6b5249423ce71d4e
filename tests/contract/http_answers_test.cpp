// CurlHttpClient: what it makes of answers, and where redirects lead.

#include "tests/contract/real_http.hpp"

#include <vector>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

std::string moved(int status, const std::string& location) {
    return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
           "\r\nContent-Length: 0\r\n\r\n";
}

/// A server that answers each request with what `answer` makes of it, and keeps the requests.
class Recorder {
public:
    using Answer = std::function<std::string(const std::string& request)>;

    Recorder(RealHttp& real, Answer answer) : answer_(std::move(answer)) {
        const auto serve = [this](TcpPeer& peer) -> asio::awaitable<void> {
            std::string request = co_await peer.read_until("\r\n\r\n");
            request += co_await peer.read_exactly(content_length(request));
            requests.push_back(request);
            co_await peer.write(answer_(request));
        };
        port = real.serve(serve);
        url = "http://127.0.0.1:" + std::to_string(port);
    }

    std::vector<std::string> requests;
    std::uint16_t port = 0;
    std::string url;

private:
    static std::size_t content_length(const std::string& request) {
        const std::size_t at = request.find("Content-Length: ");
        return at == std::string::npos ? 0 : std::stoul(request.substr(at + 16));
    }
    Answer answer_;
};

/// The request line's path.
std::string path_of(const std::string& request) {
    const std::size_t begin = request.find(' ') + 1;
    return request.substr(begin, request.find(' ', begin) - begin);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(HttpAnswers, KeepHeadersAndBodyOfTheFinalAnswer) {
    RealHttp real;
    const HttpExchange exchange = real.fetch(real.answering(
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok("hello", "X-A: b\r\n")));
    EXPECT_EQ(brief(exchange), "good");
    EXPECT_EQ(exchange.status, 200);
    EXPECT_EQ(exchange.body, "hello");
    EXPECT_EQ(exchange.headers, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\n");
    EXPECT_EQ(exchange.remote_address, "127.0.0.1");
    EXPECT_FALSE(exchange.tls);
}

TEST(HttpAnswers, OfEveryFramingAreUnderstood) {
    RealHttp real;
    const std::string head = "HTTP/1.1 200 OK\r\n";
    EXPECT_EQ(real.fetch(real.answering(head + "\r\nuntil the end")).body, "until the end");
    EXPECT_EQ(real.fetch(real.answering("HTTP/1.0 200 OK\r\n\r\nold")).body, "old");
    EXPECT_EQ(real.fetch(real.answering(head + "Transfer-Encoding: chunked\r\n\r\n"
                                               "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"))
                  .body,
              "abcde");
    const HttpExchange none = real.fetch(real.answering("HTTP/1.1 204 No Content\r\n\r\n"));
    EXPECT_EQ(brief(none), "good");
    EXPECT_EQ(none.status, 204);
}

TEST(HttpAnswers, AreNotReadBeyondTheLimit) {
    RealHttp real;
    const std::string big(100'000, 'x');
    const HttpExchange exchange = real.fetch(real.answering(ok(big)), 20s, 1000);
    EXPECT_EQ(brief(exchange), "good");
    EXPECT_EQ(exchange.body.size(), 1000U);
    EXPECT_EQ(real.fetch(real.answering(ok(std::string(1000, 'x'))), 20s, 1000).body.size(), 1000U);
    EXPECT_EQ(real.fetch(real.answering(ok("hello")), 20s, 0).body, "");

    const std::string endless = real.site([](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.read_until("\r\n\r\n");
        bool open = co_await peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
        while (open) open = co_await peer.write(chunk);
    });
    const HttpExchange capped = real.fetch(endless);
    EXPECT_EQ(brief(capped), "good");
    EXPECT_EQ(capped.body.size(), kMaxResponseBody);
}

TEST(HttpAnswers, MayHave60KibOfHeaders) {
    RealHttp real;
    std::string headers;
    while (headers.size() < 60 * 1024) headers += "X-Filler: " + std::string(500, 'x') + "\r\n";
    EXPECT_EQ(brief(real.fetch(real.answering(ok("hello", headers)))), "good");
}

TEST(HttpAnswers, StayEncoded) {
    RealHttp real;
    const std::string packed("\x1f\x8b\x08\x00 not unpacked", 17);
    EXPECT_EQ(real.fetch(real.answering(ok(packed, "Content-Encoding: gzip\r\n"))).body, packed);
}

TEST(HttpRedirects, AreFollowedAndCounted) {
    RealHttp real;
    Recorder site(real, [](const std::string& request) {
        return has(request, "/a ") ? moved(302, "/b?x=1#part") : ok("there");
    });
    const HttpExchange exchange = real.fetch(site.url + "/a");
    EXPECT_EQ(brief(exchange), "good");
    EXPECT_EQ(exchange.status, 200);
    EXPECT_EQ(exchange.redirects, 1);
    EXPECT_EQ(exchange.effective_url, site.url + "/b?x=1");
    EXPECT_EQ(path_of(site.requests.at(1)), "/b?x=1");
}

TEST(HttpRedirects, AreNotFollowedWhereTheTargetSaysSo) {
    RealHttp real;
    HttpTarget target;
    target.url = real.answering(moved(302, "/b"));
    target.follow_redirects = false;
    const HttpExchange exchange = real.fetch(target);
    EXPECT_EQ(brief(exchange), "good");
    EXPECT_EQ(exchange.status, 302);
    EXPECT_EQ(exchange.redirects, 0);
}

TEST(HttpRedirects, WithoutALocationAreAnswers) {
    RealHttp real;
    EXPECT_EQ(real.fetch(real.answering("HTTP/1.1 302 Moved\r\nContent-Length: 0\r\n\r\n")).status,
              302);
    EXPECT_EQ(real.fetch(real.answering("HTTP/1.1 304 Same\r\nLocation: /b\r\n\r\n")).status, 304);
}

TEST(HttpRedirects, AreFollowedTenTimesAndNoMore) {
    RealHttp real;
    Recorder site(real, [](const std::string& request) {
        const int left = std::stoi(path_of(request).substr(1));
        return left == 0 ? ok("there") : moved(301, "/" + std::to_string(left - 1));
    });
    EXPECT_EQ(real.fetch(site.url + "/10").redirects, 10);
    const HttpExchange exchange = real.fetch(site.url + "/11");
    EXPECT_EQ(brief(exchange), "redirect too_many_redirects 10");
    EXPECT_EQ(exchange.status, 301);
}

TEST(HttpRedirects, LeadOnlyToTheWeb) {
    struct Case {
        const char* location;
        const char* expected;
        const char* detail;
    };
    const Case cases[] = {
        {"file:///etc/passwd", "redirect redirect_refused", "file"},
        {"FTP://127.0.0.1/", "redirect redirect_refused", "ftp"},
        {"javascript:alert(1)", "redirect redirect_refused", "javascript"},
        {"data:,x", "redirect redirect_refused", "data"},
        {"http://", "redirect protocol_error", "http://"},
        {"http://host:99999/", "redirect protocol_error", "http://host:99999/"},
        {"http://[::1/", "redirect protocol_error", "http://[::1/"},
    };
    for (const Case& one : cases) {
        RealHttp real;
        const HttpExchange exchange = real.fetch(real.answering(moved(302, one.location)));
        EXPECT_EQ(brief(exchange), one.expected) << one.location;
        EXPECT_EQ(exchange.failure->detail, one.detail);
        EXPECT_EQ(exchange.status, 302);
    }
}

TEST(HttpRedirects, ChangeTheMethodAsRfc9110Says) {
    struct Case {
        int status;
        const char* method;
        const char* then;
        bool body_then;
    };
    const Case cases[] = {
        {301, "POST", "GET", false}, {302, "POST", "GET", false},  {303, "POST", "GET", false},
        {307, "POST", "POST", true}, {308, "POST", "POST", true},  {301, "PUT", "PUT", true},
        {303, "PUT", "GET", false},  {303, "HEAD", "HEAD", false}, {302, "GET", "GET", true},
    };
    for (const Case& one : cases) {
        RealHttp real;
        const int status = one.status;
        Recorder site(real, [status](const std::string& request) {
            return has(request, "/a ") ? moved(status, "/b") : ok("");
        });
        HttpTarget target;
        target.url = site.url + "/a";
        target.method = one.method;
        target.body = Secret("content");
        EXPECT_EQ(brief(real.fetch(target)), "good");
        ASSERT_EQ(site.requests.size(), 2U);
        EXPECT_TRUE(site.requests[1].starts_with(std::string(one.then) + " /b ")) << status;
        EXPECT_EQ(has(site.requests[1], "content"), one.body_then) << status << one.method;
    }
}

TEST(HttpRedirects, LeaveCredentialsHeadersAndBodyAtHome) {
    RealHttp real;
    Recorder elsewhere(real, [](const std::string&) { return ok(""); });
    Recorder home(real, [&elsewhere](const std::string& request) {
        if (has(request, "/a ")) return moved(307, "/b");
        if (has(request, "/b ")) return moved(307, elsewhere.url + "/c");
        return ok("");
    });
    HttpTarget target;
    target.url = home.url + "/a";
    target.method = "POST";
    target.body = Secret("secret-body");
    target.auth = BasicAuth{"ana", Secret("secret-password")};
    target.headers = {{"X-Token", Secret("secret-token")},
                      {"Cookie", Secret("secret-cookie")},
                      {"User-Agent", Secret("agent/2")}};
    EXPECT_EQ(brief(real.fetch(target)), "good");
    ASSERT_EQ(home.requests.size(), 2U);
    for (const std::string& request : home.requests) {
        EXPECT_TRUE(has(request, "secret-body") && has(request, "secret-token") &&
                    has(request, "secret-cookie") && has(request, "Authorization: Basic"));
    }
    ASSERT_EQ(elsewhere.requests.size(), 1U);
    EXPECT_FALSE(has(elsewhere.requests[0], "secret"));
    EXPECT_FALSE(has(elsewhere.requests[0], "Authorization"));
    EXPECT_TRUE(has(elsewhere.requests[0], "User-Agent: agent/2\r\n"));
}

TEST(HttpRedirects, DoNotWaitForTheBodyOfARedirect) {
    RealHttp real;
    Recorder there(real, [](const std::string&) { return ok("there"); });
    const std::string url = there.url;
    const std::string hanging = real.site([url](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.read_until("\r\n\r\n");
        co_await peer.write("HTTP/1.1 302 Moved\r\nContent-Length: 9\r\nLocation: " + url +
                            "\r\n\r\n");
        co_await peer.read_all();
    });
    EXPECT_EQ(real.fetch(hanging, 5s).body, "there");
}

TEST(HttpRedirects, ShareOneDeadline) {
    RealHttp real;
    const std::string loop = real.site([&real](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.read_until("\r\n\r\n");
        co_await real.clock.sleep_until(real.clock.now().mono + 60ms);
        co_await peer.write(moved(302, "/"));
    });
    const HttpExchange exchange = real.fetch(loop, 150ms);
    EXPECT_EQ(brief(exchange), "first_byte timeout");
    EXPECT_EQ(exchange.redirects, 2);
}

}  // namespace
}  // namespace vigia::test
