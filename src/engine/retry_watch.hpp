#pragma once

#include "engine/dispatcher.hpp"
#include "engine/event_log.hpp"
#include "env/clock.hpp"
#include "env/task_group.hpp"
#include "store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>

namespace vigia {

/// Takes up what another process retries by hand: asks the store for it every few seconds and hands
/// it to the dispatcher (docs/adr/0011). One per process, on the shard's thread; what it refers to
/// must outlive stop().
class RetryWatch {
public:
    static constexpr Duration kPeriod = std::chrono::seconds(3);

    RetryWatch(boost::asio::any_io_executor executor, Clock& clock, Store& store,
               Dispatcher& dispatcher, EventLog& events)
        : clock_(clock),
          store_(store),
          dispatcher_(dispatcher),
          events_(events),
          loop_(std::move(executor), report_to(events)) {}

    void start() { loop_.spawn(run()); }

    /// Waits for the store if it is being asked.
    boost::asio::awaitable<void> stop() { return loop_.stop(); }

private:
    boost::asio::awaitable<void> run();
    void tell(const Error& error);

    Clock& clock_;
    Store& store_;
    Dispatcher& dispatcher_;
    EventLog& events_;
    bool told_ = false;
    TaskGroup loop_;
};

}  // namespace vigia
