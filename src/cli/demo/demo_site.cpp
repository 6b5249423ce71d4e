#include "cli/demo/demo_site.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <ctime>
#include <fmt/format.h>

namespace vigia {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t kMaxHead = 8'192;

/// `Thu, 19 Dec 2024 10:15:23 GMT` (RFC 9110, IMF-fixdate), whatever the locale.
std::string http_date(WallTime time) {
    constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds =
        std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    constexpr int kFirstYear = 1900;
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                       kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                       kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + kFirstYear,
                       utc.tm_hour, utc.tm_min, utc.tm_sec);
}

struct RequestLine {
    std::string_view method;
    bool good = false;
};

RequestLine read_request_line(std::string_view head) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    RequestLine request;
    if (first == std::string_view::npos || last <= first + 1) return request;
    request.method = line.substr(0, first);
    request.good = !request.method.empty() && line.substr(last + 1).starts_with("HTTP/1.");
    return request;
}

}  // namespace

bool in_demo_outage(Duration since_start) {
    if (since_start < kDemoOutageStart) return false;
    return (since_start - kDemoOutageStart) % kDemoOutagePeriod < kDemoOutageLength;
}

std::string http_answer(std::string_view request_head, bool out_of_order, WallTime now) {
    const RequestLine request = read_request_line(request_head);
    const bool is_head = request.method == "HEAD";
    std::string_view status = "200 OK";
    std::string_view more;
    if (!request.good) {
        status = "400 Bad Request";
    } else if (!is_head && request.method != "GET") {
        status = "405 Method Not Allowed";
        more = "Allow: GET, HEAD\r\n";
    } else if (out_of_order) {
        status = "503 Service Unavailable";
    }
    const std::string body = fmt::format(
        "<!doctype html>\n<title>vigia demo</title>\n<h1>{}</h1>\n<p>A site of the demo.</p>\n",
        status);
    return fmt::format(
        "HTTP/1.1 {}\r\nDate: {}\r\nContent-Type: text/html; charset=utf-8\r\n"
        "Content-Length: {}\r\n{}Connection: close\r\n\r\n{}",
        status, http_date(now), body.size(), more, is_head ? "" : body);
}

DemoSite::DemoSite(asio::any_io_executor executor, Clock& clock, DemoSiteManner manner)
    : clock_(clock),
      manner_(manner),
      server_(std::move(executor), clock, [this](auto& socket) { return serve(socket); }) {}

std::string DemoSite::url() const {
    return fmt::format("http://127.0.0.1:{}/", server_.port());
}

void DemoSite::start() {
    started_ = clock_.now().mono;
    server_.start();
}

asio::awaitable<void> DemoSite::serve(tcp::socket& socket) {
    std::string request;
    auto buffer = asio::dynamic_buffer(request, kMaxHead);
    const std::size_t head =
        co_await asio::async_read_until(socket, buffer, "\r\n\r\n", asio::use_awaitable);
    if (manner_.delay > Duration::zero()) {
        const bool slept = co_await clock_.sleep_until(clock_.now().mono + manner_.delay);
        if (!slept) co_return;
    }
    const Now now = clock_.now();
    const bool out = manner_.has_outages && in_demo_outage(now.mono - started_);
    const std::string answer =
        http_answer(std::string_view(request).substr(0, head), out, now.wall);
    co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
    // Closing with unread bytes would reset the connection under the answer: wait for the other
    // end.
    socket.shutdown(tcp::socket::shutdown_send);
    std::array<char, 512> rest{};
    co_await socket.async_read_some(asio::buffer(rest), asio::use_awaitable);
}

}  // namespace vigia
