#pragma once

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace vigia {

/// Something that blocks, for a thread of an OdbcPool. Shared by the loop and that thread.
class OdbcTask {
public:
    virtual ~OdbcTask() = default;
    /// On a thread of the pool. Throws nothing.
    virtual void run() = 0;
    /// On the loop, after run(), unless it was given up before.
    virtual void ended() {}
    /// True if nobody waits for it, and it may hang: its thread is written off from the beginning.
    virtual bool expendable() const { return false; }

private:
    friend class OdbcPool;
    enum class State : std::uint8_t { queued, running, given_up, ended };
    State state_ = State::queued;  ///< under the pool's mutex
};

struct OdbcPoolOptions {
    std::size_t threads = 8;
    std::size_t max_hanging = 32;
};

/// Threads for calls that may never return. A thread whose task is given up is written off and
/// replaced; it ends when its task returns, if ever. Up to `max_hanging` of them exist beside
/// `threads` others; each one more takes the place of one of those. Threads are started as they
/// are needed, with all signals blocked.
/// Held by its threads too, so that it outlives its owner as long as one hangs. All but the
/// threads themselves: the loop's thread.
class OdbcPool : public std::enable_shared_from_this<OdbcPool> {
public:
    OdbcPool(boost::asio::io_context& context, OdbcPoolOptions options);

    /// Queues `task`, `urgent` in front of others. False if there is no thread left, nor one to be
    /// had: the task is dropped.
    bool submit(std::shared_ptr<OdbcTask> task, bool urgent = false);

    /// Where a task was that nobody waits for any more.
    enum class Found : std::uint8_t {
        queued,   ///< it will not run
        running,  ///< its thread is written off
        ended,    ///< what it left behind may be taken
    };
    Found give_up(const std::shared_ptr<OdbcTask>& task);

    /// Threads written off that have not returned.
    std::size_t hanging() const;

    /// Ends all threads and waits for those that are in no task; nothing is posted afterwards.
    void stop();

private:
    std::size_t room() const;
    bool start_thread();
    void run();
    std::shared_ptr<OdbcTask> next();
    bool finish(std::shared_ptr<OdbcTask> task);

    const OdbcPoolOptions options_;
    mutable std::mutex mutex_;  ///< guards all below
    std::condition_variable changed_;
    boost::asio::io_context* context_;  ///< null after stop()
    std::deque<std::shared_ptr<OdbcTask>> queue_;
    std::size_t threads_ = 0;  ///< not written off
    std::size_t running_ = 0;  ///< of these: in a task
    std::size_t idle_ = 0;
    std::size_t hanging_ = 0;
};

}  // namespace vigia
