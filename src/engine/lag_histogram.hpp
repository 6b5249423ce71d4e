#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace vigia {

/// Counts durations in logarithmic buckets: eight per power of two of microseconds, so a percentile
/// is at most 1/8 too high. Mergeable by adding; 64 s and more share the last bucket.
class LagHistogram {
public:
    void add(Duration value) {
        ++buckets_[bucket_of(value)];
        ++count_;
        if (value > max_) max_ = value;
    }

    std::uint64_t count() const { return count_; }
    Duration max() const { return max_; }

    /// What was added since `earlier`, a copy of this one; its max() is that of all.
    LagHistogram since(const LagHistogram& earlier) const {
        LagHistogram added = *this;
        for (std::size_t i = 0; i < kBuckets; ++i) added.buckets_[i] -= earlier.buckets_[i];
        added.count_ -= earlier.count_;
        return added;
    }

    /// The upper edge of the bucket that holds the smallest value not below the `p`-th part
    /// (0 < p ≤ 1) of all (nearest rank); zero if there are none.
    Duration percentile(double p) const {
        const auto rank = static_cast<std::uint64_t>(std::ceil(p * static_cast<double>(count_)));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < kBuckets && count_ > 0; ++i) {
            seen += buckets_[i];
            if (seen >= rank && seen > 0) return std::min(upper_edge(i), max_);
        }
        return Duration::zero();
    }

private:
    static constexpr std::size_t kSubBits = 3;
    static constexpr std::size_t kBuckets = 24 << kSubBits;

    static std::size_t bucket_of(Duration value) {
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
        if (us < (1 << kSubBits)) return us < 0 ? 0 : static_cast<std::size_t>(us);
        const auto bits = static_cast<std::uint64_t>(us);
        const auto exponent = static_cast<std::size_t>(std::bit_width(bits)) - 1 - kSubBits;
        const std::size_t index =
            (exponent << kSubBits) + static_cast<std::size_t>(bits >> exponent);
        return index < kBuckets ? index : kBuckets - 1;
    }
    static Duration upper_edge(std::size_t index) {
        const std::size_t next = index + 1;
        if (next <= (1U << kSubBits)) return std::chrono::microseconds(next);
        const std::size_t exponent = (next >> kSubBits) - 1;
        const std::size_t mantissa = next - (exponent << kSubBits);
        return std::chrono::microseconds(static_cast<std::int64_t>(mantissa) << exponent);
    }

    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0;
    Duration max_{};
};

}  // namespace vigia
