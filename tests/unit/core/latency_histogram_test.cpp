#include "core/latency_histogram.hpp"

#include "base/rng.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vigia {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

LatencyHistogram of(const std::vector<Duration>& latencies) {
    LatencyHistogram histogram;
    for (const Duration latency : latencies) histogram.add(latency);
    return histogram;
}

std::optional<LatencyHistogram> decoded(const std::string& bytes) {
    VarintReader reader(bytes);
    return LatencyHistogram::decode(reader);
}

/// Latencies over the whole range, each power of two as likely as any other.
std::vector<Duration> random_latencies(Rng& rng, std::size_t count) {
    std::vector<Duration> latencies;
    for (std::size_t i = 0; i < count; ++i) {
        latencies.emplace_back(
            microseconds(static_cast<std::int64_t>(std::exp2(rng.uniform(0, 39.9)))));
    }
    return latencies;
}

TEST(LatencyHistogram, OfNoneHasNoPercentile) {
    EXPECT_EQ(LatencyHistogram().count(), 0U);
    EXPECT_EQ(LatencyHistogram().percentile(0.5), Duration::zero());
}

TEST(LatencyHistogram, IsExactBelowThirtyTwoMicroseconds) {
    for (int us = 0; us < 32; ++us) {
        EXPECT_EQ(of({microseconds(us)}).percentile(0.5), microseconds(us));
    }
}

TEST(LatencyHistogram, GivesBackEveryLengthWithinItsRelativeError) {
    Rng rng(1);
    for (const Duration latency : random_latencies(rng, 20'000)) {
        const Duration found = of({latency}).percentile(1);
        EXPECT_LE(std::abs(to_seconds(found - latency)),
                  to_seconds(latency) * LatencyHistogram::kRelativeError)
            << latency.count();
    }
}

TEST(LatencyHistogram, PercentilesAreThoseOfTheSortedLatenciesWithinTheError) {
    Rng rng(2);
    std::vector<Duration> latencies = random_latencies(rng, 1001);
    const LatencyHistogram histogram = of(latencies);
    std::ranges::sort(latencies);
    for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(share * 1001)));
        const double exact = to_seconds(latencies[rank - 1]);
        EXPECT_NEAR(to_seconds(histogram.percentile(share)), exact,
                    exact * LatencyHistogram::kRelativeError)
            << share;
    }
}

TEST(LatencyHistogram, MergingIsTheSameAsAddingAllToOne) {
    Rng rng(3);
    LatencyHistogram all;
    LatencyHistogram merged;
    for (std::size_t part = 0; part < 20; ++part) {
        const std::vector<Duration> latencies = random_latencies(rng, 1 + 7 * part);
        for (const Duration latency : latencies) all.add(latency);
        merged.merge(of(latencies));
    }
    EXPECT_EQ(merged, all);
    EXPECT_EQ(merged.count(), all.count());
}

TEST(LatencyHistogram, WhatIsOutOfRangeCountsAsTheNearestThatIsNot) {
    EXPECT_EQ(of({nanoseconds(-1), Duration::min()}).percentile(1), Duration::zero());
    const Duration longest = of({Duration::max(), hours(24 * 365)}).percentile(0);
    EXPECT_EQ(longest, of({LatencyHistogram::kLongest}).percentile(0));
    EXPECT_GT(longest, hours(24 * 12));
}

TEST(LatencyHistogram, ComesBackFromItsBytes) {
    Rng rng(4);
    for (const std::size_t count : {0U, 1U, 30U, 5000U}) {
        const LatencyHistogram histogram = of(random_latencies(rng, count));
        std::string bytes = "x";
        histogram.encode(bytes);
        EXPECT_EQ(decoded(bytes.substr(1)), histogram);
    }
}

TEST(LatencyHistogram, OfAQuietMonitorTakesFewBytes) {
    Rng rng(5);
    LatencyHistogram histogram;
    for (int i = 0; i < 30; ++i) {
        histogram.add(from_seconds(0.1 * rng.uniform(0.9, 1.1)));
    }
    std::string bytes;
    histogram.encode(bytes);
    EXPECT_LE(bytes.size(), 16U);
}

TEST(LatencyHistogram, BytesThatItNeverWritesAreRefused) {
    struct Case {
        const char* name;
        std::string bytes;
    };
    const std::string last("\x01\xcf\x04\x01", 4);
    ASSERT_TRUE(decoded(last));
    for (const Case& c : {Case{"nothing", ""},
                          {"too many buckets", std::string("\xff\x7f\x00\x01", 4)},
                          {"fewer buckets than said", std::string("\x02\x05\x01", 3)},
                          {"an empty bucket", std::string("\x01\x05\x00", 3)},
                          {"a bucket beyond the last", std::string("\x01\xd0\x04\x01", 4)},
                          {"one after the last", std::string("\x02\xcf\x04\x01\x00\x01", 6)}}) {
        EXPECT_FALSE(decoded(c.bytes)) << c.name;
    }
}

TEST(LatencyHistogram, AnyBytesAreReadOrRefused) {
    Rng rng(6);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes;
        for (std::uint64_t n = rng.below(40); n > 0; --n) {
            bytes.push_back(static_cast<char>(rng.next()));
        }
        if (const auto histogram = decoded(bytes)) {
            std::string again;
            histogram->encode(again);
            EXPECT_EQ(decoded(again), histogram);
            EXPECT_GE(histogram->percentile(1), histogram->percentile(0));
        }
    }
}

TEST(LatencyHistogram, CountsThatNobodyReachesDoNotOverflow) {
    std::string bytes("\x01\x05", 2);
    put_varint(bytes, ~std::uint64_t{0});
    LatencyHistogram histogram = decoded(bytes).value();
    histogram.merge(histogram);
    histogram.add(seconds(1));
    EXPECT_EQ(histogram.count(), ~std::uint64_t{0});
    EXPECT_EQ(histogram.percentile(0.5), microseconds(5));
}

}  // namespace
}  // namespace vigia
