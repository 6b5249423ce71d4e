#pragma once

#include "env/parking.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <memory>

namespace vigia {

/// Owns the coroutines that nobody awaits: counts them, cancels them, waits for them. What they
/// refer to must outlive stop(). One thread. The destructor asserts that all have ended.
///
/// A task is cancelled by having its present wait end early (an Alarm, a Parking, a port); it
/// should then return. A task that must do more first says `co_await
/// this_coro::throw_if_cancelled(false)`, or every later co_await throws.
class TaskGroup {
public:
    using FailureHandler = std::function<void(std::exception_ptr)>;

    /// `on_failure` is called with every exception that leaves a task, except a cancellation's.
    TaskGroup(boost::asio::any_io_executor executor, FailureHandler on_failure);
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// A task of the group, for cancel(); may outlive it.
    using Task = std::weak_ptr<boost::asio::cancellation_signal>;

    /// Starts `task`: on the executor at once, up to its first wait; from elsewhere through the
    /// queue. After cancel() it is cancelled at its first wait.
    Task spawn(boost::asio::awaitable<void> task);

    /// Asks every task to stop; returns at once.
    void cancel();

    /// Asks one task to stop, if it has not ended; returns at once.
    void cancel(const Task& task);

    /// Waits until no task is left. One caller at a time.
    boost::asio::awaitable<void> wait_empty();

    /// cancel() and wait_empty().
    boost::asio::awaitable<void> stop();

    std::size_t size() const { return tasks_.size(); }
    bool cancelled() const { return cancelled_; }

private:
    using Tasks = std::list<std::shared_ptr<boost::asio::cancellation_signal>>;
    void ended(Tasks::iterator task, std::exception_ptr error);

    boost::asio::any_io_executor executor_;
    FailureHandler on_failure_;
    Tasks tasks_;
    Parking empty_;
    bool cancelled_ = false;
};

}  // namespace vigia
