#include "config/document.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vigia {
namespace {

using std::string_literals::operator""s;

const JsonValue* member(const Document& document, const JsonValue& object, std::string_view key) {
    for (const JsonValue* v = document.first_child(object); v != nullptr; v = document.next(*v)) {
        if (v->key == key) return v;
    }
    return nullptr;
}

TEST(Document, KnowsWhereEveryValueAndKeyStands) {
    const std::string text =
        "// first\n{ /* a: */ \"a\" /*:*/ : [1, -2.5e3 , \"x\" , true,null,],\n"
        " \"b\":{\"c\":{}, }, // \"end\n }";
    const Document document(text);
    ASSERT_EQ(document.fault(), DocumentFault::none);
    const auto at = [&text](std::string_view token) { return text.find(token); };
    const JsonValue& root = *document.root();
    EXPECT_EQ(root.offset, at("{"));
    EXPECT_EQ(root.children, 2U);
    const JsonValue* a = member(document, root, "a");
    ASSERT_NE(a, nullptr);
    EXPECT_EQ(a->key_offset, at("\"a\""));
    EXPECT_EQ(a->offset, at("["));
    EXPECT_EQ(a->children, 5U);
    const std::size_t places[] = {at("1,"), at("-2.5e3"), at("\"x\""), at("true"), at("null")};
    const JsonKind kinds[] = {JsonKind::number, JsonKind::number, JsonKind::string,
                              JsonKind::boolean, JsonKind::null};
    const JsonValue* element = document.first_child(*a);
    for (std::size_t i = 0; i < 5; ++i, element = document.next(*element)) {
        ASSERT_NE(element, nullptr);
        EXPECT_EQ(element->offset, places[i]) << i;
        EXPECT_EQ(element->kind, kinds[i]) << i;
        EXPECT_EQ(document.pointer(*element), "/a/" + std::to_string(i));
    }
    EXPECT_EQ(element, nullptr);
    EXPECT_EQ(document.next(*document.first_child(*a))->text, "-2.5e3");
    const JsonValue* b = member(document, root, "b");
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(b->offset, at("{\"c\""));
    EXPECT_EQ(document.first_child(*b)->offset, at("{}"));
    EXPECT_EQ(document.pointer(*document.first_child(*b)), "/b/c");
    EXPECT_EQ(document.pointer(root), "");
    EXPECT_EQ(document.parent(root), nullptr);
    EXPECT_EQ(document.parent(*b), &root);
}

TEST(Document, DecodesEscapesAndKeepsTheRestAsViewsOfTheText) {
    const std::string text = R"({"caf\u00e9": "a\n\"\\\/\t\ud83d\udd34", "plain": "ñandú 🔴"})";
    const Document document(text);
    ASSERT_EQ(document.fault(), DocumentFault::none);
    const JsonValue* first = document.first_child(*document.root());
    EXPECT_EQ(first->key, "café");
    EXPECT_EQ(first->text, "a\n\"\\/\t🔴");
    const JsonValue* second = document.next(*first);
    EXPECT_EQ(second->text, "ñandú 🔴");
    EXPECT_GE(second->text.data(), text.data());
    EXPECT_LT(second->text.data(), text.data() + text.size());
}

TEST(Document, EscapesThePointerAsRfc6901Says) {
    const std::string text = R"({"a/b": {"m~n": [{"": 1}]}})";
    const Document document(text);
    EXPECT_EQ(document.pointer(document.values().back()), "/a~1b/m~0n/0/");
}

TEST(Document, ListsDuplicatesInSmallAndLargeObjects) {
    const Document small(R"({"a": 1, "b": {"x": 1, "x": 2, "x": 3}, "a": 2})");
    ASSERT_EQ(small.duplicates().size(), 3U);
    for (const DuplicateKey& duplicate : small.duplicates()) {
        EXPECT_EQ(duplicate.value->key, duplicate.first->key);
        EXPECT_LT(duplicate.first->offset, duplicate.value->offset);
    }
    std::string large = "{";
    for (int i = 0; i < 100; ++i) large += "\"k" + std::to_string(i) + "\": 0,";
    const Document document(large + R"("k7": 1, "\u006b7": 2})");
    ASSERT_EQ(document.duplicates().size(), 2U);
    EXPECT_EQ(document.duplicates()[0].first->position, 7U);
    EXPECT_EQ(document.duplicates()[1].value->position, 101U);
}

struct Fault {
    std::string text;
    DocumentFault fault;
    std::size_t offset;
};

