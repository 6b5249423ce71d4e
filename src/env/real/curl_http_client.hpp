#pragma once

#include "env/clock.hpp"
#include "env/http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>

namespace vigia {

class Resolver;

struct HttpClientOptions {
    std::string ca_file;             ///< PEM; empty: the system's bundle (SSL_CERT_FILE honoured)
    std::size_t idle_handles = 256;  ///< libcurl handles kept for the next fetch
};

/// HttpClient over libcurl's multi interface: one connection per hop, HTTP/1.1, names resolved by
/// `resolver`, redirects followed here so that credentials stay at home. One per shard; one
/// thread; the references must outlive it, and it every fetch(). No fetch may be under way when it
/// is destroyed.
class CurlHttpClient final : public HttpClient {
public:
    CurlHttpClient(boost::asio::io_context& context, Clock& clock, Resolver& resolver,
                   HttpClientOptions options);
    ~CurlHttpClient() override;
    CurlHttpClient(const CurlHttpClient&) = delete;
    CurlHttpClient& operator=(const CurlHttpClient&) = delete;

    boost::asio::awaitable<HttpExchange> fetch(HttpFetch request) override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
