#include "cli/columns.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vigia {
namespace {

TEST(Columns, FitCutsByWidthNotByBytes) {
    const struct {
        std::string text;
        std::size_t columns;
        std::string fitted;
    } rows[] = {
        {"", 0, ""},          {"abc", 3, "abc"},       {"abcd", 3, "ab…"},
        {"abc", 1, "…"},      {"abc", 0, ""},          {"ñandú", 5, "ñandú"},
        {"ñandú", 4, "ñan…"}, {"日本語", 6, "日本語"}, {"日本語", 5, "日本…"},
        {"日本語", 4, "日…"}, {"日本語", 2, "…"},      {"a🐦b", 4, "a🐦b"},
        {"a🐦bc", 4, "a🐦…"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(fit(row.text, row.columns), row.fitted);
        EXPECT_LE(display_width(fit(row.text, row.columns)), row.columns);
    }
}

TEST(Columns, FitKeepsCombiningMarksWithTheirLetter) {
    EXPECT_EQ(fit("ne\u0301e", 3), "ne\u0301e");
    EXPECT_EQ(fit("ne\u0301ew", 3), "ne\u0301…");
}

TEST(Columns, PadCountsColumns) {
    EXPECT_EQ(pad("ñ", 3), "ñ  ");
    EXPECT_EQ(pad("日", 3), "日 ");
    EXPECT_EQ(pad("abcd", 3), "abcd");
}

TEST(Columns, WrapBreaksAtSpacesAndInsideLongWordsOnly) {
    using Lines = std::vector<std::string>;
    const struct {
        std::string text;
        std::size_t columns;
        Lines lines;
    } rows[] = {
        {"", 10, {""}},
        {"one two three", 7, {"one two", "three"}},
        {"one two three", 13, {"one two three"}},
        {"abcdefgh", 3, {"abc", "def", "gh"}},
        {"x abcdef", 3, {"x", "abc", "def"}},
        {"abcdef x", 3, {"abc", "def", "x"}},
        {"日本語", 3, {"日", "本", "語"}},
        {"日", 1, {"日"}},
        {"a  b ", 9, {"a b"}},
        {"a", 0, {"a"}},
    };
    for (const auto& row : rows) EXPECT_EQ(wrap(row.text, row.columns), row.lines) << row.text;
}

}  // namespace
}  // namespace vigia
