#include "env/real/utf16.hpp"

#include "base/text.hpp"

#include <cstddef>
#include <cstdint>

namespace vigia {

namespace {

constexpr char16_t kReplacement = 0xFFFD;
constexpr std::uint32_t kFirstBeyond = 0x10000;
constexpr std::uint32_t kHigh = 0xD800;
constexpr std::uint32_t kLow = 0xDC00;
constexpr std::uint32_t kSurrogatesEnd = 0xE000;

std::size_t size_by_first_byte(unsigned char first) {
    if (first < 0x80) return 1;
    if (first < 0xE0) return 2;
    return first < 0xF0 ? 3 : 4;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        tail(0);
    } else if (code < kFirstBeyond) {
        out += static_cast<char>(0xE0 | (code >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

}  // namespace

std::u16string to_utf16(std::string_view text) {
    std::u16string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        const std::size_t size = size_by_first_byte(first);
        const std::string_view character = text.substr(at, size);
        if (character.size() < size || !is_utf8(character)) {
            out += kReplacement;
            ++at;
            continue;
        }
        std::uint32_t code = size == 1 ? first : first & (0x7FU >> size);
        for (std::size_t i = 1; i < size; ++i) {
            code = code << 6 | (static_cast<unsigned char>(character[i]) & 0x3FU);
        }
        if (code >= kFirstBeyond) {
            const std::uint32_t beyond = code - kFirstBeyond;
            out += static_cast<char16_t>(kHigh + (beyond >> 10));
            out += static_cast<char16_t>(kLow + (beyond & 0x3FF));
        } else {
            out += static_cast<char16_t>(code);
        }
        at += size;
    }
    return out;
}

std::string from_utf16(std::u16string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::uint32_t unit = text[at];
        const std::uint32_t next = at + 1 < text.size() ? text[at + 1] : 0;
        const bool pair = unit >= kHigh && unit < kLow && next >= kLow && next < kSurrogatesEnd;
        if (pair) {
            append_utf8(out, kFirstBeyond + ((unit - kHigh) << 10) + (next - kLow));
            ++at;
        } else {
            const bool lone = unit >= kHigh && unit < kSurrogatesEnd;
            append_utf8(out, lone ? kReplacement : unit);
        }
    }
    return out;
}

}  // namespace vigia
