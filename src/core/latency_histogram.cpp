#include "core/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

namespace vigia {

namespace {

// The index of a value is how often it must be halved until its first five bits are left, and the
// four after the first: values below 32 are their own index.
constexpr unsigned kBitsKept = 5;
constexpr std::uint64_t kPerPower = 16;
constexpr std::uint32_t kBuckets = 592;

constexpr std::uint32_t index_of(std::uint64_t value) {
    const auto bits = static_cast<unsigned>(std::bit_width(value));
    const unsigned halved = bits > kBitsKept ? bits - kBitsKept : 0;
    return static_cast<std::uint32_t>(halved * kPerPower + (value >> halved));
}

/// The value in the middle of a bucket.
constexpr std::uint64_t middle_of(std::uint32_t index) {
    if (index < 2 * kPerPower) return index;
    const std::uint64_t halved = index / kPerPower - 1;
    const std::uint64_t lowest = (index % kPerPower + kPerPower) << halved;
    return lowest + ((std::uint64_t{1} << halved) - 1) / 2;
}

constexpr std::uint64_t microseconds_of(Duration d) {
    const Duration bounded = std::clamp(d, Duration::zero(), LatencyHistogram::kLongest);
    return static_cast<std::uint64_t>(bounded / std::chrono::microseconds(1));
}

static_assert(index_of(microseconds_of(LatencyHistogram::kLongest)) == kBuckets - 1);
static_assert(index_of(31) == 31 && index_of(32) == 32 && index_of(33) == 32);

/// Counts that nobody ever reaches, but hostile bytes may claim.
constexpr std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
    return a + b < a ? ~std::uint64_t{0} : a + b;
}

}  // namespace

void LatencyHistogram::add(Duration latency) {
    add(index_of(microseconds_of(latency)), 1);
}

void LatencyHistogram::add(std::uint32_t index, std::uint64_t count) {
    const auto at = std::ranges::lower_bound(buckets_, index, {}, &Bucket::index);
    if (at != buckets_.end() && at->index == index) {
        at->count = saturating_sum(at->count, count);
    } else {
        buckets_.insert(at, {index, count});
    }
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
    if (buckets_.empty()) {
        buckets_ = other.buckets_;
        return;
    }
    for (const Bucket& bucket : other.buckets_) add(bucket.index, bucket.count);
}

std::uint64_t LatencyHistogram::count() const {
    std::uint64_t sum = 0;
    for (const Bucket& bucket : buckets_) sum = saturating_sum(sum, bucket.count);
    return sum;
}

Duration LatencyHistogram::percentile(double share) const {
    if (buckets_.empty()) return Duration::zero();
    const double rank = std::max(1.0, std::ceil(share * static_cast<double>(count())));
    std::uint64_t seen = 0;
    for (const Bucket& bucket : buckets_) {
        seen = saturating_sum(seen, bucket.count);
        if (static_cast<double>(seen) >= rank) {
            return std::chrono::microseconds(middle_of(bucket.index));
        }
    }
    return std::chrono::microseconds(middle_of(buckets_.back().index));
}

void LatencyHistogram::encode(std::string& to) const {
    put_varint(to, buckets_.size());
    std::uint32_t next = 0;
    for (const Bucket& bucket : buckets_) {
        put_varint(to, bucket.index - next);
        put_varint(to, bucket.count);
        next = bucket.index + 1;
    }
}

std::optional<LatencyHistogram> LatencyHistogram::decode(VarintReader& from) {
    const std::optional<std::uint64_t> size = from.take_at_most(kBuckets);
    if (!size) return std::nullopt;
    LatencyHistogram histogram;
    std::uint32_t next = 0;
    for (std::uint64_t i = 0; i < *size; ++i) {
        const std::optional<std::uint64_t> skipped = from.take_at_most(kBuckets);
        const std::optional<std::uint64_t> count = from.take();
        if (!skipped || !count || *count == 0 || next + *skipped >= kBuckets) return std::nullopt;
        const std::uint32_t index = next + static_cast<std::uint32_t>(*skipped);
        histogram.buckets_.push_back({index, *count});
        next = index + 1;
    }
    return histogram;
}

}  // namespace vigia
