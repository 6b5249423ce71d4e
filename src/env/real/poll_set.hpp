#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>

namespace vigia {

/// Many short-lived descriptors of somebody else's (libcurl, c-ares), watched through one epoll
/// instance which Asio watches in turn. Against one asio::posix::stream_descriptor each this saves
/// a quarter of the system calls per connection, and no handler can outlive its descriptor.
/// Level-triggered. Owns no descriptor that it watches. One thread; `context` must outlive it.
class PollSet {
public:
    static constexpr unsigned kRead = 1;
    static constexpr unsigned kWrite = 2;
    static constexpr unsigned kError = 4;  ///< reported only; hang-up included

    /// Who is told. The calls come from the loop, never from within watch() or forget().
    class Listener {
    public:
        virtual ~Listener() = default;
        /// `fd` is ready for `events`. It may call watch() and forget(), and close descriptors.
        virtual void ready(int fd, unsigned events) = 0;
        /// All that was ready has been reported.
        virtual void batch_done() {}
    };

    /// Throws FatalError if there is no descriptor left for the epoll instance.
    PollSet(boost::asio::io_context& context, Listener& listener);
    ~PollSet();
    PollSet(const PollSet&) = delete;
    PollSet& operator=(const PollSet&) = delete;

    /// Watches `fd` for `events` from now on, instead of what it was watched for. Returns 0 or an
    /// errno (ENOMEM, ENOSPC).
    int watch(int fd, unsigned events);

    /// Stops watching; no event of `fd` is reported any more, not even one already seen. To be
    /// called before `fd` is closed. Not an error if it is not watched.
    void forget(int fd);

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace vigia
