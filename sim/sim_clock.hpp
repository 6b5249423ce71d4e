#pragma once

#include "env/clock.hpp"
#include "env/parking.hpp"
#include "sim/moment.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace vigia::sim {

/// A clock that stands still until its driver moves it. Whoever waits is kept in the order of time
/// and arrival, parked outside of the executor, so unmodified coroutines run on it. One process's
/// clock: it starts where the world's time stands and ends with the process. One thread; the
/// destructor asserts that nobody waits.
class SimClock final : public Clock {
public:
    /// Time stood still at least this long is a freeze that a process may notice.
    static constexpr Duration kShortestFreeze = std::chrono::seconds(1);

    SimClock(boost::asio::any_io_executor executor, Moment start);
    ~SimClock() override;
    SimClock(const SimClock&) = delete;
    SimClock& operator=(const SimClock&) = delete;

    Now now() const override { return moment_.now; }
    std::unique_ptr<Alarm> make_alarm() override;
    boost::asio::awaitable<bool> sleep_until(MonoTime when) override;

    const Moment& moment() const { return moment_; }

    // What the driver does, when nothing is ready to run.

    /// When the next waiter is to be woken; nothing if nobody waits for a time.
    std::optional<MonoTime> next() const;

    /// Lets time pass until the next waiter is due and wakes everybody who is due by then, in
    /// order. Precondition: next() is something.
    void jump();

    /// Lets time pass and wakes nobody. With whom should have been woken meanwhile, the process was
    /// frozen (stopped, suspended); they are woken late, by the next jump().
    void pass(Duration length);

    /// Sets the wall clock forward or back; waits do not care.
    void step_wall(Duration by) { moment_.now.wall += by; }

    /// True if the process was frozen for some time of [from, to].
    bool frozen_between(MonoTime from, MonoTime to) const {
        return last_freeze_ && last_freeze_->second > from && last_freeze_->first < to;
    }

    std::size_t waiters() const { return waiters_.size(); }

private:
    friend class SimAlarm;
    using Key = std::pair<MonoTime, std::uint64_t>;

    /// One wait, registered for as long as it lasts.
    class Waiter {
    public:
        Waiter(SimClock& clock, MonoTime when, Parking& parking);
        ~Waiter();
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        void wake();

    private:
        SimClock& clock_;
        Parking& parking_;
        Key key_;
        bool registered_;
    };

    boost::asio::any_io_executor executor_;
    Moment moment_;
    std::map<Key, Waiter*> waiters_;
    std::uint64_t arrivals_ = 0;
    std::optional<std::pair<MonoTime, MonoTime>> last_freeze_;
};

}  // namespace vigia::sim
