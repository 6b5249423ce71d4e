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

/// Easy handles that hold what all requests have in common, kept for the next transfer when idle.
/// One thread.
class EasyPool {
public:
    explicit EasyPool(std::size_t capacity);
    ~EasyPool();
    EasyPool(const EasyPool&) = delete;
    EasyPool& operator=(const EasyPool&) = delete;

    /// A handle for a request without anything of the user's; null if there is no memory.
    CURL* take();
    /// `changed`: it has options that the next request may not want.
    void give(CURL* easy, bool changed);

private:
    void prepare(CURL* easy) const;

    std::size_t capacity_;
    CurlList headers_;  ///< of a request without any of the user's; outlives the handles
    std::vector<CURL*> idle_;
};

/// What the hops of one client share.
struct HttpShared {
    Clock& clock;
    CurlMulti& multi;
    EasyPool& handles;
    TrustStores& trust;
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
/// fetch; `shared` and `request` must outlive it, and `request` stay as it is during run().
class HttpHop {
public:
    HttpHop(HttpShared& shared, const HopRequest& request);
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

private:
    friend class EasyPool;

    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static CURLcode on_tls_context(CURL* easy, void* context, void* self);
    static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

    const Url& wire() const { return renamed_ ? *renamed_ : request_.url; }
    template <class T>
    void set(CURLoption option, T value);
    template <class T>
    void change(CURLoption option, T value);
    void configure();
    void configure_request();
    void configure_headers();
    void configure_credentials();
    void configure_tls();
    void configure_route();
    void append_addresses();
    long timeout_ms() const;
    bool take_header(std::string_view line);
    bool take_body(std::string_view bytes);
    bool end_of_headers();
    void judge(const TransferResult& result, Duration elapsed);
    HopFacts gather(const TransferResult& result) const;
    void measure(Duration elapsed);

    enum class Stop : std::uint8_t { none, headers_too_large, redirect, body_full };

    HttpShared& shared_;
    const HopRequest& request_;
    std::optional<Url> renamed_;  // what libcurl is told instead: TLS takes the name from its host
    CURL* easy_;
    bool changed_ = false;  // the handle has options that not every request sets
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
