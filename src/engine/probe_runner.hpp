#pragma once

#include "core/monitor.hpp"
#include "core/probe_result.hpp"
#include "engine/event_log.hpp"
#include "engine/semaphore.hpp"
#include "engine/stall_watch.hpp"
#include "engine/uplink_watch.hpp"
#include "env/env.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>

namespace vigia {

/// Makes checks: up to `retry_attempts` probes, `retry_delay` apart, each with its own deadline and
/// inside the limits of what may be in flight. One per shard; outlives its checks.
class ProbeRunner {
public:
    struct Counters {
        std::uint64_t probes = 0;
        std::uint64_t own_lateness = 0;  ///< time-outs that were our own fault
        std::size_t in_flight = 0;
    };

    /// `max_in_flight` bounds the probes in flight over all endpoints. Without `uplink`, which must
    /// outlive it, a failure is never put down to our own network.
    // tidy: allow(size-parameters) wiring: each is a part that it works with
    ProbeRunner(boost::asio::any_io_executor executor, Env& env, EventLog& events,
                const StallWatch& stalls, std::size_t max_in_flight, UplinkWatch* uplink = nullptr);

    /// One check. `endpoint` bounds what is in flight to the same endpoint and must outlive the
    /// check. Waiting for room counts neither against the probe's deadline nor against the target.
    /// Throws operation_aborted when cancelled; anything that the target does is in the result.
    boost::asio::awaitable<CheckResult> check(MonitorPtr monitor, Semaphore& endpoint);

    const Counters& counters() const { return counters_; }

private:
    Duration lateness(MonoTime started, MonoTime deadline) const;
    boost::asio::awaitable<ProbeResult> attempt(MonitorPtr monitor, Semaphore& endpoint);

    Env& env_;
    EventLog& events_;
    const StallWatch& stalls_;
    UplinkWatch* uplink_;
    Semaphore room_;
    Counters counters_;
};

}  // namespace vigia
