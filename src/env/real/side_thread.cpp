#include "env/real/side_thread.hpp"

#include <boost/asio/post.hpp>
#include <csignal>
#include <pthread.h>
#include <system_error>
#include <utility>

namespace vigia {

SideThread::SideThread(boost::asio::io_context& context, const char* name)
    : context_(context), name_(name) {}

SideThread::~SideThread() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

bool SideThread::submit(std::shared_ptr<SideTask> task) {
    if (!thread_.joinable() && !start()) return false;
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(task));
    }
    changed_.notify_one();
    return true;
}

bool SideThread::start() {
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        thread_ = std::thread([this] { work(); });
        ::pthread_setname_np(thread_.native_handle(), name_);
    } catch (const std::system_error&) {
        // Not now; the next task may have more luck.
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread_.joinable();
}

void SideThread::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        std::shared_ptr<SideTask> task = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        task->run();
        lock.lock();
        if (stopping_) return;
        boost::asio::post(context_, [task = std::move(task)] { task->ended(); });
    }
}

}  // namespace vigia
