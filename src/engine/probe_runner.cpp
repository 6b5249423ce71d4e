#include "engine/probe_runner.hpp"

#include "probe/prober.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// A failure that our own standing still can have caused: the target did not get its time, or did
/// not get our bytes. An answer that came is an answer.
bool may_be_our_lateness(const ProbeResult& result) {
    switch (result.reason.code) {
        case ReasonCode::timeout:
        case ReasonCode::connection_reset:
        case ReasonCode::connection_closed:
        case ReasonCode::host_unreachable:
        case ReasonCode::proxy_failure:
        case ReasonCode::protocol_error:
        case ReasonCode::body_truncated:
        case ReasonCode::tls_failure:
            return result.outcome == Outcome::down;
        default:
            return false;
    }
}

struct InFlight {
    explicit InFlight(std::size_t& count) : count_(count) { ++count_; }
    ~InFlight() { --count_; }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

private:
    std::size_t& count_;
};

}  // namespace

// tidy: allow(size-parameters) wiring: each is a part that it works with
ProbeRunner::ProbeRunner(asio::any_io_executor executor, Env& env, EventLog& events,
                         const StallWatch& stalls, std::size_t max_in_flight, UplinkWatch* uplink)
    : env_(env),
      events_(events),
      stalls_(stalls),
      uplink_(uplink),
      room_(std::move(executor), max_in_flight) {}

asio::awaitable<CheckResult> ProbeRunner::check(MonitorPtr monitor, Semaphore& endpoint) {
    CheckResult check;
    check.started = env_.clock.now();
    events_.checking(*monitor);
    const int attempts = std::max(1, monitor->policy.retry_attempts);
    for (int attempt_number = 1;; ++attempt_number) {
        ProbeResult result = co_await attempt(monitor, endpoint);
        check.attempts = attempt_number;
        check.finished = env_.clock.now();  // whether it was our uplink may take longer to find out
        if (uplink_ != nullptr) {
            const bool judged = co_await uplink_->judge(monitor, result);
            if (!judged) throw boost::system::system_error(asio::error::operation_aborted);
        }
        const bool good = is_good(result.outcome);
        if (!good) events_.attempt_failed(*monitor, attempt_number, result);
        // An unknown among the probes makes the check unknown, unless a later one is good.
        const bool keep_unknown = attempt_number > 1 && check.probe.outcome == Outcome::unknown &&
                                  result.outcome == Outcome::down;
        if (!keep_unknown) check.probe = std::move(result);
        if (good || attempt_number >= attempts) break;
        const MonoTime again = env_.clock.now().mono + monitor->policy.retry_delay;
        const bool slept = co_await env_.clock.sleep_until(again);
        if (!slept) throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return check;
}

asio::awaitable<ProbeResult> ProbeRunner::attempt(MonitorPtr monitor, Semaphore& endpoint) {
    // The endpoint first: who waits for a busy endpoint must not hold room that others could use.
    const Semaphore::Permit at_endpoint = co_await endpoint.acquire();
    const Semaphore::Permit anywhere = co_await room_.acquire();
    const InFlight in_flight(counters_.in_flight);
    ++counters_.probes;
    const MonoTime started = env_.clock.now().mono;
    const MonoTime deadline = started + monitor->policy.timeout;
    ProbeResult result = co_await probe(env_, monitor, deadline);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    const Duration tolerance = StallWatch::tolerance_for(monitor->policy.timeout);
    if (may_be_our_lateness(result) && lateness(started, deadline) > tolerance) {
        ++counters_.own_lateness;
        result.outcome = Outcome::unknown;
        result.reason.code = ReasonCode::own_lateness;
    }
    co_return result;
}

/// How late we were, at worst, in a probe that has just ended: standing still under way, or in
/// coming to its deadline.
Duration ProbeRunner::lateness(MonoTime started, MonoTime deadline) const {
    const MonoTime now = env_.clock.now().mono;
    return std::max(stalls_.longest_between(started, now), now - deadline);
}

}  // namespace vigia
