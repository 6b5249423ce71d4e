// NetCanaries on loopback: who answers, who refuses, who is silent.

#include "env/real/net_canaries.hpp"

#include "env/real/asio_clock.hpp"
#include "tests/support/dns_server.hpp"
#include "tests/support/run_awaitable.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/without_descriptors.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
using Kind = Canary::Kind;

class NetCanariesTest : public ::testing::Test {
protected:
    NetCanariesTest() {
        ResolverOptions names;
        names.servers = dns_.servers();
        resolver_.emplace(io_, clock_, names);
        make({});
    }
    void make(CanaryOptions options) {
        canaries_.emplace(io_, clock_, *resolver_, std::move(options));
    }
    CanaryAnswer ask(Kind kind, std::string address, Duration within = 5s) {
        Canary canary{kind, std::move(address)};
        return run(io_, canaries_->ask(std::move(canary), clock_.now().mono + within));
    }
    std::string file(const std::string& name, const std::string& text) {
        directory_.write(name, text);
        return directory_.file(name);
    }
    /// A port of 127.0.0.1 that nobody listens on.
    std::string closed_port() {
        tcp::acceptor acceptor(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        return fmt::format("127.0.0.1:{}", acceptor.local_endpoint().port());
    }

    TemporaryDirectory directory_;
    asio::io_context io_{1};
    AsioClock clock_{io_};
    DnsServer dns_{io_};
    std::optional<Resolver> resolver_;
    std::optional<NetCanaries> canaries_;
};

TEST_F(NetCanariesTest, AHostLivesIfItAcceptsOrRefuses) {
    tcp::acceptor listening(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const auto port = listening.local_endpoint().port();
    EXPECT_EQ(ask(Kind::host, fmt::format("127.0.0.1:{}", port)), CanaryAnswer::alive);
    EXPECT_EQ(ask(Kind::host, closed_port()), CanaryAnswer::alive);
    dns_.address("canary.test", "127.0.0.1");
    EXPECT_EQ(ask(Kind::host, fmt::format("canary.test:{}", port)), CanaryAnswer::alive);
}

TEST_F(NetCanariesTest, AHostWithoutANameOrAnAnswerIsSilent) {
    EXPECT_EQ(ask(Kind::host, "nobody.test:80"), CanaryAnswer::silent);
    // A listener whose queue is full lets connections hang.
    tcp::acceptor full(io_, tcp::v4());
    full.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    full.listen(0);
    tcp::socket first(io_);
    first.connect(full.local_endpoint());
    const auto port = full.local_endpoint().port();
    const MonoTime begun = clock_.now().mono;
    EXPECT_EQ(ask(Kind::host, fmt::format("127.0.0.1:{}", port), 100ms), CanaryAnswer::silent);
    EXPECT_GE(clock_.now().mono - begun, 100ms);
}

TEST_F(NetCanariesTest, ANameServerLivesIfItSaysAnythingButThatItFailed) {
    EXPECT_EQ(ask(Kind::resolver, dns_.servers()), CanaryAnswer::alive);
    dns_.answer("", DnsServer::Answer::refused);
    EXPECT_EQ(ask(Kind::resolver, dns_.servers()), CanaryAnswer::alive);
    dns_.answer("", DnsServer::Answer::servfail);
    EXPECT_EQ(ask(Kind::resolver, dns_.servers(), 100ms), CanaryAnswer::silent);
    dns_.set_dead(true);
    EXPECT_EQ(ask(Kind::resolver, dns_.servers(), 100ms), CanaryAnswer::silent);
}

TEST_F(NetCanariesTest, AGatewayLivesIfItRefuses) {
    EXPECT_EQ(ask(Kind::gateway, "127.0.0.1"), CanaryAnswer::alive);
    EXPECT_EQ(ask(Kind::gateway, "::1"), CanaryAnswer::alive);
}

TEST_F(NetCanariesTest, WithoutDescriptorsNobodyIsAsked) {
    const auto ask_without = [this](Kind kind, const std::string& address) {
        // With them it is; and the sanitizers have seen every type while they had theirs.
        EXPECT_NE(ask(kind, address), CanaryAnswer::not_asked);
        return without_descriptors([&] { return ask(kind, address); });
    };
    EXPECT_EQ(ask_without(Kind::gateway, "127.0.0.1"), CanaryAnswer::not_asked);
    EXPECT_EQ(ask_without(Kind::resolver, dns_.servers()), CanaryAnswer::not_asked);
    EXPECT_EQ(ask_without(Kind::host, "127.0.0.1:80"), CanaryAnswer::not_asked);
}

TEST_F(NetCanariesTest, OfTheSystemAreGatewaysAndNameServersThatAreNotHere) {
    CanaryOptions options;
    options.ipv4_routes = file("route",
                               "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU\n"
                               "eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n");
    options.ipv6_routes = "/does/not/exist";
    options.resolver_file = file("resolv.conf",
                                 "nameserver 127.0.0.53\nnameserver ::1\n"
                                 "nameserver 192.0.2.53\n");
    make(options);
    EXPECT_EQ(canaries_->of_the_system(),
              (std::vector<Canary>{{Kind::gateway, "192.0.2.1"}, {Kind::resolver, "192.0.2.53"}}));
    options.servers = "198.51.100.1:5353,127.0.0.1:53,[2001:db8::53]:53";
    make(options);
    EXPECT_EQ(canaries_->of_the_system(),
              (std::vector<Canary>{{Kind::gateway, "192.0.2.1"},
                                   {Kind::resolver, "198.51.100.1:5353"},
                                   {Kind::resolver, "[2001:db8::53]:53"}}));
}

}  // namespace
}  // namespace vigia::test
