// The loopback target of the whole-process benchmark: answers every GET with a small 200, except
// that paths that begin with /hang are never answered, and keeps when each path was asked.
//
// usage: bench_target INTERVAL_SECONDS    (prints its port, then serves until SIGTERM)
// GET /stats answers what it saw since the start or the last GET /reset, as JSON: requests,
// requests per second of the first interval (bunching), and |gap − interval| percentiles over all
// paths, in ms.

#include "bench/load/sockets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

class Arrivals {
public:
    explicit Arrivals(double interval) : interval_(interval) { reset(); }

    void reset() {
        start_ = bench::wall_seconds();
        last_.clear();
        deviations_.clear();
        per_second_.clear();
        requests_ = 0;
    }

    void seen(const std::string& path) {
        const double now = bench::wall_seconds();
        ++requests_;
        const auto second = static_cast<std::size_t>(now - start_);
        if (second < 600) {
            if (per_second_.size() <= second) per_second_.resize(second + 1);
            ++per_second_[second];
        }
        const auto [it, first] = last_.try_emplace(path, now);
        if (first) return;
        deviations_.push_back(std::abs(now - it->second - interval_));
        it->second = now;
    }

    std::string json() {
        std::ranges::sort(deviations_);
        const auto at = [&](double p) {
            if (deviations_.empty()) return 0.0;
            const auto i = static_cast<std::size_t>(p * static_cast<double>(deviations_.size()));
            return 1000 * deviations_[std::min(i, deviations_.size() - 1)];
        };
        std::string seconds;
        for (const std::uint64_t n : per_second_) {
            seconds += (seconds.empty() ? "" : ", ") + std::to_string(n);
        }
        return "{\"requests\": " + std::to_string(requests_) +
               ", \"paths\": " + std::to_string(last_.size()) +
               ", \"gaps\": " + std::to_string(deviations_.size()) +
               ", \"deviation_ms\": {\"p50\": " + std::to_string(at(0.5)) +
               ", \"p99\": " + std::to_string(at(0.99)) + ", \"max\": " + std::to_string(at(1)) +
               "}, \"per_second\": [" + seconds + "]}\n";
    }

private:
    double interval_;
    double start_ = 0;
    std::uint64_t requests_ = 0;
    std::unordered_map<std::string, double> last_;
    std::vector<double> deviations_;
    std::vector<std::uint64_t> per_second_;
};

class Server {
public:
    explicit Server(double interval) : arrivals_(interval), epoll_(::epoll_create1(0)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_in address = bench::loopback(0);
        bench::need(::bind(listener_, bench::generic(address), sizeof address) == 0, "bind");
        bench::need(::listen(listener_, 4096) == 0, "listen");
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
        std::fflush(stdout);
        bench::watch(epoll_, EPOLL_CTL_ADD, listener_, EPOLLIN);
    }

    void run(const volatile std::sig_atomic_t& stop) {
        std::array<epoll_event, 256> events{};
        while (stop == 0) {
            const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < n; ++i) {
                const int fd = events[static_cast<std::size_t>(i)].data.fd;
                if (fd == listener_) {
                    accept_all();
                } else {
                    serve(fd);
                }
            }
        }
    }

private:
    void accept_all() {
        for (;;) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) return;
            bench::watch(epoll_, EPOLL_CTL_ADD, fd, EPOLLIN);
        }
    }

    void serve(int fd) {
        std::array<char, 8192> buffer{};
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n <= 0) {
            ::close(fd);
            return;
        }
        const std::string_view request(buffer.data(), static_cast<std::size_t>(n));
        const std::size_t start = request.find(' ') + 1;
        const std::string path(request.substr(start, request.find(' ', start) - start));
        if (path.starts_with("/hang")) return;
        if (path == "/stats") {
            answer(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + arrivals_.json());
        } else if (path == "/reset") {
            arrivals_.reset();
            answer(fd, kAnswer);
        } else {
            arrivals_.seen(path);
            answer(fd, kAnswer);
        }
    }

    static void answer(int fd, std::string_view text) {
        if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) std::perror("send");
        ::close(fd);
    }

    Arrivals arrivals_;
    int epoll_;
    int listener_ = -1;
};

// tidy: allow(global) a signal handler reaches nothing else
volatile std::sig_atomic_t stop_requested = 0;

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    struct sigaction action {};
    action.sa_handler = [](int) { stop_requested = 1; };
    ::sigaction(SIGTERM, &action, nullptr);
    Server server(std::stod(argv[1]));
    server.run(stop_requested);
}
