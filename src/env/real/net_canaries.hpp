#pragma once

#include "env/canaries.hpp"
#include "env/clock.hpp"
#include "env/real/resolver.hpp"
#include "env/real/socket_watch.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

namespace vigia {

/// Where the system tells of its way out; tests put their own files there.
struct CanaryOptions {
    std::string servers;  ///< name servers in place of the system's: "192.0.2.53:5353,…"
    std::string ipv4_routes = "/proc/net/route";
    std::string ipv6_routes = "/proc/net/ipv6_route";
    std::string resolver_file = "/etc/resolv.conf";
};

/// Canaries on the real network, without privileges. A gateway is asked by an ICMP echo where ping
/// sockets are allowed, and by TCP to ports that gateways have: accepted or refused, it lives. A
/// name server is asked for the root's name servers; any answer counts but SERVFAIL, which is what
/// a forwarder says without its own way out. A host: TCP, accepted or refused. One per shard; one
/// thread; the references must outlive it.
class NetCanaries final : public Canaries {
public:
    NetCanaries(boost::asio::io_context& context, Clock& clock, Resolver& resolver,
                CanaryOptions options);

    std::vector<Canary> of_the_system() override;
    boost::asio::awaitable<CanaryAnswer> ask(Canary canary, MonoTime deadline) override;

private:
    struct Place {
        boost::asio::ip::address address;
        std::uint16_t port = 0;
    };
    class Knock;

    boost::asio::awaitable<CanaryAnswer> ask_host(std::string address, MonoTime deadline);
    boost::asio::awaitable<CanaryAnswer> listen(std::vector<Knock> knocks, MonoTime deadline);

    SocketWatches watches_;
    Resolver& resolver_;
    CanaryOptions options_;
};

}  // namespace vigia
