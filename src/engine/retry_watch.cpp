#include "engine/retry_watch.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

asio::awaitable<void> RetryWatch::run() {
    for (;;) {
        const bool slept = co_await clock_.sleep_until(clock_.now().mono + kPeriod);
        if (!slept) co_return;
        Result<std::vector<Notification>> rows = co_await store_.take_retried();
        if (!rows) tell(rows.error());
        if (rows && !rows->empty()) {
            events_.taken_up(rows->size());
            dispatcher_.restore(*std::move(rows));
        }
        // The store turned cancellation off; what came meanwhile is not repeated.
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        if (loop_.cancelled()) co_return;
    }
}

/// A store that cannot be read now is told of by those who write to it.
void RetryWatch::tell(const Error& error) {
    if (error.code != make_error_code(StoreErrc::damaged)) return;
    if (!std::exchange(told_, true)) events_.retries_unreadable(error.detail);
}

}  // namespace vigia
