#include "env/real/pg_glance.hpp"

#include "env/real/descriptor.hpp"

#include <array>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vigia {
namespace {

PgGlance glance_of(std::string_view bytes) {
    PgGlance glance;
    glance.size = bytes.copy(glance.bytes.data(), glance.bytes.size());
    return glance;
}

TEST(PgGlance, LooksWithoutTaking) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const Descriptor ours(ends[0]);
    Descriptor theirs(ends[1]);

    EXPECT_FALSE(glance(ours.get(), nullptr).over());
    EXPECT_EQ(glance(ours.get(), nullptr).size, 0U);

    ASSERT_EQ(::write(theirs.get(), "R123456789abcdef", 16), 16);
    for (int i = 0; i < 2; ++i) {
        const PgGlance seen = glance(ours.get(), nullptr);
        EXPECT_EQ(seen.text(), "R123456789abcdef");
        EXPECT_EQ(seen.waiting, 16U);
    }

    theirs.reset();
    EXPECT_FALSE(glance(ours.get(), nullptr).over());
    std::array<char, 16> taken{};
    ASSERT_EQ(::read(ours.get(), taken.data(), taken.size()), 16);
    EXPECT_TRUE(glance(ours.get(), nullptr).ended);
}

TEST(PgGlance, KnowsARequestToAuthenticate) {
    const auto code = [](std::string_view bytes) { return authentication_code(glance_of(bytes)); };
    EXPECT_EQ(code({"R\0\0\0\x08\0\0\0\0", 9}), 0);
    EXPECT_EQ(code({"R\0\0\0\x17\0\0\0\x0a", 9}), 10);
    EXPECT_EQ(code({"R\0\0\0\x08\0\0\0", 8}), -1);        // not all there yet
    EXPECT_EQ(code({"R\0\0\0\x07\0\0\0\x0a", 9}), -1);    // too short to be one
    EXPECT_EQ(code({"R\x7f\0\0\x17\0\0\0\x0a", 9}), -1);  // too long
    EXPECT_EQ(code({"R\0\0\0\x17\xff\0\0\x0a", 9}), -1);
    EXPECT_EQ(code("Rubbish!!"), -1);
    EXPECT_EQ(code({"E\0\0\0\x08\0\0\0\0", 9}), -1);
    EXPECT_EQ(code(""), -1);
}

TEST(PgGlance, ReadsTheRoundsThatAScramLoginDemands) {
    const auto rounds = [](const std::string& text) {
        const std::string head("R\0\0\0\x30\0\0\0\x0b", 9);
        return scram_iterations(glance_of(head + text));
    };
    EXPECT_EQ(rounds("r=abc,s=c2FsdA==,i=4096"), 4096U);
    EXPECT_EQ(rounds("r=abc,s=c2FsdA==,i=2147483647"), 2147483647U);
    EXPECT_EQ(rounds("r=abc,s=c2FsdA==,i=99999999999999999999999"), UINT64_MAX);
    EXPECT_EQ(rounds("r=abc,s=c2FsdA=="), 0U);
    EXPECT_EQ(scram_iterations(glance_of("not a request at all, i=5,i=6")), 0U);
}

TEST(PgGlance, KnowsTheMethodsThatWaitForOthers) {
    for (const int code : {1, 2, 6, 7, 8, 9}) EXPECT_TRUE(is_foreign_authentication(code)) << code;
    for (const int code : {-1, 0, 3, 5, 10, 11, 12, 99}) {
        EXPECT_FALSE(is_foreign_authentication(code)) << code;
    }
}

}  // namespace
}  // namespace vigia
