#pragma once

#include "env/canaries.hpp"
#include "sim/sim_clock.hpp"
#include "sim/sim_http.hpp"

#include <boost/asio/awaitable.hpp>
#include <vector>

namespace vigia::sim {

/// The canaries of a Network: a gateway and a name server beyond it. They answer at once, or as the
/// machine's trouble lets them. Everything that it refers to outlives it.
class SimCanaries final : public Canaries {
public:
    SimCanaries(SimClock& clock, const Network& network) : clock_(clock), network_(network) {}

    std::vector<Canary> of_the_system() override {
        return {{Canary::Kind::gateway, "192.0.2.1"}, {Canary::Kind::resolver, "192.0.2.53:53"}};
    }

    boost::asio::awaitable<CanaryAnswer> ask(Canary canary, MonoTime deadline) override {
        const auto* const own = network_.own_faults().at(clock_.moment().elapsed);
        if (own == nullptr) co_return CanaryAnswer::alive;
        switch (own->fault) {
            case OwnFault::no_descriptors:
                co_return CanaryAnswer::not_asked;
            case OwnFault::network_unreachable:
                co_return CanaryAnswer::silent;
            case OwnFault::resolver_dead:
                co_return canary.kind == Canary::Kind::gateway ? CanaryAnswer::alive
                                                               : CanaryAnswer::silent;
            case OwnFault::uplink_cut:
                break;
        }
        // What was sent is lost, even if the way comes back before the time is up.
        co_await clock_.sleep_until(deadline);
        co_return CanaryAnswer::silent;
    }

private:
    SimClock& clock_;
    const Network& network_;
};

}  // namespace vigia::sim
