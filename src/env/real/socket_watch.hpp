#pragma once

#include "base/time.hpp"
#include "env/clock.hpp"
#include "env/real/asio_clock.hpp"
#include "env/real/poll_set.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <unordered_map>

namespace vigia {

class SocketWatch;

/// What the SocketWatches of one client share: one PollSet. One per shard; one thread; `context`
/// and `clock` must outlive it, and it every SocketWatch.
class SocketWatches final : private PollSet::Listener {
public:
    SocketWatches(boost::asio::io_context& context, Clock& clock);

    Clock& clock() { return clock_; }

private:
    friend class SocketWatch;
    void ready(int fd, unsigned events) override;

    boost::asio::io_context& context_;
    Clock& clock_;
    std::unordered_map<int, SocketWatch*> by_descriptor_;
    PollSet poll_;
};

/// Why a wait ended.
enum class Woken : std::uint8_t { ready, timeout, cancelled, no_watch };

/// Lets one coroutine wait for one descriptor. Lives in that coroutine's frame, and ends before the
/// descriptor is closed.
class SocketWatch {
public:
    SocketWatch(SocketWatches& all, int fd);
    ~SocketWatch();
    SocketWatch(const SocketWatch&) = delete;
    SocketWatch& operator=(const SocketWatch&) = delete;

    /// Waits until the descriptor is ready for one of `events` (PollSet's), or has an error or a
    /// hang-up. `no_watch`: the kernel has no room for one more watch.
    boost::asio::awaitable<Woken> wait(unsigned events, MonoTime until);

    /// From now on a cancellation ends no wait any more: for what must be wound up.
    void ignore_cancellation() { heeds_cancellation_ = false; }

private:
    friend class SocketWatches;

    SocketWatches& all_;
    int fd_;
    BootTimer wake_;
    unsigned watched_ = 0;
    bool ready_ = false;
    bool heeds_cancellation_ = true;
};

}  // namespace vigia