TEST(Document, NamesTheFaultAndItsPlace) {
    const Fault rows[] = {
        {"", DocumentFault::empty, 0},
        {" \n// nothing\n", DocumentFault::empty, 13},
        {"{", DocumentFault::key_expected, 1},
        {"{'a': 1}", DocumentFault::key_expected, 1},
        {"{a: 1}", DocumentFault::key_expected, 1},
        {"{,}", DocumentFault::key_expected, 1},
        {"{\"a\" 1}", DocumentFault::colon_expected, 5},
        {"{\"a\": }", DocumentFault::value_expected, 6},
        {"{\"a\": tru}", DocumentFault::value_expected, 9},
        {"{\"a\": NaN}", DocumentFault::value_expected, 6},
        {"{\"a\": .5}", DocumentFault::value_expected, 6},
        {"{\"a\": +5}", DocumentFault::value_expected, 6},
        {"{\"a\": 1 \"b\": 2}", DocumentFault::comma_or_brace_expected, 8},
        {"{\"a\": 1", DocumentFault::comma_or_brace_expected, 7},
        {"{\"a\": 01}", DocumentFault::comma_or_brace_expected, 7},
        {"[1 2]", DocumentFault::comma_or_bracket_expected, 3},
        {"[1,,2]", DocumentFault::value_expected, 3},
        {"[1", DocumentFault::comma_or_bracket_expected, 2},
        {"{} {}", DocumentFault::something_follows, 3},
        {"{}}", DocumentFault::something_follows, 2},
        {"{\"a\": \"x}", DocumentFault::string_not_closed, 6},
        {"{ \"a", DocumentFault::string_not_closed, 2},
        {"{\"a\": \"x\n\"}", DocumentFault::control_in_string, 8},
        {"{\"a\": \"\x01\"}", DocumentFault::control_in_string, 7},
        {"{\"a\": \"b\\c\"}", DocumentFault::bad_escape, 8},
        {"{\"a\": \"\\u12g4\"}", DocumentFault::bad_escape, 7},
        {"{\"a\": \"\\ud800\"}", DocumentFault::bad_surrogate, 7},
        {"{\"a\": \"\\udc00\"}", DocumentFault::bad_surrogate, 6},
        {"{\"\\udc00\": 1}", DocumentFault::bad_surrogate, 1},
        {"{\"a\": 1.}", DocumentFault::bad_number, 8},
        {"{\"a\": 1e}", DocumentFault::bad_number, 8},
        {"{\"a\": 1e999}", DocumentFault::number_too_large, 6},
        {"{\"a\": /* 1}", DocumentFault::syntax, 11},
        {"{\"a\": /x 1}", DocumentFault::syntax, 7},
        {"{}\0"s, DocumentFault::nul_byte, 2},
        {"{\"a\": \"\0\"}"s, DocumentFault::nul_byte, 7},
        {"\xff\xfe{\0}\0"s, DocumentFault::not_utf8, 0},
        {"{}\n// caf\xe9\n", DocumentFault::not_utf8, 9},
        {"{\"a\": \"ñ\xc3\"}", DocumentFault::not_utf8, 9},
        {"{\"a\": \"\xed\xa0\x80\"}", DocumentFault::not_utf8, 7},
    };
    for (const Fault& row : rows) {
        const Document document(row.text);
        EXPECT_EQ(document.fault(), row.fault) << row.text;
        EXPECT_EQ(document.fault_offset(), row.offset) << row.text;
    }
}

TEST(Document, HoldsItsBoundsExactly) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_EQ(Document(nested(Document::kMaxDepth)).fault(), DocumentFault::none);
    EXPECT_EQ(Document(nested(Document::kMaxDepth + 1)).fault(), DocumentFault::too_deep);
    EXPECT_EQ(Document(nested(1'000'000)).fault(), DocumentFault::too_deep);
    EXPECT_EQ(Document(nested(Document::kMaxDepth + 1)).fault_offset(), Document::kMaxDepth);

    std::string many = "[";
    for (std::size_t i = 1; i < Document::kMaxValues; ++i) many += "0,";
    EXPECT_EQ(Document(many + "]").fault(), DocumentFault::none);
    EXPECT_EQ(Document(many + "0]").fault(), DocumentFault::too_many_values);

    std::string large = "{}";
    large.resize(Document::kMaxBytes, ' ');
    EXPECT_EQ(Document(large).fault(), DocumentFault::none);
    EXPECT_EQ(Document(large + " ").fault(), DocumentFault::too_large);
}

TEST(Document, KeepsWhatStoodBeforeAFault) {
    const Document document(R"({"language": "en", "x": )");
    EXPECT_EQ(document.fault(), DocumentFault::value_expected);
    ASSERT_NE(document.root(), nullptr);
    EXPECT_EQ(member(document, *document.root(), "language")->text, "en");
}

TEST(FindMalformedUtf8, PointsAtTheFirstByteThatDoesNotFit) {
    const std::pair<std::string, std::size_t> rows[] = {
        {"", 0},
        {"abc", 3},
        {"ñ\nñ\n", 6},
        {"\x80", 0},
        {"a\n\xff", 2},
        {"ñ\xc3", 2},
        {"€\xe2\x82", 3},
        {"\xc0\xaf", 0},
        {"0123456789abcde\xe9", 15},
        {"12345678\n\xf5", 9},
    };
    for (const auto& [text, offset] : rows) EXPECT_EQ(find_malformed_utf8(text), offset) << text;
}

}  // namespace
}  // namespace vigia
