#include "probe/http_probe.hpp"

#include "probe/hide_secrets.hpp"

#include <algorithm>
#include <utility>

namespace vigia {

namespace {

std::string excerpt(std::string text, const HttpTarget& target) {
    // A secret that the cut would halve lies within its own length of the cut.
    text.resize(std::min(text.size(), kMaxEvidence + kMaxSecret));
    text = hide_secrets(std::move(text), target);
    text.resize(std::min(text.size(), kMaxEvidence));
    return text;
}

}  // namespace

boost::asio::awaitable<ProbeResult> http_probe(HttpClient& client,
                                               std::shared_ptr<const HttpTarget> target,
                                               MonoTime deadline) {
    HttpFetch request;
    request.target = target;
    request.deadline = deadline;
    HttpExchange exchange = co_await client.fetch(std::move(request));
    co_return judge(*target, std::move(exchange));
}

ProbeResult judge(const HttpTarget& target, HttpExchange exchange) {
    ProbeResult result;
    result.timings = exchange.timings;
    result.tls = std::move(exchange.tls);
    result.http_status = exchange.status;
    result.redirects = exchange.redirects;
    result.remote_address = std::move(exchange.remote_address);
    if (exchange.failure) {
        result.reason = std::move(*exchange.failure);
        result.outcome = is_own_fault(result.reason.code) ? Outcome::unknown : Outcome::down;
    } else {
        const bool expected = std::ranges::any_of(target.expected_status, [&](StatusRange range) {
            return range.first <= exchange.status && exchange.status <= range.last;
        });
        result.outcome = expected ? Outcome::up : Outcome::down;
        if (!expected) {
            result.reason = Reason{.phase = Phase::status,
                                   .code = ReasonCode::unexpected_status,
                                   .value = exchange.status,
                                   .detail = {}};
        }
    }
    if (!is_good(result.outcome)) {
        result.evidence = excerpt(std::move(exchange.body), target);
        result.headers = excerpt(hide_cookies(exchange.headers), target);
        result.reason.detail = hide_secrets(std::move(result.reason.detail), target);
    }
    return result;
}

}  // namespace vigia
