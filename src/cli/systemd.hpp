#pragma once

#include "cli/supervisor.hpp"

#include <string>
#include <string_view>

namespace vigia {

/// What systemd has put into the environment of a service.
struct SystemdEnvironment {
    std::string notify_socket;  ///< NOTIFY_SOCKET: a path, or `@` and an abstract name
    std::string watchdog_usec;  ///< WATCHDOG_USEC
    std::string watchdog_pid;   ///< WATCHDOG_PID: whom it is meant for; empty: anybody
};

/// systemd's notification protocol (sd_notify(3)): one datagram for each message. Without a socket,
/// or with one that cannot be used, nothing is said. One per process; owns its descriptor.
class Systemd final : public Supervisor {
public:
    explicit Systemd(const SystemdEnvironment& environment);
    ~Systemd() override;
    Systemd(const Systemd&) = delete;
    Systemd& operator=(const Systemd&) = delete;

    void ready() override;
    void reloading() override;
    void stopping() override;
    void alive() override;
    std::optional<Duration> patience() const override { return patience_; }

private:
    void tell(std::string_view message) const;

    int socket_ = -1;
    std::string address_;  ///< as the kernel wants it: an abstract name begins with NUL
    std::optional<Duration> patience_;
};

}  // namespace vigia
