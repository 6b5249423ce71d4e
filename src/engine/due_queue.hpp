#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace vigia {

/// What is due when: a binary heap of (time, monitor index). Entries are not removed when a monitor
/// leaves; the generation tells the owner that an entry is stale. One thread.
class DueQueue {
public:
    struct Entry {
        MonoTime due;
        std::uint32_t index;
        std::uint32_t generation;
    };

    void push(Entry entry) {
        heap_.push_back(entry);
        std::push_heap(heap_.begin(), heap_.end(), later);
    }
    const Entry& top() const { return heap_.front(); }
    void pop() {
        std::pop_heap(heap_.begin(), heap_.end(), later);
        heap_.pop_back();
    }
    bool empty() const { return heap_.empty(); }
    std::size_t size() const { return heap_.size(); }

private:
    static bool later(const Entry& a, const Entry& b) {
        return a.due != b.due ? a.due > b.due : a.index > b.index;
    }
    std::vector<Entry> heap_;
};

}  // namespace vigia
