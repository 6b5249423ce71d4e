#pragma once

#include "base/time.hpp"

#include <boost/asio/awaitable.hpp>
#include <memory>

namespace vigia {

/// Lets one coroutine at a time wait for a moment that may be brought forward. Made by a Clock and
/// destroyed before it. One thread.
class Alarm {
public:
    virtual ~Alarm() = default;

    /// Waits until monotonic `when` (at once if that is past) or until ring(). True if either came,
    /// false if the wait was cancelled, which is not an error: whoever waits then winds up.
    virtual boost::asio::awaitable<bool> wait_until(MonoTime when) = 0;

    /// Ends the present wait; with nobody waiting, the next one (remembered once).
    virtual void ring() = 0;
};

/// The only source of time, and the only way to wait. One per shard; called on the shard's thread.
class Clock {
public:
    virtual ~Clock() = default;

    /// Both clocks, read together. Monotonic time never goes back and includes suspends.
    virtual Now now() const = 0;

    virtual std::unique_ptr<Alarm> make_alarm() = 0;

    /// Waits until monotonic `when`. True if the time came, false if cancelled.
    virtual boost::asio::awaitable<bool> sleep_until(MonoTime when) = 0;
};

}  // namespace vigia
