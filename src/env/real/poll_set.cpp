#include "env/real/poll_set.hpp"

#include "base/result.hpp"

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <cstddef>
#include <sys/epoll.h>
#include <vector>

namespace vigia {

namespace asio = boost::asio;

namespace {

constexpr int kBatch = 128;
constexpr int kBatchesPerTurn = 4;  // then other handlers of the loop get theirs

std::uint32_t to_epoll(unsigned events) {
    return ((events & PollSet::kRead) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
           ((events & PollSet::kWrite) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

unsigned from_epoll(std::uint32_t events) {
    return ((events & EPOLLIN) != 0 ? PollSet::kRead : 0U) |
           ((events & EPOLLOUT) != 0 ? PollSet::kWrite : 0U) |
           ((events & (EPOLLERR | EPOLLHUP)) != 0 ? PollSet::kError : 0U);
}

}  // namespace

/// Shared with the pending wait, which may be run once more after the set is gone.
class PollSet::Impl {
public:
    Impl(asio::io_context& context, Listener& listener) : listener_(&listener), epoll_(context) {
        const int fd = ::epoll_create1(EPOLL_CLOEXEC);
        if (fd < 0) throw FatalError("epoll_create1 failed");
        epoll_.assign(fd);
    }

    int watch(int fd, unsigned events) {
        const auto index = static_cast<std::size_t>(fd);
        if (index >= watched_.size()) watched_.resize(index + 1);
        Watched& watched = watched_[index];
        epoll_event event{};
        event.events = to_epoll(events);
        event.data.u64 = key(fd, watched.active ? watched.generation : watched.generation + 1);
        const int operation = watched.active ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
        if (::epoll_ctl(epoll_.native_handle(), operation, fd, &event) != 0) return errno;
        if (!watched.active) {
            watched.active = true;
            ++watched.generation;
        }
        return 0;
    }

    void forget(int fd) {
        const auto index = static_cast<std::size_t>(fd);
        if (index >= watched_.size() || !watched_[index].active) return;
        watched_[index].active = false;
        epoll_event unused{};
        ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, fd, &unused);
    }

    static void wait(const std::shared_ptr<Impl>& self) {
        self->epoll_.async_wait(
            asio::posix::stream_descriptor::wait_read,
            [weak = std::weak_ptr<Impl>(self)](const boost::system::error_code& error) {
                const std::shared_ptr<Impl> impl = weak.lock();
                if (error || !impl || impl->listener_ == nullptr) return;
                impl->dispatch();
                if (impl->listener_ != nullptr) wait(impl);
            });
    }

    void close() {
        listener_ = nullptr;
        boost::system::error_code ignored;
        epoll_.close(ignored);
    }

private:
    struct Watched {
        std::uint32_t generation = 0;  // tells a descriptor from the next one of the same number
        bool active = false;
    };

    static std::uint64_t key(int fd, std::uint32_t generation) {
        return std::uint64_t{generation} << 32U | static_cast<std::uint32_t>(fd);
    }

    void dispatch() {
        std::array<epoll_event, kBatch> events;
        for (int turn = 0; turn < kBatchesPerTurn; ++turn) {
            const int count = ::epoll_wait(epoll_.native_handle(), events.data(), kBatch, 0);
            for (int i = 0; i < count; ++i) {
                const epoll_event& event = events[static_cast<std::size_t>(i)];
                const auto fd = static_cast<int>(event.data.u64 & 0xffffffffU);
                const Watched& watched = watched_[static_cast<std::size_t>(fd)];
                if (!watched.active || key(fd, watched.generation) != event.data.u64) continue;
                listener_->ready(fd, from_epoll(event.events));
                if (listener_ == nullptr) return;
            }
            if (count < kBatch) break;
        }
        listener_->batch_done();
    }

    Listener* listener_;
    asio::posix::stream_descriptor epoll_;
    std::vector<Watched> watched_;  // by descriptor: the kernel hands out the smallest free number
};

PollSet::PollSet(asio::io_context& context, Listener& listener)
    : impl_(std::make_shared<Impl>(context, listener)) {
    Impl::wait(impl_);
}

PollSet::~PollSet() {
    impl_->close();
}

int PollSet::watch(int fd, unsigned events) {
    return impl_->watch(fd, events);
}

void PollSet::forget(int fd) {
    impl_->forget(fd);
}

}  // namespace vigia
