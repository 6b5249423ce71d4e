#include "engine/semaphore.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// Runs a function when the scope is left, whichever way.
template <class F>
struct OnExit {
    F run;
    ~OnExit() { run(); }
};
template <class F>
OnExit(F) -> OnExit<F>;

}  // namespace

asio::awaitable<Semaphore::Permit> Semaphore::acquire() {
    // Those who were granted room stand in front of those who wait, until they have resumed.
    if (in_use_ < limit_ && (waiting_.empty() || waiting_.back().granted)) {
        ++in_use_;
        co_return Permit(*this);
    }
    const auto place = waiting_.emplace(waiting_.end(), executor_);
    bool taken = false;
    const OnExit leave{[this, place, &taken] {
        const bool granted = place->granted;
        waiting_.erase(place);
        if (granted && !taken) release();  // cancelled with the room already ours: pass it on
    }};
    co_await place->parking.wait();
    if (!place->granted) throw boost::system::system_error(asio::error::operation_aborted);
    taken = true;
    co_return Permit(*this);
}

void Semaphore::release() {
    for (Waiter& waiter : waiting_) {
        if (waiter.granted) continue;
        waiter.granted = true;  // the room changes hands: in_use_ stays
        waiter.parking.resume();
        return;
    }
    --in_use_;
}

}  // namespace vigia
