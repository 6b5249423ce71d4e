#include "base/text.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vigia {
namespace {

using std::string_literals::operator""s;

struct Escape {
    const char* what;
    std::string text;
    std::string escaped;
};

TEST(EscapeLine, LeavesOrdinaryTextAlone) {
    for (const char* text : {"", "Web uno", "tab-less \\n \\x1b", "Núñez & <b>\"q\"</b> 100%",
                             "日本語", "🔴 ALERTA", "e\u0301", "\u00a0\u200b\ufeff", "{0} {}"}) {
        EXPECT_EQ(escape_line(text), text);
    }
}

TEST(EscapeLine, EscapesWhatBreaksOrDisguisesALine) {
    const Escape rows[] = {
        {"line breaks", "a\nb\r\nc", "a\\nb\\r\\nc"},
        {"tab", "a\tb", "a\\tb"},
        {"NUL", "a\0b"s, "a\\x00b"},
        {"escape", "\x1b[31mred", "\\x1b[31mred"},
        {"bell, backspace, delete", "\a\b\x7f", "\\x07\\x08\\x7f"},
        {"last of C0", "\x1f ", "\\x1f "},
        {"first and last of C1", "\u0080\u009f\u00a0", "\\u0080\\u009f\u00a0"},
        {"next line", "a\u0085b", "a\\u0085b"},
        {"line and paragraph separator", "\u2028\u2029", "\\u2028\\u2029"},
        {"marks", "\u200e\u200f\u061c", "\\u200e\\u200f\\u061c"},
        {"embeddings and overrides", "\u202a\u202b\u202c\u202d\u202e",
         "\\u202a\\u202b\\u202c\\u202d\\u202e"},
        {"isolates", "\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069"},
        {"neighbours stay", "\u200d\u2027\u202f\u2065\u206a", "\u200d\u2027\u202f\u2065\u206a"},
    };
    for (const Escape& row : rows) EXPECT_EQ(escape_line(row.text), row.escaped) << row.what;
}

TEST(EscapeLine, EscapesEveryByteThatIsNoUtf8) {
    const Escape rows[] = {
        {"lone continuation", "a\x80z", "a\\x80z"},
        {"latin-1", "caf\xe9 ol\xe9", "caf\\xe9 ol\\xe9"},
        {"cut sequence of two", "a\xc3", "a\\xc3"},
        {"cut sequence of three", "\xe2\x82", "\\xe2\\x82"},
        {"cut sequence of four", "\xf0\x9f\x94", "\\xf0\\x9f\\x94"},
        {"cut by a letter", "\xe2\x82z", "\\xe2\\x82z"},
        {"cut by a line break", "\xe2\n\x82", "\\xe2\\n\\x82"},
        {"cut by a good sequence", "\xe2\xc3\xb1", "\\xe2ñ"},
        {"overlong slash", "\xc0\xaf", "\\xc0\\xaf"},
        {"overlong of three", "\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
        {"overlong of four", "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},
        {"overlong line break", "\xc0\x8a", "\\xc0\\x8a"},
        {"last overlong of two", "\xc1\xbf", "\\xc1\\xbf"},
        {"last overlong of three", "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"},
        {"last overlong of four", "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},
        {"surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"beyond U+10FFFF", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"never a lead byte", "\xf5\xfe\xff", "\\xf5\\xfe\\xff"},
        {"UTF-16 mark",
         "\xff\xfe"
         "a",
         "\\xff\\xfea"},
    };
    for (const Escape& row : rows) {
        EXPECT_EQ(escape_line(row.text), row.escaped) << row.what;
        EXPECT_FALSE(is_utf8(row.text)) << row.what;
    }
}

TEST(EscapeLine, TakesTheLastCodePointsOfEachLength) {
    for (const char* text : {"\u00a0", "\u07ff", "\u0800", "\xed\x9f\xbf", "\ue000", "\uffff",
                             "\U00010000", "\U0010ffff"}) {
        EXPECT_EQ(escape_line(text), text);
        EXPECT_TRUE(is_utf8(text));
        EXPECT_EQ(count_code_points(text), 1U);
    }
}

TEST(EscapeLine, TakesLongText) {
    const std::string long_text(1'000'000, '\n');
    const std::string escaped = escape_line(long_text);
    EXPECT_EQ(escaped.size(), 2'000'000U);
    EXPECT_EQ(escaped.find('\n'), std::string::npos);
}

TEST(EscapeLine, IsSafeAndStableOnRandomBytes) {
    Rng rng(1);
    for (int i = 0; i < 2000; ++i) {
        std::string text(rng.below(40), '\0');
        for (char& c : text) c = static_cast<char>(rng.next());
        const std::string escaped = escape_line(text);
        ASSERT_TRUE(is_utf8(escaped));
        ASSERT_GE(escaped.size(), text.size());
        ASSERT_EQ(escape_line(escaped), escaped);
    }
}

TEST(Shorten, CutsBetweenCodePointsAndCountsTheEllipsis) {
    const struct {
        const char* text;
        std::size_t max;
        const char* cut;
    } rows[] = {
        {"", 0, ""},        {"", 10, ""},         {"abc", 3, "abc"},  {"abcd", 3, "…"},
        {"abcde", 4, "a…"}, {"abcdef", 5, "ab…"}, {"abcd", 2, "ab"},  // no room for the ellipsis
        {"abcd", 1, "a"},   {"abcd", 0, ""},      {"ñññ", 6, "ñññ"},  {"ñññ", 5, "ñ…"},
        {"ñññ", 4, "…"},    {"ñññ", 3, "…"},      {"ñññ", 2, "ñ"},    {"ñññ", 1, ""},
        {"🔴🔴", 8, "🔴🔴"},    {"🔴🔴", 7, "🔴…"},      {"🔴🔴", 6, "…"},     {"🔴🔴", 1, ""},
        {"a€€", 6, "a…"},   {"a€€", 5, "a…"},     {"a€€€", 7, "a€…"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(shorten(row.text, row.max), row.cut) << row.text << ' ' << row.max;
    }
}

TEST(Shorten, NeverCutsASequenceOrGrowsWhateverTheBytes) {
    Rng rng(2);
    const std::vector<std::string> pieces = {"a",    "ñ",    "€",        "🔴",
                                             "\x80", "\xc3", "\xe2\x82", "\xff"};
    for (int i = 0; i < 5000; ++i) {
        std::string text;
        for (std::uint64_t n = rng.below(12); n > 0; --n) text += pieces[rng.below(pieces.size())];
        const std::size_t max = rng.below(20);
        const std::string cut = shorten(text, max);
        ASSERT_LE(cut.size(), max);
        if (text.size() <= max) {
            ASSERT_EQ(cut, text);
        }
        if (is_utf8(text)) {
            ASSERT_TRUE(is_utf8(cut)) << text << ' ' << max;
        }
    }
}

TEST(Shorten, TakesLongText) {
    const std::string cut = shorten(std::string(1'000'000, 'x'), 200);
    EXPECT_EQ(cut, std::string(197, 'x') + "…");
}

TEST(CountCodePoints, CountsAMalformedByteAsOne) {
    const struct {
        const char* text;
        std::size_t count;
    } rows[] = {{"", 0},         {"abc", 3},          {"año", 3},         {"🔴 x", 3},
                {"e\u0301", 2},  {"\xff\xfe", 2},     {"\xe2\x82", 2},    {"\xe2\x82z", 3},
                {"\xc3\xb1", 1}, {"\xed\xa0\x80", 3}, {"\xf0\x9f\x94", 3}};
    for (const auto& row : rows) EXPECT_EQ(count_code_points(row.text), row.count) << row.text;
}

TEST(DisplayWidth, CountsTerminalColumnsWhateverTheLocale) {
    const struct {
        const char* text;
        std::size_t width;
    } rows[] = {{"", 0},     {"abc", 3},  {"año", 3},  {"漢字", 4}, {"🔴", 2},      {"e\u0301", 1},
                {"a\nb", 3}, {"\x1b", 1}, {"\xff", 1}, {"ｆｕ", 4}, {"a\u200b", 1}};
    for (const auto& row : rows) EXPECT_EQ(display_width(row.text), row.width) << row.text;
}

TEST(AsciiLower, ChangesAsciiLettersOnly) {
    EXPECT_EQ(ascii_lower(""), "");
    EXPECT_EQ(ascii_lower("AZaz09@[`{"), "azaz09@[`{");
    EXPECT_EQ(ascii_lower("ÁÑ\xc4"), "ÁÑ\xc4");
}

}  // namespace
}  // namespace vigia
