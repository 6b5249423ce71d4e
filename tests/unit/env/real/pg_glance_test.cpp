#include "env/real/pg_glance.hpp"

#include "env/real/descriptor.hpp"

#include <array>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vigia {
namespace {

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
    }

    theirs.reset();
    EXPECT_FALSE(glance(ours.get(), nullptr).over());
    std::array<char, 16> taken{};
    ASSERT_EQ(::read(ours.get(), taken.data(), taken.size()), 16);
    EXPECT_TRUE(glance(ours.get(), nullptr).ended);
}

}  // namespace
}  // namespace vigia
