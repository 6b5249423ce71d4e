#pragma once

#include "base/time.hpp"
#include "core/uplink.hpp"

#include <boost/asio/awaitable.hpp>
#include <vector>

namespace vigia {

/// Port: the canaries of core/uplink. Called on the shard's thread. Implementations: env/real, sim.
class Canaries {
public:
    virtual ~Canaries() = default;

    /// Those that the system has now: its default gateways and its name servers, but for what is on
    /// this machine. A cable that is pulled takes them away: the caller remembers.
    virtual std::vector<Canary> of_the_system() = 0;

    /// Asks one; always over by `deadline`, soon after a cancellation (with any answer). What comes
    /// back must answer what was sent in this call.
    virtual boost::asio::awaitable<CanaryAnswer> ask(Canary canary, MonoTime deadline) = 0;
};

}  // namespace vigia
