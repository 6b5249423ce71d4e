#include "env/real/mysql_frames.hpp"

#include <gtest/gtest.h>
#include <string>

namespace vigia::test {
namespace {

std::string packet(std::uint8_t number, const std::string& payload) {
    std::string bytes;
    for (const unsigned shift : {0U, 8U, 16U}) {
        bytes += static_cast<char>(payload.size() >> shift & 0xffU);
    }
    return bytes + static_cast<char>(number) + payload;
}

std::size_t take(MysqlFrames& frames, const std::string& bytes) {
    return frames.take(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

TEST(MysqlFrames, FollowNumbersInPiecesOfAnySize) {
    std::string stream;
    for (int i = 0; i < 600; ++i) {
        stream +=
            packet(static_cast<std::uint8_t>(i), std::string(static_cast<std::size_t>(i), 'x'));
    }
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
        MysqlFrames frames;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            const std::string part = stream.substr(at, piece);
            ASSERT_EQ(take(frames, part), part.size()) << at;
        }
        EXPECT_EQ(frames.next(), 600 % 256);
        EXPECT_TRUE(frames.at_boundary());
    }
}

TEST(MysqlFrames, StopBeforeWhatIsNoPacket) {
    for (const char* const text : {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n"}) {
        MysqlFrames frames;
        EXPECT_EQ(take(frames, text), 0U) << text;
        EXPECT_TRUE(frames.is_unsound());
        EXPECT_EQ(take(frames, packet(0, "x")), 0U);
    }
    const std::string good = packet(0, "x");
    for (const std::string& bad : {packet(0, "x"), packet(2, "")}) {
        MysqlFrames frames;
        EXPECT_EQ(take(frames, good + bad), good.size());
        EXPECT_TRUE(frames.is_unsound());
    }
}

TEST(MysqlFrames, LetErrorsThroughThatNobodyAskedFor) {
    MysqlFrames frames;
    frames.expect(7);
    const std::string error = packet(0, "\xff\x1d\x04");
    EXPECT_EQ(take(frames, error), error.size());
    EXPECT_FALSE(frames.is_unsound());
}

TEST(MysqlFrames, StopBeforeAGiant) {
    MysqlFrames frames;
    const std::string good = packet(0, "x");
    EXPECT_EQ(take(frames, good + std::string("\xff\xff\xff\x01xxx", 7)), good.size());
    EXPECT_TRUE(frames.has_giant());
    EXPECT_FALSE(frames.is_unsound());
}

}  // namespace
}  // namespace vigia::test
