// Texts to and from UTF-16, beside the C library's iconv(3): what that converts, comes out the
// same; of what it refuses, exactly the malformed units and bytes become U+FFFD. The input is taken
// as UTF-8 and, two bytes a unit, as UTF-16.

#include "base/assert.hpp"
#include "base/text.hpp"
#include "env/real/utf16.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iconv.h>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace vigia;

constexpr char16_t kReplacement = 0xFFFD;

/// None if `bytes` are not well-formed.
std::optional<std::string> converted(std::string_view bytes, iconv_t way) {
    std::string from(bytes);
    std::string out(3 * bytes.size() + 4, '\0');
    char* source = from.data();
    char* target = out.data();
    std::size_t left = from.size();
    std::size_t room = out.size();
    ::iconv(way, nullptr, nullptr, nullptr, nullptr);
    if (::iconv(way, &source, &left, &target, &room) == static_cast<std::size_t>(-1)) {
        return std::nullopt;
    }
    out.resize(out.size() - room);
    return out;
}

std::string_view bytes_of(const std::u16string& units) {
    return {reinterpret_cast<const char*>(units.data()), units.size() * sizeof(char16_t)};
}

/// With U+FFFD for each surrogate that is not one of a pair.
std::u16string mended(std::u16string units) {
    const auto is_high = [&](std::size_t at) { return (units[at] & 0xFC00) == 0xD800; };
    const auto is_low = [&](std::size_t at) { return (units[at] & 0xFC00) == 0xDC00; };
    for (std::size_t at = 0; at < units.size(); ++at) {
        if (is_high(at) && at + 1 < units.size() && is_low(at + 1)) {
            ++at;
        } else if (is_high(at) || is_low(at)) {
            units[at] = kReplacement;
        }
    }
    return units;
}

/// Each malformed byte by itself: none that begins well-formed UTF-8 of its length.
std::string mended(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t size = 4;
        while (size > 0 && (size > text.size() || !is_utf8(text.substr(0, size)) ||
                            count_code_points(text.substr(0, size)) != 1)) {
            --size;
        }
        out += size == 0 ? "\xef\xbf\xbd" : text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

void check_text(std::string_view text) {
    static const iconv_t way = ::iconv_open("UTF-16LE", "UTF-8");
    const std::u16string units = to_utf16(text);
    VIGIA_ASSERT(units.size() <= text.size());
    const std::optional<std::string> expected = converted(text, way);
    VIGIA_ASSERT(expected.has_value() == is_utf8(text));
    if (expected) VIGIA_ASSERT(bytes_of(units) == *expected);
    VIGIA_ASSERT(from_utf16(units) == mended(text));
}

void check_units(const std::u16string& units) {
    static const iconv_t way = ::iconv_open("UTF-8", "UTF-16LE");
    const std::string text = from_utf16(units);
    VIGIA_ASSERT(is_utf8(text) && text.size() <= 3 * units.size());
    if (const auto expected = converted(bytes_of(units), way)) VIGIA_ASSERT(text == *expected);
    VIGIA_ASSERT(to_utf16(text) == mended(units));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    check_text({reinterpret_cast<const char*>(bytes), size});
    std::u16string units(size / sizeof(char16_t), u'\0');
    std::memcpy(units.data(), bytes, units.size() * sizeof(char16_t));
    check_units(units);
    return 0;
}
