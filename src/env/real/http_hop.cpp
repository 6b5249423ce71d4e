#include "env/real/http_hop.hpp"

#include "base/text.hpp"
#include "env/http_client.hpp"
#include "env/real/http_failure.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kUsualHeaders = 512;

Duration microseconds(CURL* easy, CURLINFO which) {
    curl_off_t value = 0;
    ::curl_easy_getinfo(easy, which, &value);
    return std::chrono::microseconds(value);
}

int number(CURL* easy, CURLINFO which) {
    long value = 0;
    ::curl_easy_getinfo(easy, which, &value);
    return static_cast<int>(value);
}

curl_off_t amount(CURL* easy, CURLINFO which) {
    curl_off_t value = 0;
    ::curl_easy_getinfo(easy, which, &value);
    return value;
}

/// The value of `line` if it is the header `lower_name`.
std::optional<std::string_view> header_value(std::string_view line, std::string_view lower_name) {
    if (line.size() <= lower_name.size() || line[lower_name.size()] != ':' ||
        ascii_lower(line.substr(0, lower_name.size())) != lower_name) {
        return std::nullopt;
    }
    line.remove_prefix(lower_name.size() + 1);
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = line.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return std::string_view();
    return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

Duration not_negative(Duration duration) {
    return std::max(duration, Duration::zero());
}

}  // namespace

EasyPool::~EasyPool() {
    for (CURL* const easy : idle_) ::curl_easy_cleanup(easy);
}

CURL* EasyPool::take() {
    if (idle_.empty()) {
        CURL* const easy = ::curl_easy_init();
        if (easy != nullptr) prepare(easy);
        return easy;
    }
    CURL* const easy = idle_.back();
    idle_.pop_back();
    return easy;
}

void EasyPool::give(CURL* easy, bool changed) {
    // libcurl never resets the errno of the last failure.
    if (idle_.size() >= capacity_ || number(easy, CURLINFO_OS_ERRNO) != 0) {
        ::curl_easy_cleanup(easy);
        return;
    }
    if (changed) {
        ::curl_easy_reset(easy);
        prepare(easy);
    } else {
        // What else points to the request that has ended, the next one replaces.
        constexpr char* kNone = nullptr;
        ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, kNone);
    }
    idle_.push_back(easy);
}

HttpHop::HttpHop(HttpShared& shared, const HopRequest& request)
    : shared_(shared), request_(request), easy_(shared.handles.take()) {
    if (request.renamed()) renamed_ = request.url.with_host(request.target->tls.server_name);
}

HttpHop::~HttpHop() {
    if (easy_ != nullptr) shared_.handles.give(easy_, changed_);
}

bool HttpHop::is_redirect() const {
    return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           !location.empty();
}

asio::awaitable<void> HttpHop::run(MonoTime deadline) {
    if (easy_ == nullptr) {
        failure = Reason{Phase::connect, ReasonCode::no_buffers, 0, {}};
        co_return;
    }
    deadline_ = deadline;
    configure();
    started_ = shared_.clock.now().mono;
    CurlMulti::Transfer transfer(shared_.multi, easy_);
    transfer.set_deadline(deadline);
    const TransferResult result = co_await transfer.run();
    judge(result, shared_.clock.now().mono - started_);
}

curl_socket_t HttpHop::on_open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                            address->protocol);
    if (fd < 0) static_cast<HttpHop*>(self)->socket_errno_ = errno;
    return fd;  // CURL_SOCKET_BAD is -1
}

CURLcode HttpHop::on_tls_context(CURL*, void* context, void* self) {
    auto& hop = *static_cast<HttpHop*>(self);
    const TlsOptions& wanted = hop.request_.target->tls;
    X509_STORE* store = nullptr;
    if (wanted.verify) {
        store = hop.shared_.trust.find(wanted.ca_file);
        if (store == nullptr) {
            hop.unusable_ca_file_ = true;
            return CURLE_ABORTED_BY_CALLBACK;
        }
    }
    hop.tls_started_ = hop.shared_.clock.now().mono;
    hop.tls_observer_.prepare(static_cast<SSL_CTX*>(context), store, wanted.verify);
    return CURLE_OK;
}

std::size_t HttpHop::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    const std::size_t bytes = size * count;
    return static_cast<HttpHop*>(self)->take_header(std::string_view(data, bytes)) ? bytes : 0;
}

