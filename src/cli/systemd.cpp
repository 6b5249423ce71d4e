#include "cli/systemd.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace vigia {

namespace {

std::optional<std::int64_t> positive_number(std::string_view text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || number <= 0) return std::nullopt;
    return number;
}

std::optional<Duration> patience_of(const SystemdEnvironment& environment) {
    constexpr std::int64_t kLongestUs = 365LL * 24 * 3600 * 1'000'000;
    const bool ours = environment.watchdog_pid.empty() ||
                      positive_number(environment.watchdog_pid) == std::int64_t{::getpid()};
    const auto us = positive_number(environment.watchdog_usec);
    if (!ours || !us) return std::nullopt;
    return std::chrono::microseconds(std::min(*us, kLongestUs));
}

/// The clock that the protocol asks for, which is not that of our intervals.
std::int64_t monotonic_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);  // tidy: allow(banned-call) the protocol's own clock
    constexpr std::int64_t kMicro = 1'000'000;
    constexpr std::int64_t kNanosPerMicro = 1'000;
    return std::int64_t{now.tv_sec} * kMicro + std::int64_t{now.tv_nsec} / kNanosPerMicro;
}

}  // namespace

Systemd::Systemd(const SystemdEnvironment& environment) : address_(environment.notify_socket) {
    const bool usable = address_.size() > 1 && address_.size() <= sizeof(sockaddr_un::sun_path) &&
                        (address_.front() == '/' || address_.front() == '@');
    if (!usable) return;
    if (address_.front() == '@') address_.front() = '\0';
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ >= 0) patience_ = patience_of(environment);
}

Systemd::~Systemd() {
    if (socket_ >= 0) ::close(socket_);
}

void Systemd::ready() {
    tell("READY=1");
}

void Systemd::reloading() {
    tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()));
}

void Systemd::stopping() {
    tell("STOPPING=1");
}

void Systemd::alive() {
    tell("WATCHDOG=1");
}

void Systemd::tell(std::string_view message) const {
    if (socket_ < 0) return;
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    address_.copy(to.sun_path, sizeof to.sun_path);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    ::sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace vigia
