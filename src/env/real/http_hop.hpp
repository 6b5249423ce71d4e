#pragma once

#include "core/probe_result.hpp"
#include "core/target.hpp"
#include "env/clock.hpp"
#include "env/real/curl_multi.hpp"
#include "env/real/resolver.hpp"
#include "env/real/tls_trust.hpp"
#include "env/real/url.hpp"

#include <array>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <curl/curl.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

struct HopFacts;

struct CurlListDeleter {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListDeleter>;

/// Appends `line`; without memory it is left out.
void append_line(CurlList& list, const std::string& line);

/// The headers of a request without any of the user's.
CurlList make_plain_headers();

/// Idle easy handles, kept for the next transfer. One thread.
class EasyPool {
public:
    explicit EasyPool(std::size_t capacity) : capacity_(capacity) {}
    ~EasyPool();
    EasyPool(const EasyPool&) = delete;
    EasyPool& operator=(const EasyPool&) = delete;

    /// A handle as if new; null if there is no memory.
    CURL* take();
    void give(CURL* easy);

private:
    std::size_t capacity_;
    std::vector<CURL*> idle_;
};

/// What the hops of one client share.
struct HttpShared {
    Clock& clock;
    CurlMulti& multi;
    EasyPool& handles;
    TrustStores& trust;
    CurlList plain_headers;               ///< of a request without headers of the user's
    std::vector<std::string> left_names;  ///< "-host:port" of entries in libcurl's DNS cache
    unsigned transfers = 0;
};

/// One request to one place.
struct HopRequest {
    const HttpTarget* target = nullptr;
    Url url;
    std::string method;
    bool send_body = false;
    bool home = true;     ///< the target's own origin: credentials and all headers go along
    bool follow = false;  ///< a redirect's body is not wanted
    std::size_t max_body = 0;
    std::optional<ProxyAddress> proxy;
    /// Of the host, or of the proxy if there is one; null for a literal that libcurl reads itself.
    std::shared_ptr<const AddressList> addresses;

    /// True if TLS is to ask for and verify another name than the URL's.
    bool renamed() const { return home && url.secure() && !target->tls.server_name.empty(); }
};

/// Performs a HopRequest with one easy handle, and keeps what came of it. Lives in the frame of a
/// fetch; `shared` and the request's target must outlive it.
class HttpHop {
public:
    HttpHop(HttpShared& shared, HopRequest request);
    ~HttpHop();
    HttpHop(const HttpHop&) = delete;
    HttpHop& operator=(const HttpHop&) = delete;

    boost::asio::awaitable<void> run(MonoTime deadline);

    std::optional<Reason> failure;
    int status = 0;
    std::string headers;
    std::string body;
    std::string location;  ///< of a redirect, or empty
    std::string remote_address;
    std::optional<TlsSummary> tls;
    Timings timings;  ///< without `dns`

    bool is_redirect() const;
    const HopRequest& request() const { return request_; }

private:
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static CURLcode on_tls_context(CURL* easy, void* context, void* self);
    static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

    template <class T>
    void set(CURLoption option, T value);
    void configure();
    void configure_request();
    void configure_headers();
    void configure_credentials();
    void configure_tls();
    void configure_route();
    bool take_header(std::string_view line);
    bool take_body(std::string_view bytes);
    bool end_of_headers();
    void judge(const TransferResult& result, Duration elapsed);
    HopFacts gather(const TransferResult& result) const;
    void measure(Duration elapsed);

    enum class Stop : std::uint8_t { none, headers_too_large, redirect, body_full };

    HttpShared& shared_;
    HopRequest request_;
    Url wire_;  // what libcurl is told: TLS takes the name from its host
    CURL* easy_;
    CurlList header_list_;
    CurlList resolve_list_;
    CurlList connect_to_list_;
    TlsObserver tls_observer_;
    MonoTime deadline_{};
    MonoTime started_{};
    MonoTime tls_started_{};
    std::size_t upload_size_ = 0;
    std::size_t header_bytes_ = 0;
    bool headers_complete_ = false;
    bool unusable_ca_file_ = false;
    int socket_errno_ = 0;
    Stop stop_ = Stop::none;
    std::array<char, CURL_ERROR_SIZE> message_{};
};

}  // namespace vigia
