#include "env/real/utf16.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

TEST(Utf16, GoesThereAndBack) {
    for (const char* const text : {"", "abc", "ñ", "☂", "😀", "a😀ñ☂b", "\x7f\xc2\x80"}) {
        EXPECT_EQ(from_utf16(to_utf16(text)), text);
    }
    EXPECT_EQ(to_utf16("ñ😀"), u"ñ😀");
}

TEST(Utf16, ReplacesWhatIsMalformed) {
    EXPECT_EQ(to_utf16("a\xff"
                       "b"),
              u"a\uFFFDb");
    EXPECT_EQ(to_utf16("\xe2\x98"), u"\uFFFD\uFFFD");
    EXPECT_EQ(to_utf16("\xed\xa0\x80"), u"\uFFFD\uFFFD\uFFFD");
    const char16_t lone[] = {0xD83D, u'x', 0xDE00, 0};
    EXPECT_EQ(from_utf16(lone), "\uFFFDx\uFFFD");
}

}  // namespace
}  // namespace vigia
