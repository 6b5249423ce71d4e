#include "env/real/odbc_pool.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <pthread.h>
#include <system_error>
#include <thread>
#include <utility>

namespace vigia {

OdbcPool::OdbcPool(boost::asio::io_context& context, OdbcPoolOptions options)
    : options_(options), context_(&context) {}

/// How many threads there may be that are not written off.
std::size_t OdbcPool::room() const {
    const std::size_t beyond =
        hanging_ > options_.max_hanging ? hanging_ - options_.max_hanging : 0;
    return options_.threads - std::min(options_.threads, beyond);
}

bool OdbcPool::submit(std::shared_ptr<OdbcTask> task, bool urgent) {
    const std::lock_guard lock(mutex_);
    if (room() == 0) return false;
    if (urgent) {
        queue_.push_front(task);
    } else {
        queue_.push_back(task);
    }
    if (idle_ >= queue_.size()) {
        changed_.notify_one();
    } else if (threads_ < room() && !start_thread() && threads_ == 0) {
        std::erase(queue_, task);
        return false;
    }
    return true;
}

OdbcPool::Found OdbcPool::give_up(const std::shared_ptr<OdbcTask>& task) {
    const std::lock_guard lock(mutex_);
    if (task->state_ == OdbcTask::State::ended) return Found::ended;
    if (task->state_ == OdbcTask::State::queued) {
        std::erase(queue_, task);
        return Found::queued;
    }
    task->state_ = OdbcTask::State::given_up;
    --threads_;
    --running_;
    ++hanging_;
    if (idle_ < queue_.size() && threads_ < room()) start_thread();
    return Found::running;
}

std::size_t OdbcPool::hanging() const {
    const std::lock_guard lock(mutex_);
    return hanging_;
}

void OdbcPool::stop() {
    std::unique_lock lock(mutex_);
    context_ = nullptr;
    queue_.clear();
    changed_.notify_all();
    changed_.wait(lock, [this] { return threads_ == running_; });
}

bool OdbcPool::start_thread() {
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    try {
        std::thread thread([self = shared_from_this()] { self->run(); });
        ::pthread_setname_np(thread.native_handle(), "vigia-odbc");
        thread.detach();
        ++threads_;
    } catch (const std::system_error&) {
        started = false;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

/// Waits for something to do; null if it is time for the thread to end.
std::shared_ptr<OdbcTask> OdbcPool::next() {
    std::unique_lock lock(mutex_);
    ++idle_;
    changed_.wait(lock,
                  [this] { return !queue_.empty() || context_ == nullptr || threads_ > room(); });
    --idle_;
    if (queue_.empty() || threads_ > room()) {
        --threads_;
        changed_.notify_all();
        return nullptr;
    }
    std::shared_ptr<OdbcTask> task = std::move(queue_.front());
    queue_.pop_front();
    task->state_ = OdbcTask::State::running;
    ++running_;
    if (task->expendable()) {
        task->state_ = OdbcTask::State::given_up;
        --threads_;
        --running_;
        ++hanging_;
        if (idle_ < queue_.size() && threads_ < room()) start_thread();
    }
    return task;
}

/// False if the thread was written off meanwhile.
bool OdbcPool::finish(std::shared_ptr<OdbcTask> task) {
    const std::lock_guard lock(mutex_);
    if (task->state_ == OdbcTask::State::given_up) {
        --hanging_;
        const bool wanted = context_ != nullptr && idle_ < queue_.size();
        if (wanted && threads_ < room()) start_thread();
        return false;
    }
    task->state_ = OdbcTask::State::ended;
    --running_;
    if (context_ != nullptr) {
        boost::asio::post(*context_, [task = std::move(task)] { task->ended(); });
    }
    return true;
}

void OdbcPool::run() {
    for (;;) {
        std::shared_ptr<OdbcTask> task = next();
        if (!task) return;
        task->run();
        if (!finish(std::move(task))) return;
    }
}

}  // namespace vigia
