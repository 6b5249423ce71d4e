#include "engine/uplink_watch.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// Of what one round asks.
constexpr std::size_t kMostCanaries = 64;
/// Between rounds that nobody waits for.
constexpr Duration kUnhurried = std::chrono::seconds(2);

bool needs_an_uplink(const MonitorPtr& monitor) {
    return monitor->enabled && !is_on_this_machine(monitor->target);
}

}  // namespace

/// The last question to end, whichever way, ends the round.
class UplinkWatch::Asking {
public:
    explicit Asking(UplinkWatch& watch) : watch_(watch) {}
    ~Asking() {
        if (--watch_.unanswered_ == 0) watch_.end_asking();
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

private:
    UplinkWatch& watch_;
};

UplinkWatch::UplinkWatch(asio::any_io_executor executor, Env& env, Dispatcher& dispatcher,
                         EventLog& events)
    : executor_(executor),
      env_(env),
      dispatcher_(dispatcher),
      events_(events),
      uplink_(env.clock.now()),
      round_over_(executor),
      work_(env.clock.make_alarm()),
      loop_(executor, report_to(events)) {}

void UplinkWatch::configure(const Config& config) {
    settings_ = config.uplink;
    active_ = settings_.enabled && std::ranges::any_of(config.monitors, needs_an_uplink);
    wanted_ = true;
    work_->ring();
}

void UplinkWatch::start() {
    loop_.spawn(run());
}

asio::awaitable<void> UplinkWatch::stop() {
    stopping_ = true;
    if (asking_ != nullptr) asking_->cancel();
    work_->ring();
    co_await loop_.wait_empty();
}

asio::awaitable<bool> UplinkWatch::judge(MonitorPtr monitor, ProbeResult& result) {
    const bool here =
        is_on_this_machine(monitor->target) || is_loopback_address(result.remote_address);
    if (!active_ || here) co_return true;
    const Now now = env_.clock.now();
    const Reach reach = reach_of(result);
    if (reach == Reach::answered) uplink_.reached(monitor->id, now);
    if (reach != Reach::silent) co_return true;

    const Duration took = std::max(result.timings.total, Duration::zero());
    uplink_.failed(monitor->id, {now.mono - took, now.wall - took});
    if (result.outcome == Outcome::unknown) {
        // Nothing hangs on the answer, but somebody should be told in the end.
        if (now.mono >= last_ended_ + kUnhurried) wanted_ = true;
        work_->ring();
        co_return true;
    }
    const bool answered = co_await wait_for_round();
    if (!answered) co_return false;
    if (uplink_.state() == UplinkState::cut_off) {
        result.outcome = Outcome::unknown;
        result.reason.code = ReasonCode::uplink_down;
    }
    co_return true;
}

/// Until a round has ended that speaks for now: one that found nothing, even if it was under way;
/// or one that was begun from now on. False if cancelled.
asio::awaitable<bool> UplinkWatch::wait_for_round() {
    const std::uint64_t begun_before = rounds_begun_;
    wanted_ = true;
    work_->ring();
    Parking parking(executor_);
    do {
        waiting_.push_back(&parking);
        const bool resumed = co_await parking.wait();
        if (!resumed) {
            std::erase(waiting_, &parking);
            co_return false;
        }
    } while (rounds_ended_ <= begun_before && uplink_.state() != UplinkState::cut_off);
    co_return true;
}

asio::awaitable<void> UplinkWatch::run() {
    while (!stopping_) {
        const Now now = env_.clock.now();
        if (const auto period = uplink_.take_over(now)) loop_.spawn(announce(*period));
        if (round_due(now.mono)) {
            co_await hold_round();
            continue;
        }
        const bool woken = co_await work_->wait_until(next_move());
        if (!woken) co_return;
    }
    const auto period = uplink_.take_over(env_.clock.now(), true);
    if (period) co_await announce(*period);
}

/// Who answers at all is to be known before it matters.
Duration UplinkWatch::period() const {
    return period_of(uplink_.has_voters() ? uplink_.state() : UplinkState::suspect);
}

bool UplinkWatch::round_due(MonoTime now) const {
    if (!active_ && waiting_.empty()) return false;  // a reload may leave somebody waiting
    return wanted_ || now >= last_ended_ + period();
}

MonoTime UplinkWatch::next_move() const {
    MonoTime next = MonoTime::max();
    if (active_) next = last_ended_ + period();
    if (const auto over = uplink_.over_at()) next = std::min(next, *over);
    return next;
}

asio::awaitable<void> UplinkWatch::hold_round() {
    wanted_ = false;
    choose_canaries();
    ++rounds_begun_;
    last_begun_ = env_.clock.now().mono;
    uplink_.begin_round();
    TaskGroup asks(executor_, report_to(events_));
    asking_ = &asks;
    unanswered_ = reports_.size();
    enough_ = reports_.empty();
    if (enough_) round_over_.resume();
    for (std::size_t i = 0; i < reports_.size(); ++i) asks.spawn(ask(i));
    co_await round_over_.wait();
    asks.cancel();
    co_await asks.wait_empty();
    asking_ = nullptr;

    const UplinkState before = uplink_.state();
    uplink_.end_round(reports_, env_.clock.now());
    ++rounds_ended_;
    last_ended_ = env_.clock.now().mono;
    for (Parking* parking : std::exchange(waiting_, {})) parking->resume();
    tell(before);
}

asio::awaitable<void> UplinkWatch::ask(std::size_t index) {
    const Asking scope(*this);
    co_await asio::this_coro::throw_if_cancelled(false);
    Canary canary = reports_[index].canary;
    const bool beyond = canary.kind != Canary::Kind::gateway;
    const MonoTime deadline = last_begun_ + kRoundLimit;
    const CanaryAnswer answer = co_await env_.canaries.ask(std::move(canary), deadline);
    if (asking_->cancelled()) co_return;
    reports_[index].answer = answer;
    // One from beyond the gateway is enough: the others need not be waited for.
    if (answer == CanaryAnswer::alive && beyond) end_asking();
}

/// Lets the round end, once.
void UplinkWatch::end_asking() {
    if (!std::exchange(enough_, true)) round_over_.resume();
}

/// What the system has, what is configured, and what answered before: a route that went with its
/// cable must not take its gateway's silence along. It is forgotten when it is silent while others
/// answer.
void UplinkWatch::choose_canaries() {
    std::vector<Canary> chosen = env_.canaries.of_the_system();
    for (const std::string& host : settings_.canaries) {
        chosen.push_back({Canary::Kind::host, host});
    }
    for (const CanaryReport& report : reports_) {
        if (report.canary.kind == Canary::Kind::host) continue;  // the configuration says which
        const bool gone =
            uplink_.state() == UplinkState::connected && report.answer == CanaryAnswer::silent;
        if (uplink_.has_voted(report.canary) && !gone) chosen.push_back(report.canary);
    }
    std::ranges::sort(chosen);
    const auto repeated = std::ranges::unique(chosen);
    chosen.erase(repeated.begin(), repeated.end());
    if (chosen.size() > kMostCanaries) chosen.resize(kMostCanaries);
    reports_.clear();
    for (Canary& canary : chosen) reports_.push_back({std::move(canary), CanaryAnswer::not_asked});
}

void UplinkWatch::tell(UplinkState before) {
    const UplinkState now = uplink_.state();
    if (now == before) return;
    if (now == UplinkState::cut_off) events_.cut_off(uplink_.cut_off_since());
    if (before == UplinkState::cut_off) events_.uplink_is_back();
}

/// Short losses have confirmed nothing that anybody would miss: the log has told of them.
asio::awaitable<void> UplinkWatch::announce(OfflinePeriod period) {
    events_.was_offline(period);
    if (period.to.mono - period.from.mono < settings_.notice_after) co_return;
    std::vector<Notification> rows = offline_notices(
        period, dispatcher_.recipients(), dispatcher_.message_domain(), env_.clock.now());
    co_await dispatcher_.announce(std::move(rows));
}

}  // namespace vigia
