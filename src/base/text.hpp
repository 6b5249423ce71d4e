#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vigia {

/// Makes text from outside safe for one line of a log, a table or a subject: control characters
/// (C0, DEL, C1) become `\n`, `\t`, `\x1b`, `\u0085`; bidirectional and line-separating code points
/// (U+200E/F, U+2028/9, U+202A-E, U+2066-9, U+061C) become `\u202e`; bytes that are not UTF-8
/// become `\xff`, each by itself. Everything else stays, the backslash too: the escapes are for
/// people and not to be undone. The result is valid UTF-8, never shorter than `text`, and escaping
/// it again changes nothing.
std::string escape_line(std::string_view text);

/// `text` if it takes at most `max_bytes` bytes; else its longest prefix that does not cut a UTF-8
/// sequence and leaves room for the ellipsis that is appended (three bytes, counted in `max_bytes`;
/// left out where not even it would fit).
std::string shorten(std::string_view text, std::size_t max_bytes);

/// True if `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

/// Number of code points; a malformed byte counts as one.
std::size_t count_code_points(std::string_view text);

/// Columns that `text` takes on a terminal: wcwidth() of each code point, whatever the locale of
/// the process; 1 for what cannot be printed. Any thread.
std::size_t display_width(std::string_view text);

/// Lower case of ASCII letters only.
std::string ascii_lower(std::string_view text);

}  // namespace vigia
