#pragma once

#include "base/time.hpp"
#include "core/probe_result.hpp"
#include "core/target.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace vigia {

inline constexpr std::size_t kMaxResponseHeaders = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxResponseBody = std::size_t{1024} * 1024;
inline constexpr int kMaxRedirects = 10;

/// One request, with everything that follows it, redirects included.
struct HttpFetch {
    std::shared_ptr<const HttpTarget> target;
    MonoTime deadline{};                      ///< of all of it
    std::size_t max_body = kMaxResponseBody;  ///< what lies beyond is not read, and no failure
};

/// What came of it. Exactly one of `failure` and a complete answer: `status` is 0 only with a
/// failure, but a failure after the headers keeps the status it saw.
struct HttpExchange {
    std::optional<Reason> failure;
    int status = 0;
    int redirects = 0;
    std::string headers;  ///< of the last hop, raw, capped; hostile
    std::string body;     ///< of the last hop, capped; hostile
    std::string remote_address;
    std::string effective_url;
    std::optional<TlsSummary> tls;
    Timings timings;
};

/// Port: HTTP/1.1 and later over TCP and TLS. A fresh connection per fetch.
/// Called on the shard's thread. A fetch always completes by its deadline (within the timer's
/// granularity) with `timeout` and the phase it hung in; cancelling it makes it complete soon with
/// any failure. Implementations: env/real (libcurl), sim (scripted).
class HttpClient {
public:
    virtual ~HttpClient() = default;
    virtual boost::asio::awaitable<HttpExchange> fetch(HttpFetch request) = 0;
};

}  // namespace vigia
