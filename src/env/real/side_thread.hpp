#pragma once

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace vigia {

/// What would hold up the loop, but always ends by itself. Shared by the loop and a SideThread.
class SideTask {
public:
    virtual ~SideTask() = default;
    /// On the thread. Throws nothing.
    virtual void run() = 0;
    /// On the loop, after run().
    virtual void ended() = 0;
};

/// One thread beside the loop for short calculations, in the order in which they come; started when
/// it is first needed, with all signals blocked. Waiting calls belong into an OdbcPool instead: a
/// task cannot be given up, its owner only stops waiting. The queue is as long as those who wait
/// are many. All but the thread itself: the loop's thread; `context` must outlive it.
class SideThread {
public:
    /// `name` as the system shows it: at most 15 characters, a literal.
    SideThread(boost::asio::io_context& context, const char* name);
    /// Waits for the task under way and drops the others; nothing is posted any more.
    ~SideThread();
    SideThread(const SideThread&) = delete;
    SideThread& operator=(const SideThread&) = delete;

    /// Queues `task`. False if there is no thread, nor one to be had: the task is dropped.
    bool submit(std::shared_ptr<SideTask> task);

private:
    bool start();
    void work();

    boost::asio::io_context& context_;
    const char* const name_;
    std::mutex mutex_;  ///< guards the next three
    std::condition_variable changed_;
    std::deque<std::shared_ptr<SideTask>> queue_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace vigia
