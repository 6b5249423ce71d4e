#include "base/text.hpp"
#include "env/real/http_hop.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace vigia {

namespace {

constexpr const char* kUserAgent = "ServiceMonitor/1.0";
constexpr const char* kAccept =
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
constexpr std::size_t kLeftNames = 64;  // removed from libcurl's cache together
constexpr unsigned kPruneEvery = 256;   // transfers
constexpr long kCacheForever = -1;      // spares libcurl a walk through its cache
constexpr long kCacheSeconds = 60;

/// Request headers that tell nothing of the user's and may go anywhere.
constexpr std::array<std::string_view, 6> kHarmlessHeaders = {
    "accept", "accept-encoding", "accept-language", "cache-control", "pragma", "user-agent"};

bool carries_body_by_nature(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

bool is_harmless(std::string_view lower_name) {
    return std::find(kHarmlessHeaders.begin(), kHarmlessHeaders.end(), lower_name) !=
           kHarmlessHeaders.end();
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string header_line(std::string_view name, std::string_view value) {
    value = trim(value);
    std::string line(name);
    if (value.empty()) {
        line += ';';  // libcurl's way to say: this header, empty
    } else {
        line.append(": ").append(value);
    }
    for (char& c : line) {
        if (c == '\r' || c == '\n' || c == '\0') c = ' ';  // would begin another header
    }
    return line;
}

}  // namespace

void append_line(CurlList& list, const std::string& line) {
    curl_slist* const longer = ::curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return;
    static_cast<void>(list.release());
    list.reset(longer);
}

EasyPool::EasyPool(std::size_t capacity) : capacity_(capacity) {
    append_line(headers_, kAccept);
}

/// Sets what stays.
void EasyPool::prepare(CURL* easy) const {
    const auto set = [easy](CURLoption option, auto value) {
        ::curl_easy_setopt(easy, option, value);
    };
    constexpr const char* kNone = nullptr;
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_NOPROXY, "");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_USERAGENT, kUserAgent);
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_OPENSOCKETFUNCTION, &HttpHop::on_open_socket);
    set(CURLOPT_HEADERFUNCTION, &HttpHop::on_header);
    set(CURLOPT_WRITEFUNCTION, &HttpHop::on_body);
    set(CURLOPT_SSL_CTX_FUNCTION, &HttpHop::on_tls_context);
    // The trust store comes with the context. With any of these libcurl would fill it once more.
    set(CURLOPT_CAINFO, kNone);
    set(CURLOPT_CAPATH, kNone);
    set(CURLOPT_CA_CACHE_TIMEOUT, 0L);
    set(CURLOPT_SSL_SESSIONID_CACHE, 0L);  // a resumed session shows no certificate
}

/// For what every request sets.
template <class T>
void HttpHop::set(CURLoption option, T value) {
    ::curl_easy_setopt(easy_, option, value);
}

/// For what only some requests set, and must not be found in the handle by the next.
template <class T>
void HttpHop::change(CURLoption option, T value) {
    changed_ = true;
    ::curl_easy_setopt(easy_, option, value);
}

void HttpHop::configure() {
    set(CURLOPT_ERRORBUFFER, message_.data());
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_SSL_CTX_DATA, this);
    configure_request();
    configure_headers();
    if (request_.home) configure_credentials();
    configure_route();
    configure_tls();
}

void HttpHop::configure_request() {
    set(CURLOPT_URL, wire().text().c_str());
    const std::string& method = request_.method;
    const std::string& content = request_.target->body.reveal();
    const bool sends = request_.send_body && !content.empty();
    if (method == "HEAD") {
        change(CURLOPT_NOBODY, 1L);
        return;
    }
    if (sends || carries_body_by_nature(method)) {
        upload_size_ = sends ? content.size() : 0;
        change(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(upload_size_));
        // Not copied; the target outlives us.
        change(CURLOPT_POSTFIELDS, sends ? content.data() : "");
    }
    if (method != "GET" || sends) change(CURLOPT_CUSTOMREQUEST, method.c_str());
}

