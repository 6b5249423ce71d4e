#include "sim/sim_http.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace vigia::sim {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr Duration kForever = std::chrono::hours(24 * 365);

/// Failures that our own standing still may have caused, not the target.
bool may_come_of_a_freeze(const HttpExchange& exchange) {
    if (!exchange.failure) return false;
    const ReasonCode code = exchange.failure->code;
    return code == ReasonCode::timeout || code == ReasonCode::connection_reset ||
           code == ReasonCode::body_truncated;
}

HttpExchange failure(Phase phase, ReasonCode code) {
    HttpExchange exchange;
    exchange.failure = Reason{.phase = phase, .code = code, .value = 0, .detail = {}};
    return exchange;
}

HttpExchange own_failure(OwnFault fault) {
    switch (fault) {
        case OwnFault::no_descriptors:
            return failure(Phase::connect, ReasonCode::no_descriptors);
        case OwnFault::resolver_dead:
            return failure(Phase::resolve, ReasonCode::resolver_dead);
        case OwnFault::network_unreachable:
            return failure(Phase::connect, ReasonCode::network_unreachable);
        case OwnFault::uplink_cut:
            break;  // is no answer
    }
    return failure(Phase::none, ReasonCode::internal);
}

HttpExchange answered(int status, std::string body) {
    HttpExchange exchange;
    exchange.status = status;
    exchange.body = std::move(body);
    exchange.remote_address = "192.0.2.7:80";
    return exchange;
}

}  // namespace

void Network::put(const std::string& url, MonitorId monitor, Timeline timeline) {
    places_.insert_or_assign(url, Place{std::move(monitor), std::move(timeline)});
}

const Network::Place* Network::find(const std::string& url) const {
    const auto it = places_.find(url);
    return it == places_.end() ? nullptr : &it->second;
}

bool Network::blind_at(Duration at) const {
    const auto* const own = own_faults_.at(at);
    return own != nullptr && own->fault != OwnFault::no_descriptors;
}

std::optional<Window> Network::cut_within(Duration from, Duration to) const {
    const auto* const last = own_faults_.last_begun(to);
    if (last != nullptr && last->fault == OwnFault::uplink_cut && last->when.to > from) {
        return last->when;
    }
    // A cut may have come and gone before the last window of another kind.
    for (const auto& window : own_faults_.windows()) {
        if (window.when.from > to) break;
        if (window.fault == OwnFault::uplink_cut && window.when.to > from) return window.when;
    }
    return std::nullopt;
}

