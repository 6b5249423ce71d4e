#include "env/task_group.hpp"

#include "base/assert.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor, FailureHandler on_failure)
    : executor_(std::move(executor)), on_failure_(std::move(on_failure)), empty_(executor_) {}

TaskGroup::~TaskGroup() {
    VIGIA_ASSERT(tasks_.empty());
}

TaskGroup::Task TaskGroup::spawn(asio::awaitable<void> task) {
    const auto signal = std::make_shared<asio::cancellation_signal>();
    const auto it = tasks_.insert(tasks_.end(), signal);
    asio::co_spawn(
        executor_, std::move(task),
        asio::bind_cancellation_slot(
            signal->slot(), [this, it](std::exception_ptr error) { ended(it, std::move(error)); }));
    if (cancelled_) cancel(signal);
    return signal;
}

void TaskGroup::ended(Tasks::iterator task, std::exception_ptr error) {
    tasks_.erase(task);
    if (error && !is_cancellation(error)) on_failure_(std::move(error));
    if (tasks_.empty() && empty_.occupied()) empty_.resume();
}

void TaskGroup::cancel() {
    cancelled_ = true;
    const Tasks tasks = tasks_;  // a task may end while its signal is emitted
    for (const auto& signal : tasks) cancel(signal);
}

void TaskGroup::cancel(const Task& task) {
    // Asio 1.81 passes a cancellation on to a spawned task by dispatch(). Outside of the executor
    // that would queue a handler which refers to what the task's end frees: emit from inside.
    asio::dispatch(executor_, [task] {
        if (const auto signal = task.lock()) signal->emit(asio::cancellation_type::terminal);
    });
}

asio::awaitable<void> TaskGroup::wait_empty() {
    while (!tasks_.empty()) {
        // Named, and not asked in the condition: g++ 12 lays the frame of a coroutine without local
        // variables out wrongly if one of its conditions awaits (GCC bug 106188).
        const bool resumed = co_await empty_.wait();
        if (!resumed) co_return;
    }
}

asio::awaitable<void> TaskGroup::stop() {
    cancel();
    co_await wait_empty();
}

}  // namespace vigia
