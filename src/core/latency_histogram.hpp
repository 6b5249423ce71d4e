#pragma once

#include "base/time.hpp"
#include "core/varint.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vigia {

/// How many latencies of which length, from which any percentile can be read afterwards, also of
/// many histograms together. Whole microseconds; each power of two is divided into 16 buckets of
/// equal width, so that a value read back is off by at most 1/32 (3.1 %) of itself, and exact below
/// 32 µs. The buckets are the same for all: merging loses nothing. A value type; memory goes with
/// the buckets in use, at most 592.
class LatencyHistogram {
public:
    static constexpr double kRelativeError = 1.0 / 32;
    /// Longer ones (12 days) count as this, negative ones as zero.
    static constexpr Duration kLongest = std::chrono::microseconds((std::int64_t{1} << 40U) - 1);

    void add(Duration latency);
    void merge(const LatencyHistogram& other);

    std::uint64_t count() const;
    /// The latency that a `share` (0 … 1) of all do not exceed, by nearest rank. Zero of none.
    Duration percentile(double share) const;

    /// Appends it to `to`: two to four bytes a bucket in use.
    void encode(std::string& to) const;
    /// Takes what encode() wrote; nothing for what it never writes.
    static std::optional<LatencyHistogram> decode(VarintReader& from);

    friend bool operator==(const LatencyHistogram&, const LatencyHistogram&) = default;

private:
    struct Bucket {
        std::uint32_t index = 0;
        std::uint64_t count = 0;

        friend bool operator==(const Bucket&, const Bucket&) = default;
    };
    void add(std::uint32_t index, std::uint64_t count);

    std::vector<Bucket> buckets_;  ///< those in use, by index
};

}  // namespace vigia
