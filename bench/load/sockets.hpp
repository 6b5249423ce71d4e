#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/// What the load programs share: loopback sockets, an epoll instance, CPU and wall time. Any
/// failure ends the program: a benchmark has nothing to recover.
namespace bench {

inline void need(bool ok, const char* what) {
    if (ok) return;
    std::perror(what);
    std::exit(1);
}

inline double seconds(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
inline double wall_seconds() {
    return seconds(CLOCK_MONOTONIC);
}
inline double cpu_seconds() {
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// The C API takes every kind of address through one pointer type.
inline const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

inline void watch(int epoll, int operation, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    need(::epoll_ctl(epoll, operation, fd, &event) == 0, "epoll_ctl");
}

/// Prints one result line that bench/run.py reads.
inline void report(std::uint64_t checks, double wall, double cpu) {
    std::printf("{\"checks\": %llu, \"wall_seconds\": %.4f, \"cpu_seconds\": %.4f}\n",
                static_cast<unsigned long long>(checks), wall, cpu);
}

/// A token bucket without bursts: how many checks may have been started by now.
class Pace {
public:
    /// `per_second` 0: as fast as possible.
    explicit Pace(double per_second) : per_second_(per_second), start_(wall_seconds()) {}

    std::uint64_t allowed() const {
        if (per_second_ <= 0) return UINT64_MAX;
        return static_cast<std::uint64_t>((wall_seconds() - start_) * per_second_) + 1;
    }
    /// Milliseconds until one more than `started` is allowed.
    int wait_ms(std::uint64_t started) const {
        if (per_second_ <= 0) return -1;
        const double due = start_ + static_cast<double>(started) / per_second_;
        const double wait = due - wall_seconds();
        return wait <= 0 ? 0 : static_cast<int>(wait * 1000) + 1;
    }

private:
    double per_second_;
    double start_;
};

}  // namespace bench
