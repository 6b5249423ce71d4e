#include "base/rng.hpp"
#include "config/document.hpp"
#include "tests/unit/config/reading.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vigia {
namespace {

using testing::FakeSources;
using testing::read;

std::string example() {
    std::ifstream in(std::filesystem::path(VIGIA_SOURCE_DIR) / "config" / "full.example.json",
                     std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// What every outcome must be, whatever the text.
void expect_sane(const std::string& text) {
    FakeSources world;
    world.files = {{"/f", "content\n"}};
    world.variables = {{"V", "value"}};
    const ConfigOutcome outcome = read(text, world);
    ASSERT_NE(outcome.config.has_value(), !outcome.errors.empty()) << text;
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    const ConfigProblem* before = nullptr;
    for (const ConfigProblem& error : outcome.errors) {
        ASSERT_GE(error.line, 1U);
        ASSERT_LE(error.line, lines);
        ASSERT_GE(error.column, 1U);
        ASSERT_LE(error.column, text.size() + 1);
        ASSERT_FALSE(error.message.empty());
        if (before != nullptr) {
            ASSERT_LE(std::pair(before->line, before->column), std::pair(error.line, error.column));
        }
        before = &error;
    }
}

std::size_t below(Rng& rng, std::size_t bound) {
    return static_cast<std::size_t>(rng.below(bound));
}

/// Changes, removes, inserts, repeats or cuts some bytes.
std::string with_changed_bytes(std::string text, Rng& rng) {
    const std::string_view spice = "{}[]\",:\\/*$\n\t 0e.-\xc3\xb1\xff\x00tfn";
    for (std::size_t n = 1 + below(rng, 4); n > 0; --n) {
        const std::size_t at = below(rng, text.size());
        switch (below(rng, 6)) {
            case 0:
                text[at] = spice[below(rng, spice.size())];
                break;
            case 1:
                text[at] = static_cast<char>(rng.next() & 0xffU);
                break;
            case 2:
                text.erase(at, 1 + below(rng, 20));
                break;
            case 3:
                text.insert(at, 1, spice[below(rng, spice.size())]);
                break;
            case 4:
                text.insert(at, text.substr(below(rng, text.size()), below(rng, 60)));
                break;
            default:
                text.resize(at + 1);
                break;
        }
        if (text.empty()) text = "{";
    }
    return text;
}

/// Replaces one value of the document by another thing.
std::string with_another_value(const std::string& text, const std::vector<std::size_t>& offsets,
                               Rng& rng) {
    const char* others[] = {"null",
                            "true",
                            "-1",
                            "1e308",
                            "0.5",
                            "\"\"",
                            "\"x\"",
                            "[]",
                            "{}",
                            "[[[]]]",
                            "\"${V}\"",
                            "\"${U}\"",
                            "\"/f\"",
                            "99999999999999999999",
                            "{\"a\": {\"b\": 1, \"b\": 1}}",
                            "\"\\u0000\"",
                            "\"http://u:p@h:1/\""};
    const std::size_t start = offsets[below(rng, offsets.size())];
    const std::string_view tail = std::string_view(text).substr(start);
    // A whole scalar, or the opening bracket of what is none: that breaks the structure as well.
    const std::size_t length = tail.front() == '"'
                                   ? std::min(tail.find('"', 1) + 1, tail.size())
                                   : std::min(tail.find_first_of(",}] \n"), tail.size());
    return text.substr(0, start) + others[below(rng, std::size(others))] +
           text.substr(start + std::max<std::size_t>(length, 1));
}

TEST(Mutations, OfBytesNeverBreakTheReader) {
    const std::string text = example();
    ASSERT_FALSE(text.empty());
    Rng rng(20240607);
    for (int i = 0; i < 1200 && !HasFatalFailure(); ++i) expect_sane(with_changed_bytes(text, rng));
}

TEST(Mutations, OfValuesNeverBreakTheReader) {
    const std::string text = example();
    const Document document(text);
    ASSERT_EQ(document.fault(), DocumentFault::none);
    std::vector<std::size_t> offsets;
    for (const JsonValue& value : document.values()) {
        offsets.push_back(value.offset);
        if (value.key_offset != 0) offsets.push_back(value.key_offset);
    }
    Rng rng(7);
    for (int i = 0; i < 800 && !HasFatalFailure(); ++i) {
        expect_sane(with_another_value(text, offsets, rng));
    }
}

}  // namespace
}  // namespace vigia