std::size_t HttpHop::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    const std::size_t bytes = size * count;
    return static_cast<HttpHop*>(self)->take_body(std::string_view(data, bytes)) ? bytes : 0;
}

/// False stops the transfer.
bool HttpHop::take_header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > kMaxResponseHeaders) {
        stop_ = Stop::headers_too_large;
        return false;
    }
    if (headers_complete_) return true;  // a trailer
    if (line.starts_with("HTTP/")) {     // after an interim answer (1xx) another begins
        headers.clear();
        location.clear();
    }
    if (headers.empty()) headers.reserve(kUsualHeaders);
    headers.append(line);
    if (line == "\r\n" || line == "\n") return end_of_headers();
    if (location.empty()) location = std::string(header_value(line, "location").value_or(""));
    return true;
}

bool HttpHop::end_of_headers() {
    const int code = number(easy_, CURLINFO_RESPONSE_CODE);
    if (code / 100 == 1 && code != 101) return true;
    status = code;
    headers_complete_ = true;
    if (!request_.follow || !is_redirect()) return true;
    stop_ = Stop::redirect;
    return false;
}

bool HttpHop::take_body(std::string_view bytes) {
    body.append(bytes.substr(0, request_.max_body - body.size()));
    if (body.size() < request_.max_body) return true;
    const curl_off_t announced = amount(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
    if (announced >= 0 && static_cast<std::size_t>(announced) == body.size()) return true;
    stop_ = Stop::body_full;
    return false;
}

HopFacts HttpHop::gather(const TransferResult& result) const {
    HopFacts facts;
    facts.code = result.code;
    facts.cancelled = result.cancelled;
    facts.stopped_for_headers = stop_ == Stop::headers_too_large;
    if (unusable_ca_file_) facts.unusable_ca_file = request_.target->tls.ca_file;
    facts.os_errno = number(easy_, CURLINFO_OS_ERRNO);
    facts.socket_errno = result.watch_errno != 0 ? result.watch_errno : socket_errno_;
    facts.secure = request_.url.secure();
    facts.proxied = request_.proxy.has_value();
    // libcurl reports its times only once TLS stands too.
    facts.connected = !remote_address.empty();
    facts.tls_started = tls_observer_.started();
    facts.handshaken = amount(easy_, CURLINFO_APPCONNECT_TIME_T) != 0;
    facts.request_sent =
        amount(easy_, CURLINFO_PRETRANSFER_TIME_T) != 0 &&
        amount(easy_, CURLINFO_SIZE_UPLOAD_T) >= static_cast<curl_off_t>(upload_size_);
    facts.headers_complete = headers_complete_;
    facts.proxy_status = number(easy_, CURLINFO_HTTP_CONNECTCODE);
    facts.certificate = tls_observer_.refusal();
    facts.alert = tls_observer_.alert();
    facts.message = message_.data();
    return facts;
}

void HttpHop::judge(const TransferResult& result, Duration elapsed) {
    const char* address = nullptr;
    ::curl_easy_getinfo(easy_, CURLINFO_PRIMARY_IP, &address);
    if (address != nullptr) remote_address = address;
    tls = tls_observer_.summary();

    const bool stopped_well = stop_ == Stop::redirect || stop_ == Stop::body_full;
    const bool good = stopped_well || (result.code == CURLE_OK && headers_complete_);
    if (!good) failure = classify(gather(result));
    measure(elapsed);
}

/// Splits the elapsed time by phases. A phase that was not finished has all that was left.
void HttpHop::measure(Duration elapsed) {
    const Duration none{};
    const Duration handshaken = microseconds(easy_, CURLINFO_APPCONNECT_TIME_T);
    const Duration sending = microseconds(easy_, CURLINFO_PRETRANSFER_TIME_T);
    const Duration answered = microseconds(easy_, CURLINFO_STARTTRANSFER_TIME_T);
    Duration connected = microseconds(easy_, CURLINFO_CONNECT_TIME_T);
    if (connected == none && tls_observer_.started()) connected = tls_started_ - started_;
    timings.total = elapsed;
    timings.connect = connected != none ? connected : elapsed;
    if (connected == none) return;
    if (tls_observer_.started()) {
        timings.tls = not_negative((handshaken != none ? handshaken : elapsed) - connected);
        if (handshaken == none) return;
    }
    if (sending == none) return;
    timings.ttfb = not_negative((answered != none ? answered : elapsed) - sending);
    if (answered != none) timings.transfer = not_negative(elapsed - answered);
}

}  // namespace vigia