/// Counts a fetch, and tells the observer how it ended, whichever way.
class SimHttp::Scope {
public:
    Scope(SimHttp& http, const MonitorId& monitor) : http_(http), monitor_(monitor) {
        ++http_.in_flight_;
        ++http_.fetches_;
        if (!http_.severed_) http_.observer_.probe_started(http_.clock_.moment(), monitor_);
    }
    ~Scope() {
        --http_.in_flight_;
        if (http_.severed_) return;
        const Moment& moment = http_.clock_.moment();
        if (sight_) {
            http_.observer_.probe_ended(moment, monitor_, *sight_);
        } else {
            http_.observer_.probe_abandoned(moment, monitor_);
        }
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    void ended(Sight sight) { sight_ = sight; }

private:
    SimHttp& http_;
    const MonitorId& monitor_;
    std::optional<Sight> sight_;
};

asio::awaitable<HttpExchange> SimHttp::fetch(HttpFetch request) {
    Plan plan = this->plan(request);
    Scope scope(*this, plan.monitor);
    const MonoTime started = clock_.now().mono;
    const MonoTime planned = started + plan.takes;
    if (!co_await clock_.sleep_until(std::min(planned, request.deadline))) {
        co_return failure(Phase::none, ReasonCode::internal);
    }
    const MonoTime ended = clock_.now().mono;
    HttpExchange exchange = std::move(plan.exchange);
    Sight sight = plan.sight;
    // After a freeze both the answer and the deadline are there: which is seen first is chance.
    const bool late = ended > request.deadline && rng_.below(2) == 0;
    if (planned > request.deadline || late) {
        exchange = timed_out(plan.hangs_in, ended - started);
        // Whoever asks the canaries then finds nobody.
        sight = network_.blind_at(clock_.moment().elapsed) ? Sight::nothing : plan.timed_out;
    }
    if (may_come_of_a_freeze(exchange) && clock_.frozen_between(started, ended)) {
        sight = Sight::nothing;
    }
    exchange.timings.total = ended - started;
    scope.ended(sight);
    co_return exchange;
}

SimHttp::Plan SimHttp::plan(const HttpFetch& request) {
    const Moment& moment = clock_.moment();
    const Network::Place* const place = network_.find(request.target->url);
    Plan plan;
    if (place != nullptr) plan.monitor = place->monitor;
    const auto* const own = network_.own_faults().at(moment.elapsed);
    if (own != nullptr && own->fault != OwnFault::uplink_cut) {
        plan.exchange = own_failure(own->fault);
        plan.sight = Sight::nothing;
        plan.takes = milliseconds(1);
        return plan;
    }
    const Behaviour behaviour =
        place == nullptr ? Behaviour::no_such_name : place->timeline.at(moment.elapsed).behaviour;
    const Duration left = request.deadline - moment.now.mono;
    answer(plan, behaviour, left);
    const Duration end = moment.elapsed + std::min(plan.takes, left);
    if (const auto cut = network_.cut_within(moment.elapsed, end)) suffer_cut(plan, *cut);
    return plan;
}

/// What a cut holds up goes on when it ends: packets are sent again, and the target answers as it
/// would have; of a conversation that hung, the other end knows nothing any more. A probe whose
/// time is up before has seen nothing.
void SimHttp::suffer_cut(Plan& plan, const Window& cut) {
    const Duration now = clock_.moment().elapsed;
    const Duration until_its_end = cut.to - now;
    const Duration gives_up = seconds(3);
    if (now >= cut.from && gives_up < until_its_end && rng_.below(2) == 0) {
        plan.exchange = failure(Phase::connect, ReasonCode::host_unreachable);
        plan.takes = gives_up;
        plan.sight = Sight::nothing;
    } else {
        if (plan.takes == kForever) {
            plan.exchange = failure(Phase::first_byte, ReasonCode::connection_reset);
        }
        plan.takes = until_its_end;
    }
    plan.hangs_in = Phase::connect;
    plan.timed_out = Sight::nothing;
}

void SimHttp::answer(Plan& plan, Behaviour behaviour, Duration left) {
    const auto jitter = Duration(milliseconds(5)) + Duration(rng_.below(120'000'000));
    if (behaviour == Behaviour::flaky) {
        behaviour = rng_.below(5) < 2 ? Behaviour::status_503 : Behaviour::up;
    }
    plan.takes = std::min(jitter, left - left / 4);
    plan.sight = Sight::failed;
    switch (behaviour) {
        case Behaviour::slow:
            plan.takes = left - left / 10;
            [[fallthrough]];
        case Behaviour::up:
        case Behaviour::flaky:
            plan.sight = Sight::good;
            plan.exchange = answered(200, "all is well");
            return;
        case Behaviour::status_503:
            plan.exchange = answered(503, "out of order");
            return;
        case Behaviour::refused:
            plan.takes = milliseconds(1);
            plan.exchange = failure(Phase::connect, ReasonCode::connection_refused);
            return;
        case Behaviour::reset:
            plan.exchange = failure(Phase::first_byte, ReasonCode::connection_reset);
            return;
        case Behaviour::hang:
            plan.takes = kForever;
            plan.hangs_in = rng_.below(2) == 0 ? Phase::connect : Phase::first_byte;
            return;
        case Behaviour::truncated:
            plan.exchange = failure(Phase::body, ReasonCode::body_truncated);
            plan.exchange.status = 200;
            return;
        case Behaviour::no_such_name:
            plan.exchange = failure(Phase::resolve, ReasonCode::name_not_found);
            return;
    }
}

HttpExchange SimHttp::timed_out(Phase phase, Duration after) const {
    HttpExchange exchange = failure(phase, ReasonCode::timeout);
    exchange.timings.ttfb = after;
    return exchange;
}

}  // namespace vigia::sim
