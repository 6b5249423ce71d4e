#include "core/varint.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace vigia {
namespace {

using std::string_literals::operator""s;

TEST(Varint, ComesBackAsItWas) {
    constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{127}, std::uint64_t{128},
          std::uint64_t{16'384}, std::uint64_t{1} << 63U, kLargest}) {
        std::string bytes;
        put_varint(bytes, number);
        VarintReader reader(bytes);
        EXPECT_EQ(reader.take(), number);
        EXPECT_TRUE(reader.at_end());
    }
    for (const std::int64_t number :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, std::int64_t{-64},
          std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        std::string bytes;
        put_signed_varint(bytes, number);
        EXPECT_EQ(VarintReader(bytes).take_signed(), number);
    }
}

TEST(Varint, TakesAsFewBytesAsSevenBitsEach) {
    std::string bytes;
    put_varint(bytes, 127);
    EXPECT_EQ(bytes.size(), 1U);
    put_varint(bytes, 128);
    EXPECT_EQ(bytes.size(), 3U);
}

TEST(Varint, WhatIsNoneIsNothing) {
    for (const std::string& bytes :
         {""s, "\x80"s, std::string(10, '\xff'), std::string(9, '\xff') + "\x02"}) {
        EXPECT_FALSE(VarintReader(bytes).take()) << bytes.size();
    }
    EXPECT_FALSE(VarintReader("\x05").take_at_most(4));
    EXPECT_EQ(VarintReader("\x05").take_at_most(5), 5U);
}

}  // namespace
}  // namespace vigia
