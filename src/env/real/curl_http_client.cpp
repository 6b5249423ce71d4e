#include "env/real/curl_http_client.hpp"

#include "base/assert.hpp"
#include "env/real/curl_multi.hpp"
#include "env/real/http_hop.hpp"
#include "env/real/resolver.hpp"
#include "env/real/tls_trust.hpp"
#include "env/real/url.hpp"

#include <utility>
#include <variant>

namespace vigia {

namespace asio = boost::asio;

namespace {

Timings operator+(const Timings& a, const Timings& b) {
    return Timings{a.dns + b.dns,   a.connect + b.connect,   a.tls + b.tls,    a.login + b.login,
                   a.ttfb + b.ttfb, a.transfer + b.transfer, a.total + b.total};
}

/// The method after a redirect (RFC 9110 §15.4).
std::string method_after(int status, const std::string& method) {
    if (method == "HEAD") return method;
    if (status == 303) return "GET";
    if ((status == 301 || status == 302) && method == "POST") return "GET";
    return method;
}

}  // namespace

class CurlHttpClient::Impl {
public:
    Impl(asio::io_context& context, Clock& clock, Resolver& resolver, HttpClientOptions options)
        : clock_(clock),
          resolver_(resolver),
          multi_(context),
          handles_(options.idle_handles),
          trust_(clock, options.ca_file.empty() ? system_ca_file() : std::move(options.ca_file)),
          shared_{clock, multi_, handles_, trust_, {}, 0} {}

    asio::awaitable<HttpExchange> fetch(HttpFetch request);

private:
    asio::awaitable<std::optional<Reason>> find_route(HopRequest& hop, MonoTime deadline);
    static std::optional<Reason> redirect(HopRequest& next, const HttpHop& hop, const Url& first,
                                          int redirects);

    Clock& clock_;
    Resolver& resolver_;
    CurlMulti multi_;
    EasyPool handles_;
    TrustStores trust_;
    HttpShared shared_;
};

/// Resolves the name that is connected to: the proxy's, if there is one.
asio::awaitable<std::optional<Reason>> CurlHttpClient::Impl::find_route(HopRequest& hop,
                                                                        MonoTime deadline) {
    hop.addresses = nullptr;
    if (!hop.target->proxy.url.empty()) {
        hop.proxy = parse_proxy(hop.target->proxy.url);
        if (!hop.proxy) co_return Reason{Phase::connect, ReasonCode::proxy_failure, 0, "URL"};
    } else if (is_literal_host(hop.url.host()) && !hop.renamed()) {
        co_return std::nullopt;  // libcurl reads it itself
    }
    const std::string& name = hop.proxy ? hop.proxy->host : hop.url.host();
    hop.addresses = resolver_.known(name);
    if (hop.addresses) co_return std::nullopt;
    Resolution resolution = co_await resolver_.resolve(name, deadline);
    hop.addresses = std::move(resolution.addresses);
    if (hop.addresses) co_return std::nullopt;
    if (hop.proxy && !is_own_fault(resolution.failure)) {
        co_return Reason{Phase::resolve, ReasonCode::proxy_failure, 0, name};
    }
    co_return Reason{Phase::resolve, resolution.failure, 0, {}};
}

/// Turns `next`, the request that was answered with a redirect, into the request that follows.
std::optional<Reason> CurlHttpClient::Impl::redirect(HopRequest& next, const HttpHop& hop,
                                                     const Url& first, int redirects) {
    if (redirects >= kMaxRedirects) {
        return Reason{Phase::redirect, ReasonCode::too_many_redirects, redirects, {}};
    }
    auto where = resolve_reference(next.url, hop.location);
    if (const auto* foreign = std::get_if<ForeignScheme>(&where)) {
        return Reason{Phase::redirect, ReasonCode::redirect_refused, 0, foreign->scheme};
    }
    if (std::holds_alternative<MalformedReference>(where)) {
        return Reason{Phase::redirect, ReasonCode::protocol_error, 0, hop.location};
    }
    const std::string method = method_after(hop.status, next.method);
    if (method != next.method) next.send_body = false;
    next.method = method;
    next.url = std::get<Url>(std::move(where));
    next.home = next.url.same_origin(first);
    if (!next.home) next.send_body = false;
    return std::nullopt;
}

asio::awaitable<HttpExchange> CurlHttpClient::Impl::fetch(HttpFetch request) {
    const HttpTarget& target = *request.target;
    const MonoTime started = clock_.now().mono;
    HttpExchange exchange;
    std::optional<Url> url = Url::parse(target.url);
    if (!url) {
        exchange.failure = Reason{Phase::resolve, ReasonCode::internal, 0, "URL"};
        co_return exchange;
    }
    HopRequest next;
    next.target = &target;
    next.url = *std::move(url);
    next.method = target.method;
    next.send_body = !target.body.empty();
    next.follow = target.follow_redirects;
    next.max_body = request.max_body;
    Url first;  // set when it is left
    for (;;) {
        const MonoTime before = clock_.now().mono;
        exchange.failure = co_await find_route(next, request.deadline);
        exchange.timings.dns += clock_.now().mono - before;
        exchange.effective_url = next.url.text();
        if (exchange.failure) break;

        HttpHop hop(shared_, next);
        co_await hop.run(request.deadline);
        exchange.timings = exchange.timings + hop.timings;
        exchange.failure = std::move(hop.failure);
        exchange.status = hop.status;
        exchange.headers = std::move(hop.headers);
        exchange.body = std::move(hop.body);
        exchange.remote_address = std::move(hop.remote_address);
        exchange.tls = std::move(hop.tls);
        if (exchange.failure || !target.follow_redirects || !hop.is_redirect()) break;

        if (exchange.redirects == 0) first = next.url;
        exchange.failure = redirect(next, hop, first, exchange.redirects);
        if (exchange.failure) break;
        ++exchange.redirects;
    }
    exchange.timings.total = clock_.now().mono - started;
    co_return exchange;
}

CurlHttpClient::CurlHttpClient(asio::io_context& context, Clock& clock, Resolver& resolver,
                               HttpClientOptions options)
    : impl_(std::make_unique<Impl>(context, clock, resolver, std::move(options))) {}

CurlHttpClient::~CurlHttpClient() = default;

asio::awaitable<HttpExchange> CurlHttpClient::fetch(HttpFetch request) {
    return impl_->fetch(std::move(request));
}

}  // namespace vigia
