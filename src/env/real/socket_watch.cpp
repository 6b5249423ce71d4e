#include "env/real/socket_watch.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace vigia {

namespace asio = boost::asio;

SocketWatches::SocketWatches(asio::io_context& context, Clock& clock)
    : context_(context), clock_(clock), poll_(context, *this) {}

void SocketWatches::ready(int fd, unsigned) {
    const auto found = by_descriptor_.find(fd);
    if (found == by_descriptor_.end()) return;
    SocketWatch& watch = *found->second;
    watch.ready_ = true;
    watch.wake_.cancel();
    // Level-triggered: not once more before the waiter has had its turn.
    watch.watched_ = 0;
    poll_.watch(fd, 0);
}

SocketWatch::SocketWatch(SocketWatches& all, int fd) : all_(all), fd_(fd), wake_(all.context_) {
    all_.by_descriptor_[fd_] = this;
}

SocketWatch::~SocketWatch() {
    all_.by_descriptor_.erase(fd_);
    all_.poll_.forget(fd_);
}

asio::awaitable<Woken> SocketWatch::wait(unsigned events, MonoTime until) {
    const auto state = co_await asio::this_coro::cancellation_state;
    ready_ = false;
    if (watched_ != events) {
        if (all_.poll_.watch(fd_, events) != 0) co_return Woken::no_watch;
        watched_ = events;
    }
    for (;;) {
        if (heeds_cancellation_ && state.cancelled() != asio::cancellation_type::none) {
            co_return Woken::cancelled;
        }
        if (ready_) co_return Woken::ready;
        if (all_.clock_.now().mono >= until) co_return Woken::timeout;
        boost::system::error_code ignored;
        wake_.expires_at(until);
        co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace vigia
