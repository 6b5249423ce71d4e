#pragma once

#include "base/ids.hpp"
#include "base/rng.hpp"
#include "env/http_client.hpp"
#include "sim/observer.hpp"
#include "sim/script.hpp"
#include "sim/sim_clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace vigia::sim {

/// The outside as probes see it: every target with its timeline, and the machine's own trouble.
/// Outlives the processes that look at it.
class Network {
public:
    struct Place {
        MonitorId monitor;
        Timeline timeline;
    };

    /// Puts a target at `url`, or says whose it is from now on.
    void put(const std::string& url, MonitorId monitor, Timeline timeline);
    void set_own_faults(FaultPlan<OwnFault> faults) { own_faults_ = std::move(faults); }

    /// Nothing where there is no such target.
    const Place* find(const std::string& url) const;
    const FaultPlan<OwnFault>& own_faults() const { return own_faults_; }
    /// True while no canary beyond the gateway can answer.
    bool blind_at(Duration at) const;
    /// The uplink's cut that holds some of [from, to], if there is one.
    std::optional<Window> cut_within(Duration from, Duration to) const;

private:
    std::unordered_map<std::string, Place> places_;
    FaultPlan<OwnFault> own_faults_;
};

/// HttpClient over a Network: answers come after a plausible time, a fetch ends by its deadline,
/// and a process that was frozen meanwhile finds its deadline passed. Tells the observer what each
/// probe saw. One process's; everything that it refers to outlives it.
class SimHttp final : public HttpClient {
public:
    SimHttp(SimClock& clock, const Network& network, Rng& rng, Observer& observer)
        : clock_(clock), network_(network), rng_(rng), observer_(observer) {}

    boost::asio::awaitable<HttpExchange> fetch(HttpFetch request) override;

    /// The process is gone: nothing that still unwinds is seen outside.
    void sever() { severed_ = true; }

    std::size_t in_flight() const { return in_flight_; }
    std::uint64_t fetches() const { return fetches_; }

private:
    /// What will come of a fetch if the process lives to see it.
    struct Plan {
        MonitorId monitor;
        Duration takes{};  ///< more than there is until the deadline: it times out
        Phase hangs_in = Phase::first_byte;
        HttpExchange exchange;
        Sight sight = Sight::good;
        Sight timed_out = Sight::failed;
    };
    class Scope;

    Plan plan(const HttpFetch& request);
    void answer(Plan& plan, Behaviour behaviour, Duration left);
    void suffer_cut(Plan& plan, const Window& cut);
    HttpExchange timed_out(Phase phase, Duration after) const;

    SimClock& clock_;
    const Network& network_;
    Rng& rng_;
    Observer& observer_;
    bool severed_ = false;
    std::size_t in_flight_ = 0;
    std::uint64_t fetches_ = 0;
};

}  // namespace vigia::sim
