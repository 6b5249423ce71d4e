#pragma once

#include "env/real/asio_clock.hpp"
#include "env/real/curl_http_client.hpp"
#include "env/real/resolver.hpp"
#include "tests/contract/http_world.hpp"
#include "tests/support/dns_server.hpp"
#include "tests/support/run_awaitable.hpp"
#include "tests/support/tcp_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <gtest/gtest.h>
#include <list>
#include <memory>
#include <string>
#include <utility>

namespace vigia::test {

/// A CurlHttpClient on a loop of its own, with a DNS server and scripted servers beside it.
class RealHttp {
public:
    explicit RealHttp(HttpClientOptions options = {})
        : resolver_(io, clock, resolver_options()), client_(io, clock, resolver_, options) {}

    /// A server that does this with every connection; returns its port.
    std::uint16_t serve(Script script) {
        return servers_.emplace_back(io, std::move(script)).port();
    }

    /// The URL of a server that does this with every connection.
    std::string site(Script script) {
        return "http://127.0.0.1:" + std::to_string(serve(std::move(script))) + "/";
    }

    /// The URL of a server that reads a request and sends `answer`.
    std::string answering(std::string answer) {
        return site([answer](TcpPeer& peer) -> boost::asio::awaitable<void> {
            co_await peer.read_until("\r\n\r\n");
            co_await peer.write(answer);
        });
    }

    HttpExchange fetch(HttpTarget target, Duration within = std::chrono::seconds(20),
                       std::size_t max_body = kMaxResponseBody) {
        HttpFetch request;
        request.target = std::make_shared<HttpTarget>(std::move(target));
        request.deadline = clock.now().mono + within;
        request.max_body = max_body;
        return run(io, client_.fetch(std::move(request)));
    }

    HttpExchange fetch(const std::string& url, Duration within = std::chrono::seconds(20),
                       std::size_t max_body = kMaxResponseBody) {
        HttpTarget target;
        target.url = url;
        return fetch(std::move(target), within, max_body);
    }

    HttpClient& client() { return client_; }
    ScriptedServer& last_server() { return servers_.back(); }

    boost::asio::io_context io{1};
    AsioClock clock{io};
    DnsServer dns{io};

private:
    ResolverOptions resolver_options() const {
        ResolverOptions options;
        options.servers = dns.servers();
        options.try_timeout = std::chrono::milliseconds(200);
        return options;
    }

    std::list<ScriptedServer> servers_;
    Resolver resolver_;
    CurlHttpClient client_;
};

/// "phase code value", or "good", for comparisons that say what is wrong.
inline std::string brief(const HttpExchange& exchange) {
    if (!exchange.failure) return "good";
    std::string text = std::string(to_string(exchange.failure->phase)) + " " +
                       std::string(to_string(exchange.failure->code));
    if (exchange.failure->value != 0) text += " " + std::to_string(exchange.failure->value);
    return text;
}

/// 200 with a Content-Length.
inline std::string ok(const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
           "\r\n" + body;
}

std::unique_ptr<HttpWorld> make_real_http_world();

}  // namespace vigia::test
