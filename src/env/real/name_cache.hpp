#pragma once

#include "base/time.hpp"
#include "env/real/resolver.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace vigia {

/// Names and where they lead, each until its time runs out; the oldest make room for new ones.
/// Not synchronised.
class NameCache {
public:
    explicit NameCache(std::size_t capacity) : capacity_(capacity) {}

    /// Null if unknown or expired at `now`.
    std::shared_ptr<const AddressList> find(std::string_view name, MonoTime now) const {
        const auto found = index_.find(name);
        if (found == index_.end() || found->second->expires <= now) return nullptr;
        return found->second->addresses;
    }

    void put(std::string name, std::shared_ptr<const AddressList> addresses, MonoTime expires) {
        if (capacity_ == 0) return;
        erase(name);
        if (entries_.size() >= capacity_) erase(entries_.front().name);
        entries_.push_back(Entry{std::move(name), std::move(addresses), expires});
        index_.emplace(entries_.back().name, std::prev(entries_.end()));
    }

    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::string name;
        std::shared_ptr<const AddressList> addresses;
        MonoTime expires;
    };

    void erase(std::string_view name) {
        const auto found = index_.find(name);
        if (found == index_.end()) return;
        const auto entry = found->second;
        index_.erase(found);  // its key is a view of the entry's name
        entries_.erase(entry);
    }

    std::size_t capacity_;
    std::list<Entry> entries_;  // oldest in front
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;
};

}  // namespace vigia
