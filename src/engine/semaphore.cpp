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
    if (in_use_ < limit_) {
        ++in_use_;
        co_return Permit(*this);
    }
    const auto place = waiting_.emplace(waiting_.end(), executor_);
    bool taken = false;
    const OnExit leave{[this, place, &taken] {
        const bool granted = place->granted;
        (granted ? granted_ : waiting_).erase(place);
        if (granted && !taken) release();  // cancelled with the room already ours: pass it on
    }};
    co_await place->parking.wait();
    if (!place->granted) throw boost::system::system_error(asio::error::operation_aborted);
    taken = true;
    co_return Permit(*this);
}

/// Room changes hands without ever being free in between, so that nobody slips in.
void Semaphore::release() {
    if (waiting_.empty()) {
        --in_use_;
        return;
    }
    Waiter& first = waiting_.front();
    granted_.splice(granted_.end(), waiting_, waiting_.begin());
    first.granted = true;
    first.parking.resume();
}

}  // namespace vigia
