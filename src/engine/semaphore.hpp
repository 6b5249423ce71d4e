#pragma once

#include "env/parking.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <list>
#include <utility>

namespace vigia {

/// Bounds how many hold a Permit at once; the others wait first come, first served. One thread;
/// must outlive its permits and waiters.
class Semaphore {
public:
    /// Returned room, given back by the destructor. Movable, so that a coroutine can keep it.
    class Permit {
    public:
        Permit() = default;
        explicit Permit(Semaphore& from) : from_(&from) {}
        Permit(Permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
        Permit& operator=(Permit&& other) noexcept {
            std::swap(from_, other.from_);
            return *this;
        }
        ~Permit() {
            if (from_ != nullptr) from_->release();
        }

    private:
        Semaphore* from_ = nullptr;
    };

    Semaphore(boost::asio::any_io_executor executor, std::size_t limit)
        : executor_(std::move(executor)), limit_(limit) {}

    /// Waits for room. Throws operation_aborted if the waiting coroutine is cancelled.
    boost::asio::awaitable<Permit> acquire();

    std::size_t in_use() const { return in_use_; }
    std::size_t waiting() const { return waiting_.size(); }
    std::size_t limit() const { return limit_; }

private:
    struct Waiter {
        explicit Waiter(boost::asio::any_io_executor executor) : parking(std::move(executor)) {}
        Parking parking;
        bool granted = false;
    };
    using Waiters = std::list<Waiter>;
    void release();

    boost::asio::any_io_executor executor_;
    std::size_t limit_;
    std::size_t in_use_ = 0;
    Waiters waiting_;
    Waiters granted_;  ///< theirs is the room already; they have not resumed yet
};

}  // namespace vigia
