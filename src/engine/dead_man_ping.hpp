#pragma once

#include "config/config.hpp"
#include "core/target.hpp"
#include "engine/event_log.hpp"
#include "env/env.hpp"
#include "env/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace vigia {

/// Tells somebody outside, again and again, that the monitor is well: their alarm goes off when it
/// falls silent. Asks `is_well` before each ping: a process that stands, but does not do its work,
/// falls silent too. One per process, on the shard's thread; what it refers to must outlive stop().
class DeadManPing {
public:
    /// From the start to the first ping, and between looks while the monitor is not well.
    static constexpr Duration kSoon = std::chrono::seconds(5);
    static constexpr Duration kTimeout = std::chrono::seconds(10);

    DeadManPing(boost::asio::any_io_executor executor, Env& env, EventLog& events,
                std::function<bool()> is_well);

    /// At the start and at each reload.
    void configure(const HealthSettings& settings);

    void start() { loop_.spawn(run()); }

    /// Cuts a ping off that is under way.
    boost::asio::awaitable<void> stop() { return loop_.stop(); }

private:
    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> ping();
    void judge(const HttpExchange& exchange);

    Env& env_;
    EventLog& events_;
    std::function<bool()> is_well_;
    std::shared_ptr<const HttpTarget> target_;  ///< none: not configured
    Duration interval_{};
    MonoTime next_{};
    bool failing_ = false;  ///< and told
    std::unique_ptr<Alarm> work_;
    TaskGroup loop_;
};

}  // namespace vigia
