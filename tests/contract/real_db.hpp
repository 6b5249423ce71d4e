#pragma once

#include "env/real/asio_clock.hpp"
#include "env/real/resolver.hpp"
#include "tests/contract/db_world.hpp"
#include "tests/support/dns_server.hpp"
#include "tests/support/run_awaitable.hpp"
#include "tests/support/tcp_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vigia::test {

/// A loop with a DNS server and scripted servers beside a DbClient. The worlds of real servers
/// derive from it; what is left to them: the client, the target that answers, the dialect, and the
/// look at the server.
class RealDbWorld : public DbServerWorld {
public:
    DbTarget target(DbPlace place) override;
    MonoTime now() const override { return clock.now().mono; }
    DbAnswer ask(DbRequest request) override;
    DbAnswer ask_cancelled(DbRequest request) override;
    std::vector<DbAnswer> ask_all(std::vector<DbRequest> requests) override;
    DbAnswer ask_cancelled_when(DbRequest request, std::function<bool()> when) override;
    bool within(Duration limit, std::function<bool()> condition) override;

    /// Asks `target`, with so much time.
    DbAnswer ask(DbTarget target, Duration within = std::chrono::seconds(20));

    /// A server that does this with every connection; returns its port.
    std::uint16_t serve(Script script) {
        return servers_.emplace_back(io, std::move(script)).port();
    }

    virtual DbClient& client() = 0;
    /// The database behind DbPlace::answers: plain, with a password.
    virtual DbTarget good() = 0;

    boost::asio::io_context io{1};
    AsioClock clock{io};
    DnsServer dns{io};
    Resolver resolver{io, clock, resolver_options()};

private:
    ResolverOptions resolver_options() const {
        ResolverOptions options;
        options.servers = dns.servers();
        options.try_timeout = std::chrono::milliseconds(200);
        return options;
    }

    std::list<ScriptedServer> servers_;
};

/// "phase code", or "good", for comparisons that say what is wrong.
std::string brief(const DbAnswer& answer);

}  // namespace vigia::test
