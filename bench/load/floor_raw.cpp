// The floor: one GET over a fresh connection per check, raw non-blocking sockets and epoll, reading
// to the end of the connection. What a check costs when nothing but the kernel is paid for.
//
// usage: bench_floor_raw PORT CHECKS CONCURRENCY PER_SECOND(0 = flat out)

#include "bench/load/sockets.hpp"

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace {

const std::string kRequest =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: ServiceMonitor/1.0\r\n"
    "Accept: */*\r\nConnection: close\r\n\r\n";

class Loop {
public:
    explicit Loop(std::uint16_t port)
        : address_(bench::loopback(port)), epoll_(::epoll_create1(0)) {
        bench::need(epoll_ >= 0, "epoll_create1");
    }

    void start() {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        bench::need(fd >= 0, "socket");
        ::connect(fd, bench::generic(address_), sizeof address_);
        bench::watch(epoll_, EPOLL_CTL_ADD, fd, EPOLLOUT);
        ++open_;
    }

    void turn(int timeout_ms) {
        const int n =
            ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
        for (int i = 0; i < n; ++i) {
            const epoll_event& event = events_[static_cast<std::size_t>(i)];
            if ((event.events & EPOLLOUT) != 0) {
                send(event.data.fd);
            } else {
                receive(event.data.fd);
            }
        }
    }

    std::uint64_t done() const { return done_; }
    std::uint64_t open() const { return open_; }

private:
    void send(int fd) {
        bench::need(::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) ==
                        static_cast<ssize_t>(kRequest.size()),
                    "send");
        bench::watch(epoll_, EPOLL_CTL_MOD, fd, EPOLLIN);
    }

    void receive(int fd) {
        for (;;) {
            const ssize_t n = ::recv(fd, buffer_.data(), buffer_.size(), 0);
            if (n > 0) continue;
            if (n < 0 && errno == EAGAIN) return;
            ::close(fd);
            ++done_;
            --open_;
            return;
        }
    }

    sockaddr_in address_;
    int epoll_;
    std::array<epoll_event, 256> events_{};
    std::array<char, 16384> buffer_{};
    std::uint64_t done_ = 0;
    std::uint64_t open_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    Loop loop(static_cast<std::uint16_t>(std::stoi(argv[1])));
    const std::uint64_t checks = std::stoull(argv[2]);
    const std::uint64_t concurrency = std::stoull(argv[3]);
    const bench::Pace pace(std::stod(argv[4]));
    const double wall = bench::wall_seconds();
    std::uint64_t started = 0;
    while (loop.done() < checks) {
        const std::uint64_t allowed = std::min(pace.allowed(), checks);
        while (started < allowed && loop.open() < concurrency) {
            loop.start();
            ++started;
        }
        loop.turn(started < checks ? pace.wait_ms(started) : -1);
    }
    bench::report(loop.done(), bench::wall_seconds() - wall, bench::cpu_seconds());
}
