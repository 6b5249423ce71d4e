#pragma once

namespace vigia {

// ASCII, whatever the locale; a byte of a longer UTF-8 sequence is none of these.

constexpr bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

/// C0 and DEL.
constexpr bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

constexpr bool is_alphanumeric(char c) {
    return is_digit(c) || is_capital(c) || (c >= 'a' && c <= 'z');
}

}  // namespace vigia
