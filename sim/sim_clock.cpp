#include "sim/sim_clock.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

namespace vigia::sim {

namespace asio = boost::asio;

SimClock::SimClock(asio::any_io_executor executor, Moment start)
    : executor_(std::move(executor)), moment_(start) {}

SimClock::~SimClock() {
    VIGIA_ASSERT(waiters_.empty());
}

SimClock::Waiter::Waiter(SimClock& clock, MonoTime when, Parking& parking)
    : clock_(clock),
      parking_(parking),
      key_(std::max(when, clock.moment_.now.mono), ++clock.arrivals_),
      registered_(when != MonoTime::max()) {
    if (registered_) clock_.waiters_.emplace(key_, this);
}

SimClock::Waiter::~Waiter() {
    if (registered_) clock_.waiters_.erase(key_);
}

void SimClock::Waiter::wake() {
    registered_ = false;
    parking_.resume();
}

/// Both members may resume the same wait: the second one is remembered for the next, as with any
/// Alarm that is rung while nobody waits.
class SimAlarm final : public Alarm {
public:
    explicit SimAlarm(SimClock& clock) : clock_(clock), parking_(clock.executor_) {}

    asio::awaitable<bool> wait_until(MonoTime when) override {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return false;
        const SimClock::Waiter waiter(clock_, when, parking_);
        co_return co_await parking_.wait();
    }

    void ring() override { parking_.resume(); }

private:
    SimClock& clock_;
    Parking parking_;
};

std::unique_ptr<Alarm> SimClock::make_alarm() {
    return std::make_unique<SimAlarm>(*this);
}

asio::awaitable<bool> SimClock::sleep_until(MonoTime when) {
    // A cancellation from before this wait would not reach the parking.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;
    Parking parking(executor_);
    const Waiter waiter(*this, when, parking);
    co_return co_await parking.wait();
}

std::optional<MonoTime> SimClock::next() const {
    if (waiters_.empty()) return std::nullopt;
    return std::max(waiters_.begin()->first.first, moment_.now.mono);
}

void SimClock::jump() {
    VIGIA_ASSERT(!waiters_.empty());
    const Duration ahead = *next() - moment_.now.mono;
    moment_.elapsed += ahead;
    moment_.now.mono += ahead;
    moment_.now.wall += ahead;
    while (!waiters_.empty() && waiters_.begin()->first.first <= moment_.now.mono) {
        Waiter* const waiter = waiters_.begin()->second;
        waiters_.erase(waiters_.begin());
        waiter->wake();
    }
}

void SimClock::pass(Duration length) {
    VIGIA_ASSERT(length >= Duration::zero());
    const MonoTime from = moment_.now.mono;
    moment_.elapsed += length;
    moment_.now.mono += length;
    moment_.now.wall += length;
    const bool late = !waiters_.empty() && waiters_.begin()->first.first < moment_.now.mono;
    if (late && length >= kShortestFreeze) last_freeze_.emplace(from, moment_.now.mono);
}

}  // namespace vigia::sim
