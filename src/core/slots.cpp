#include "core/slots.hpp"

#include <algorithm>
#include <utility>

namespace vigia {

namespace {

class Cover {
public:
    explicit Cover(const OldestSlots& oldest) : oldest_(oldest) {}

    void add(WallTime from, WallTime to, std::size_t tier) {
        const Tier here = kTiers[tier];
        const std::int64_t from_down = slot_of(from, here);
        const std::int64_t to_down = slot_of(to, here);
        const std::int64_t from_up = start_of(from_down, here) < from ? from_down + 1 : from_down;
        const std::int64_t to_up = start_of(to_down, here) < to ? to_down + 1 : to_down;
        if (tier == 0) return put(here, from_down, to_up);

        const bool finer_at_from = reaches(tier - 1, from);
        const bool finer_at_to = reaches(tier - 1, start_of(to_down, here));
        const std::int64_t first = finer_at_from ? from_up : from_down;
        const std::int64_t end = finer_at_to ? to_down : to_up;
        if (first >= end) return add(from, to, tier - 1);
        if (from < start_of(first, here)) add(from, start_of(first, here), tier - 1);
        put(here, first, end);
        if (start_of(end, here) < to) add(start_of(end, here), to, tier - 1);
    }

    std::vector<SlotRange> take() { return std::move(ranges_); }

private:
    bool reaches(std::size_t tier, WallTime at) const {
        return oldest_[tier] && *oldest_[tier] <= slot_of(at, kTiers[tier]);
    }
    void put(Tier tier, std::int64_t first, std::int64_t end) {
        ranges_.push_back({tier, first, end});
    }

    const OldestSlots& oldest_;
    std::vector<SlotRange> ranges_;
};

}  // namespace

std::vector<SlotRange> cover(const TimeRange& range, const OldestSlots& oldest) {
    // Rounding up must not leave the range of the clock.
    constexpr WallTime kLast = WallTime::max() - std::chrono::hours(48);
    const WallTime from = std::clamp(range.from, WallTime{}, kLast);
    const WallTime to = std::clamp(range.to, WallTime{}, kLast);
    if (from >= to) return {};
    Cover cover(oldest);
    cover.add(from, to, kTiers.size() - 1);
    return cover.take();
}

}  // namespace vigia
