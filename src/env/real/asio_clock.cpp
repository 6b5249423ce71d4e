#include "env/real/asio_clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <ctime>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

Duration read_clock(clockid_t clock) noexcept {
    timespec now{};
    ::clock_gettime(clock, &now);  // cannot fail for a clock that exists
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

class AsioAlarm final : public Alarm {
public:
    explicit AsioAlarm(asio::io_context& context) : timer_(context) {}

    asio::awaitable<bool> wait_until(MonoTime when) override {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return false;

        timer_.expires_at(rung_ ? MonoTime::min() : when);
        waiting_ = true;
        boost::system::error_code error;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        waiting_ = false;
        const bool rung = std::exchange(rung_, false);
        co_return !error || rung;
    }

    void ring() override {
        rung_ = true;
        if (waiting_) timer_.cancel();
    }

private:
    BootTimer timer_;
    bool waiting_ = false;
    bool rung_ = false;
};

}  // namespace

BootClock::time_point BootClock::now() noexcept {
    return MonoTime(read_clock(CLOCK_BOOTTIME));
}

WallTime wall_clock_now() noexcept {
    return WallTime(read_clock(CLOCK_REALTIME));
}

Now AsioClock::now() const {
    return Now{BootClock::now(), wall_clock_now()};
}

std::unique_ptr<Alarm> AsioClock::make_alarm() {
    return std::make_unique<AsioAlarm>(context_);
}

asio::awaitable<bool> AsioClock::sleep_until(MonoTime when) {
    // A cancellation from before this wait would not reach the timer.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;

    BootTimer timer(context_, when);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

}  // namespace vigia
