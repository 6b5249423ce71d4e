#include "cli/systemd.hpp"

#include "tests/support/temporary_directory.hpp"

#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace vigia {
namespace {

using testing::MatchesRegex;

/// The other end: a socket of a service manager.
class Listener {
public:
    explicit Listener(std::string address) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
        if (address.front() == '@') address.front() = '\0';
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        address.copy(at.sun_path, sizeof at.sun_path);
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&at), size), 0);
    }
    ~Listener() { ::close(socket_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// The next message, "" for none.
    std::string next() {
        std::array<char, 256> room{};
        const ssize_t n = ::recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
        return n > 0 ? std::string(room.data(), static_cast<std::size_t>(n)) : std::string();
    }

private:
    int socket_;
};

SystemdEnvironment service(const std::string& socket) {
    return {socket, "20000000", fmt::format("{}", ::getpid())};
}

TEST(Systemd, IsToldInDatagramsByNameOrByAbstractName) {
    const test::TemporaryDirectory directory;
    for (const std::string& address :
         {directory.file("notify"), fmt::format("@vigia-test-{}", ::getpid())}) {
        Listener listener(address);
        Systemd systemd(service(address));
        systemd.ready();
        EXPECT_EQ(listener.next(), "READY=1");
        systemd.reloading();
        EXPECT_THAT(listener.next(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
        systemd.alive();
        EXPECT_EQ(listener.next(), "WATCHDOG=1");
        systemd.stopping();
        EXPECT_EQ(listener.next(), "STOPPING=1");
        EXPECT_EQ(systemd.patience(), std::chrono::seconds(20));
    }
}

TEST(Systemd, AManagerThatDoesNotListenHoldsNothingUp) {
    const test::TemporaryDirectory directory;
    const std::string address = directory.file("notify");
    {
        Systemd gone(service(address));
        gone.ready();
    }
    Listener listener(address);
    Systemd systemd(service(address));
    for (int i = 0; i < 10'000; ++i) systemd.alive();  // more than any queue takes
    EXPECT_EQ(listener.next(), "WATCHDOG=1");
}

TEST(Systemd, WithoutASocketThereIsNobodyToTell) {
    for (const std::string& address :
         {std::string(), std::string("relative"), std::string("@"), "/" + std::string(200, 'x')}) {
        Systemd systemd(service(address));
        systemd.ready();
        EXPECT_EQ(systemd.patience(), std::nullopt) << address;
    }
}

TEST(Systemd, AWatchdogThatIsNotMeantForUsIsNone) {
    const test::TemporaryDirectory directory;
    const std::string address = directory.file("notify");
    const std::string us = fmt::format("{}", ::getpid());
    const struct {
        const char* usec;
        std::string pid;
        std::optional<Duration> patience;
    } rows[] = {
        {"3000000", us, std::chrono::seconds(3)},
        {"3000000", "", std::chrono::seconds(3)},
        {"3000000", "1", std::nullopt},
        {"", us, std::nullopt},
        {"0", us, std::nullopt},
        {"-5", us, std::nullopt},
        {"3s", us, std::nullopt},
        {"3000000", "x", std::nullopt},
        {"9223372036854775807", us, std::chrono::days(365)},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(Systemd({address, row.usec, row.pid}).patience(), row.patience)
            << row.usec << " " << row.pid;
    }
}

}  // namespace
}  // namespace vigia
