// Text from outside: what escape_line() and its neighbours promise must hold for any bytes.

#include "base/assert.hpp"
#include "base/text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

/// Decodes UTF-8 in its own way, from the bits alone: the escaped text must be readable by others.
/// Calls `f` with each code point; false at the first byte that does not fit.
template <class F>
bool for_each_code_point(std::string_view text, F f) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const unsigned length = lead < 0x80   ? 1
                                : lead < 0xc0 ? 0
                                : lead < 0xe0 ? 2
                                : lead < 0xf0 ? 3
                                              : 4;
        if (length == 0 || lead >= 0xf8 || i + length > text.size()) return false;
        std::uint32_t c = length == 1 ? lead : lead & (0xffU >> (length + 1));
        for (unsigned k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xc0U) != 0x80U) return false;
            c = c * 64 + (next & 0x3fU);
        }
        constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
        if (c < kLeast[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return false;
        f(c);
        i += length;
    }
    return true;
}

bool is_dangerous(std::uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

void check_escaping(std::string_view text) {
    const std::string line = vigia::escape_line(text);
    const bool valid =
        for_each_code_point(line, [](std::uint32_t c) { VIGIA_ASSERT(!is_dangerous(c)); });
    VIGIA_ASSERT(valid);
    VIGIA_ASSERT(vigia::is_utf8(line));
    VIGIA_ASSERT(line.size() >= text.size());
    VIGIA_ASSERT(vigia::escape_line(line) == line);
}

void check_counting(std::string_view text) {
    std::size_t count = 0;
    bool dangerous = false;
    const bool valid = for_each_code_point(text, [&](std::uint32_t c) {
        ++count;
        dangerous = dangerous || is_dangerous(c);
    });
    VIGIA_ASSERT(vigia::is_utf8(text) == valid);
    if (valid) VIGIA_ASSERT(vigia::count_code_points(text) == count);
    if (valid && !dangerous) VIGIA_ASSERT(vigia::escape_line(text) == text);
    VIGIA_ASSERT(vigia::count_code_points(text) <= text.size());
    VIGIA_ASSERT(vigia::display_width(text) <= 2 * vigia::count_code_points(text));
    VIGIA_ASSERT(vigia::ascii_lower(text).size() == text.size());
}

void check_shortening(std::string_view text, std::size_t max_bytes) {
    constexpr std::string_view kEllipsis = "\xe2\x80\xa6";
    const std::string cut = vigia::shorten(text, max_bytes);
    VIGIA_ASSERT(cut.size() <= max_bytes);
    if (text.size() <= max_bytes) {
        VIGIA_ASSERT(cut == text);
        return;
    }
    std::string_view kept = cut;
    if (max_bytes >= kEllipsis.size()) {
        VIGIA_ASSERT(kept.ends_with(kEllipsis));
        kept.remove_suffix(kEllipsis.size());
        // Nothing is thrown away but what the cut would have hit.
        VIGIA_ASSERT(kept.size() + kEllipsis.size() + 3 >= max_bytes);
    }
    VIGIA_ASSERT(text.starts_with(kept));
    if (vigia::is_utf8(text)) VIGIA_ASSERT(vigia::is_utf8(kept));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t max_bytes = bytes[0];
    const std::string text(reinterpret_cast<const char*>(bytes + 1), size - 1);
    check_escaping(text);
    check_counting(text);
    check_shortening(text, max_bytes);
    return 0;
}
