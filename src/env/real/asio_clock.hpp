#pragma once

#include "env/clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

namespace vigia {

/// CLOCK_BOOTTIME in the shape Asio's timers want: monotonic, suspends included.
struct BootClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = MonoTime;
    static constexpr bool is_steady = true;

    static time_point now() noexcept;
};

/// CLOCK_REALTIME; any thread.
WallTime wall_clock_now() noexcept;

/// A timer on the clock that every deadline of ours is measured on. Asio waits on a descriptor that
/// stands still during a suspend, so a timer that came due in one fires up to the rest of its wait
/// (at most five minutes) after the resume, never early.
using BootTimer = boost::asio::basic_waitable_timer<BootClock>;

/// The real clock of one shard: CLOCK_BOOTTIME and CLOCK_REALTIME. `context` must outlive it and
/// every wait on it. One thread.
class AsioClock final : public Clock {
public:
    explicit AsioClock(boost::asio::io_context& context) : context_(context) {}
    AsioClock(const AsioClock&) = delete;
    AsioClock& operator=(const AsioClock&) = delete;

    Now now() const override;

    std::unique_ptr<Alarm> make_alarm() override;

    /// Gives other handlers a turn even if `when` is past. Allocates nothing but its frame.
    boost::asio::awaitable<bool> sleep_until(MonoTime when) override;

private:
    boost::asio::io_context& context_;
};

}  // namespace vigia
