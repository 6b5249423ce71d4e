#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace vigia {

/// A first-in first-out queue that never grows past its bound: what does not fit is refused and
/// counted. Not synchronised.
template <class T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// False, and one more drop, if the queue is full; `value` is then lost.
    bool push(T value) {
        if (items_.size() >= capacity_) {
            ++dropped_;
            return false;
        }
        items_.push_back(std::move(value));
        return true;
    }

    std::optional<T> pop() {
        if (items_.empty()) return std::nullopt;
        std::optional<T> front(std::move(items_.front()));
        items_.pop_front();
        return front;
    }

    std::size_t size() const { return items_.size(); }
    bool empty() const { return items_.empty(); }
    std::size_t capacity() const { return capacity_; }
    std::uint64_t dropped() const { return dropped_; }

private:
    std::size_t capacity_;
    std::uint64_t dropped_ = 0;
    std::deque<T> items_;
};

}  // namespace vigia
