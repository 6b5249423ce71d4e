#include "env/parking.hpp"

#include "base/assert.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

struct Parking::Initiation {
    template <class H>
    void operator()(H&& handler, Parking* parking) const {
        parking->arm(Handler(std::forward<H>(handler)));
    }
};

Parking::Parking(asio::any_io_executor executor) : executor_(std::move(executor)) {}

Parking::~Parking() {
    VIGIA_ASSERT(!handler_);
}

// Not a coroutine: g++ 12 miscompiles async_initiate inside one.
asio::awaitable<bool> Parking::wait() {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(
        Initiation{}, asio::use_awaitable, this);
}

void Parking::arm(Handler handler) {
    VIGIA_ASSERT(!handler_);
    handler_.swap(handler);  // move assignment recurses without end in Boost 1.81
    if (std::exchange(resumed_, false)) return finish(true);
    auto slot = asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) slot.assign([this](asio::cancellation_type) { finish(false); });
}

void Parking::resume() {
    if (handler_) {
        finish(true);
    } else {
        resumed_ = true;
    }
}

void Parking::finish(bool resumed) {
    if (!handler_) return;
    Handler handler = std::move(handler_);
    handler_ = nullptr;
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) slot.clear();
    asio::post(executor_,
               [handler = std::move(handler), resumed]() mutable { std::move(handler)(resumed); });
}

}  // namespace vigia
