#include "core/rollup.hpp"

#include "base/rng.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <string>

namespace vigia {
namespace {

using std::chrono::milliseconds;

Rollup sample() {
    Rollup rollup;
    rollup.add(Outcome::up, milliseconds(20));
    rollup.add(Outcome::degraded, milliseconds(40));
    rollup.add(Outcome::down, std::chrono::seconds(10));
    rollup.add(Outcome::unknown, std::chrono::seconds(9));
    rollup.add(Outcome::up, milliseconds(21));
    return rollup;
}

TEST(Rollup, CountsEachOutcomeAndHowLongTheGoodOnesTook) {
    const Rollup rollup = sample();
    EXPECT_EQ(rollup.count(Outcome::up), 2U);
    EXPECT_EQ(rollup.count(Outcome::degraded), 1U);
    EXPECT_EQ(rollup.count(Outcome::down), 1U);
    EXPECT_EQ(rollup.count(Outcome::unknown), 1U);
    EXPECT_EQ(rollup.latency.count(), 3U);
    EXPECT_LT(rollup.latency.percentile(1), milliseconds(42));
}

TEST(Rollup, MergingIsTheSameAsAddingAllToOne) {
    Rollup twice = sample();
    twice.merge(sample());
    Rollup expected = sample();
    expected.add(Outcome::up, milliseconds(20));
    expected.add(Outcome::degraded, milliseconds(40));
    expected.add(Outcome::down, {});
    expected.add(Outcome::unknown, {});
    expected.add(Outcome::up, milliseconds(21));
    EXPECT_EQ(twice, expected);
    Rollup none;
    none.merge(twice);
    EXPECT_EQ(none, twice);
}

TEST(Rollup, ComesBackFromItsBytes) {
    for (const Rollup& rollup : {Rollup(), sample()}) {
        EXPECT_EQ(decode_rollup(encode(rollup)), rollup);
    }
}

TEST(Rollup, BytesThatItNeverWritesAreRefused) {
    const std::string bytes = encode(sample());
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_FALSE(decode_rollup(bytes.substr(0, cut))) << cut;
    }
    EXPECT_FALSE(decode_rollup(bytes + "x"));
    Rng rng(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string broken = bytes;
        broken[rng.below(broken.size())] = static_cast<char>(rng.next());
        const auto read = decode_rollup(broken);
        if (read) EXPECT_EQ(decode_rollup(encode(*read)), read);
    }
}

}  // namespace
}  // namespace vigia
