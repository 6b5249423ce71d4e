#pragma once

#include "sim/observer.hpp"
#include "sim/script.hpp"
#include "sim/sim_clock.hpp"
#include "store/store.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>

namespace vigia::sim {

/// A Store that lets commits through to another one, late, or not at all: the way of one process to
/// a store that outlives it. A crash is possible before a batch is written and after, before the
/// caller knows. One process's; everything that it refers to outlives it.
class FaultyStore final : public Store {
public:
    FaultyStore(SimClock& clock, Store& inner, const FaultPlan<StoreFault>& plan,
                Observer& observer)
        : clock_(clock), inner_(inner), plan_(plan), observer_(observer) {}

    boost::asio::awaitable<Result<void>> commit(Batch batch) override;
    Result<StoredState> load() override { return inner_.load(); }

    /// The next `count` commits are refused, whatever the plan says.
    void fail_next(unsigned count) { fail_next_ = count; }

    /// The process is gone: nothing is written any more.
    void sever() { severed_ = true; }

    /// When the first commit began that failed, or hangs, with none written since.
    const std::optional<Duration>& failing_since() const { return failing_since_; }

private:
    boost::asio::awaitable<void> be_late();

    SimClock& clock_;
    Store& inner_;
    const FaultPlan<StoreFault>& plan_;
    Observer& observer_;
    unsigned fail_next_ = 0;
    bool severed_ = false;
    std::optional<Duration> failing_since_;
};

}  // namespace vigia::sim