void HttpHop::configure_headers() {
    const bool sends = request_.send_body || carries_body_by_nature(request_.method);
    if (request_.target->headers.empty() && !sends && !request_.renamed()) return;
    bool accept = false;
    bool type = false;
    bool host = false;
    for (const RequestHeader& header : request_.target->headers) {
        const std::string name = ascii_lower(header.name);
        if (!request_.home && !is_harmless(name)) continue;
        accept = accept || name == "accept";
        type = type || name == "content-type";
        host = host || name == "host";
        append_line(header_list_, header_line(header.name, header.value.reveal()));
    }
    if (!accept) append_line(header_list_, kAccept);
    if (request_.renamed() && !host) {
        append_line(header_list_, header_line("Host", request_.url.authority()));
    }
    // What libcurl would add by itself.
    if (sends && !type) append_line(header_list_, "Content-Type:");
    if (sends) append_line(header_list_, "Expect:");
    change(CURLOPT_HTTPHEADER, header_list_.get());
}

void HttpHop::configure_credentials() {
    if (const auto* basic = std::get_if<BasicAuth>(&request_.target->auth)) {
        change(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        change(CURLOPT_USERNAME, basic->user.c_str());
        change(CURLOPT_PASSWORD, basic->password.reveal().c_str());
    } else if (const auto* bearer = std::get_if<BearerAuth>(&request_.target->auth)) {
        change(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        change(CURLOPT_XOAUTH2_BEARER, bearer->token.reveal().c_str());
    }
}

/// Where to connect to. libcurl must never look a name up by itself: it would start a thread each.
void HttpHop::configure_route() {
    const Proxy& proxy = request_.target->proxy;
    if (request_.proxy) {
        change(CURLOPT_PROXY, request_.proxy->url.c_str());
        if (!proxy.user.empty() || !proxy.password.empty()) {
            change(CURLOPT_PROXYUSERNAME, proxy.user.c_str());
            change(CURLOPT_PROXYPASSWORD, proxy.password.reveal().c_str());
        }
        if (request_.renamed()) {
            append_line(connect_to_list_, wire().host() + ':' + std::to_string(wire().port()) +
                                              ':' + request_.url.host() + ':' +
                                              std::to_string(request_.url.port()));
            change(CURLOPT_CONNECT_TO, connect_to_list_.get());
        }
    }
    // Entries of ours stay until removed by name; those that libcurl makes for literals until a
    // transfer with a limit prunes them.
    set(CURLOPT_DNS_CACHE_TIMEOUT,
        ++shared_.transfers % kPruneEvery == 0 ? kCacheSeconds : kCacheForever);
    set(CURLOPT_TIMEOUT_MS, timeout_ms());
    append_addresses();
    set(CURLOPT_RESOLVE, resolve_list_.get());
}

/// 0, no limit: the deadline is ours. But only a limit of its own makes libcurl go on to the next
/// of several addresses in time.
long HttpHop::timeout_ms() const {
    if (!request_.addresses || request_.addresses->addresses.size() < 2) return 0;
    const Duration left = std::max(deadline_ - shared_.clock.now().mono, Duration::zero());
    return static_cast<long>(left / std::chrono::milliseconds(1)) + 1;
}

/// Tells libcurl what the name to connect to resolves to.
void HttpHop::append_addresses() {
    const std::string& name = request_.proxy ? request_.proxy->host : wire().host();
    if (!request_.addresses || is_literal_host(name)) return;
    if (shared_.left_names.size() >= kLeftNames) {
        for (const std::string& left : shared_.left_names) append_line(resolve_list_, left);
        shared_.left_names.clear();
    }
    const std::uint16_t port = request_.proxy ? request_.proxy->port : wire().port();
    const std::string entry = name + ':' + std::to_string(port);
    append_line(resolve_list_, entry + ':' + request_.addresses->joined);
    shared_.left_names.push_back('-' + entry);
}

void HttpHop::configure_tls() {
    if (request_.proxy) {
        change(CURLOPT_PROXY_CAINFO, static_cast<const char*>(nullptr));
        change(CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr));
    }
    const TlsOptions& wanted = request_.target->tls;
    if (!wanted.verify) {
        change(CURLOPT_SSL_VERIFYPEER, 0L);
        change(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (request_.home && !wanted.cert_file.empty()) {
        change(CURLOPT_SSLCERT, wanted.cert_file.c_str());
        change(CURLOPT_SSLKEY,
               (wanted.key_file.empty() ? wanted.cert_file : wanted.key_file).c_str());
        change(CURLOPT_KEYPASSWD, "");  // or OpenSSL would ask for it on the terminal
    }
}

}  // namespace vigia
