#include "base/text.hpp"

#include <algorithm>
#include <clocale>
#include <cstdint>
#include <cwchar>

namespace vigia {
namespace {

constexpr std::string_view kEllipsis = "…";

/// One step of reading UTF-8: a code point of `length` bytes, or, where `valid` is false, the one
/// byte that does not fit.
struct CodePoint {
    char32_t value = 0;
    std::size_t length = 1;
    bool valid = false;
};

std::uint32_t byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

/// Reads at `at` < text.size(). Well-formed as in table 3-7 of the Unicode Standard: the range of
/// the second byte shuts out overlong forms, surrogates and what lies beyond U+10FFFF.
CodePoint decode(std::string_view text, std::size_t at) {
    const std::uint32_t lead = byte_at(text, at);
    const CodePoint malformed{.value = lead, .length = 1, .valid = false};
    if (lead < 0x80) return {.value = lead, .length = 1, .valid = true};

    std::size_t length = 0;
    std::uint32_t second_low = 0x80;
    std::uint32_t second_high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        if (lead == 0xe0) second_low = 0xa0;
        if (lead == 0xed) second_high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        if (lead == 0xf0) second_low = 0x90;
        if (lead == 0xf4) second_high = 0x8f;
    } else {
        return malformed;
    }
    if (text.size() - at < length) return malformed;

    char32_t value = lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const std::uint32_t next = byte_at(text, at + i);
        const bool second = i == 1;
        if (next < (second ? second_low : 0x80U) || next > (second ? second_high : 0xbfU)) {
            return malformed;
        }
        value = (value << 6U) | (next & 0x3fU);
    }
    return {.value = value, .length = length, .valid = true};
}

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

/// Reorders or breaks what stands around it, invisibly.
bool is_disguise(char32_t c) {
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

/// Appends `prefix` and the last `digits` hexadecimal digits of `value`.
void append_hex(std::string& out, std::string_view prefix, std::uint32_t value, unsigned digits) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += prefix;
    for (unsigned i = digits; i > 0; --i) out += kDigits[(value >> (4 * (i - 1))) & 0xfU];
}

void append_escape(std::string& out, char32_t c) {
    if (c == U'\n') {
        out += "\\n";
    } else if (c == U'\r') {
        out += "\\r";
    } else if (c == U'\t') {
        out += "\\t";
    } else if (c < 0x80) {
        append_hex(out, "\\x", c, 2);
    } else {
        append_hex(out, "\\u", c, 4);  // every disguise is below U+10000
    }
}

/// Makes UTF-8 the character set of this thread while it lives: wcwidth() knows no other way to be
/// told. Without such a locale on the machine nothing changes.
class Utf8Locale {
public:
    Utf8Locale() : previous_(shared() == locale_t{} ? locale_t{} : ::uselocale(shared())) {}
    ~Utf8Locale() {
        if (previous_ != locale_t{}) ::uselocale(previous_);
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

private:
    static locale_t shared() {
        static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
        return locale;
    }

    locale_t previous_;
};

}  // namespace

std::string escape_line(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t plain = 0;  // where the run begins that may stay as it is
    for (std::size_t at = 0; at < text.size();) {
        const std::uint32_t byte = byte_at(text, at);
        if (byte >= 0x20 && byte < 0x7f) {
            ++at;
            continue;
        }
        const CodePoint c = decode(text, at);
        if (!c.valid || is_control(c.value) || is_disguise(c.value)) {
            out.append(text, plain, at - plain);
            if (c.valid) {
                append_escape(out, c.value);
            } else {
                append_hex(out, "\\x", byte, 2);
            }
            plain = at + c.length;
        }
        at += c.length;
    }
    out.append(text, plain);
    return out;
}

std::string shorten(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return std::string(text);
    const std::string_view mark = max_bytes >= kEllipsis.size() ? kEllipsis : std::string_view{};
    std::size_t end = max_bytes - mark.size();
    // The only sequence that the cut can hit begins at most three bytes before it.
    for (std::size_t start = end - std::min<std::size_t>(end, 3); start < end; ++start) {
        const CodePoint c = decode(text, start);
        if (c.valid && start + c.length > end) {
            end = start;
            break;
        }
    }
    std::string out(text.substr(0, end));
    out += mark;
    return out;
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = decode(text, at);
        if (!c.valid) return false;
        at += c.length;
    }
    return true;
}

std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) at += decode(text, at).length;
    return count;
}

std::size_t display_width(std::string_view text) {
    const Utf8Locale utf8;
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = decode(text, at);
        const int columns = c.valid ? ::wcwidth(static_cast<wchar_t>(c.value)) : -1;
        width += columns < 0 ? 1U : static_cast<std::size_t>(columns);
        at += c.length;
    }
    return width;
}

std::string ascii_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

}  // namespace vigia
