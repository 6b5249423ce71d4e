#include "core/sql_tokens.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace vigia {
namespace {

bool is_mysql(DbKind kind) {
    return kind == DbKind::mysql || kind == DbKind::mariadb;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Of a character beyond ASCII, behind its first byte.
bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

template <class Predicate>
std::size_t skip(std::string_view text, std::size_t at, Predicate predicate) {
    while (at < text.size() && predicate(text[at])) ++at;
    return at;
}

/// Beginnings of characters beyond ASCII that are no letters: blanks, punctuation and the signs of
/// currencies, which SQL Server takes for the beginning of a number.
constexpr auto kForeignSigns = std::to_array<std::string_view>({
    "\xc2",          // U+0080 to U+00BF
    "\xe0\xa7\xb2",  // U+09F2, U+09F3: rupees
    "\xe0\xa7\xb3",
    "\xe0\xb8\xbf",  // U+0E3F: baht
    "\xe1\x9a\x80",  // U+1680: a blank
    "\xe1\x9f\x9b",  // U+17DB: riel
    "\xe2",          // U+2000 to U+2FFF: punctuation, currencies, symbols
    "\xe3\x80",      // U+3000 to U+303F: the ideographic blank
    "\xef\xb7\xbc",  // U+FDFC: rial
    "\xef\xb9\xa9",  // U+FE69: dollar
    "\xef\xbb\xbf",  // U+FEFF: a blank of no width
    "\xef\xbc\x84",  // U+FF04: dollar
    "\xef\xbf",      // U+FFC0 to U+FFFF: pound, yen, won
});

/// Bytes of the sign beyond ASCII that `rest` begins with; 0 if with none.
std::size_t foreign_sign_size(std::string_view rest) {
    const bool found = std::ranges::any_of(
        kForeignSigns, [rest](std::string_view sign) { return rest.starts_with(sign); });
    if (!found) return 0;
    const std::size_t bytes = rest.front() == '\xc2' ? 2 : 3;
    return skip(rest.substr(0, bytes), 1, &is_continuation);
}

/// `SELECT@@version` is two words to MySQL, and a name to SQL Server.
bool has_signs_in_names(DbKind kind) {
    return kind == DbKind::sqlserver || kind == DbKind::odbc;
}

bool begins_word(std::string_view rest, DbKind kind) {
    const char c = rest.front();
    if (static_cast<unsigned char>(c) >= 0x80) return foreign_sign_size(rest) == 0;
    return is_letter(c) || c == '_' || ((c == '@' || c == '#') && has_signs_in_names(kind));
}

std::size_t word_size(std::string_view rest, DbKind kind) {
    std::size_t size = 0;
    while (size < rest.size()) {
        const char c = rest[size];
        if (!is_digit(c) && c != '$' && !begins_word(rest.substr(size), kind)) break;
        ++size;
    }
    return size;
}

/// An exponent without digits, which SQL Server allows, is left out: it may begin a word.
std::size_t number_size(std::string_view rest) {
    const auto lower = [rest](std::size_t at) {
        return at < rest.size() ? static_cast<char>(rest[at] | 0x20) : '\0';
    };
    if (rest.front() == '0' && lower(1) == 'x') return skip(rest, 2, &is_hex_digit);
    std::size_t end = skip(rest, 0, &is_digit);
    if (end < rest.size() && rest[end] == '.') end = skip(rest, end + 1, &is_digit);
    if (lower(end) != 'e') return end;
    std::size_t exponent = end + 1;
    if (exponent < rest.size() && (rest[exponent] == '+' || rest[exponent] == '-')) ++exponent;
    const std::size_t digits = skip(rest, exponent, &is_digit);
    return digits > exponent ? digits : end;
}

bool begins_number(std::string_view rest) {
    return is_digit(rest.front()) || (rest.size() > 1 && rest[0] == '.' && is_digit(rest[1]));
}

bool begins_line_comment(std::string_view rest, DbKind kind) {
    if (!is_mysql(kind)) return rest.starts_with("--");
    if (rest.starts_with('#')) return true;
    // "5--3" is a difference to MySQL.
    return rest.starts_with("--") &&
           (rest.size() == 2 || static_cast<unsigned char>(rest[2]) <= ' ' || rest[2] == 0x7f);
}

/// True if comments of this kind hold others.
bool nests(DbKind kind) {
    return kind == DbKind::postgresql || kind == DbKind::sqlserver;
}

std::size_t block_comment_size(std::string_view rest, DbKind kind) {
    std::size_t depth = 1;
    std::size_t at = 2;
    while (at < rest.size()) {
        const std::string_view two = rest.substr(at, 2);
        if (two == "*/") {
            at += 2;
            if (--depth == 0) return at;
        } else if (two == "/*" && nests(kind)) {
            at += 2;
            ++depth;
        } else {
            ++at;
        }
    }
    return rest.size();
}

/// Bytes of the blank or comment that `rest` begins with; 0 if with none.
std::size_t gap_size(std::string_view rest, DbKind kind) {
    if (is_space(rest.front())) return 1;
    if (begins_line_comment(rest, kind)) {
        const std::string_view ends = is_mysql(kind) ? "\n" : "\r\n";
        return std::min(rest.find_first_of(ends), rest.size());
    }
    if (is_mysql(kind)) {
        // The frame of what is run all the same.
        for (const std::string_view opening : {"/*!", "/*M!"}) {
            if (rest.starts_with(opening)) return skip(rest, opening.size(), &is_digit);
        }
        if (rest.starts_with("*/")) return 2;
    }
    return rest.starts_with("/*") ? block_comment_size(rest, kind) : 0;
}

bool begins_quoted(std::string_view rest, DbKind kind) {
    switch (rest.front()) {
        case '\'':
        case '"':
            return true;
        case '`':
            return is_mysql(kind);
        case '[':
            return kind == DbKind::sqlserver || kind == DbKind::odbc;
        default:
            return false;
    }
}

/// `]]` stands for a bracket.
std::size_t bracketed_size(std::string_view rest) {
    std::size_t end = rest.find(']');
    while (end != std::string_view::npos && rest.substr(end + 1).starts_with(']')) {
        end = rest.find(']', end + 2);
    }
    return end == std::string_view::npos ? rest.size() : end + 1;
}

/// A doubled quote ends one quotation and begins the next, which comes to the same.
std::size_t quoted_size(std::string_view rest, DbKind kind) {
    if (rest.front() == '[') return bracketed_size(rest);
    const char end = rest.front();
    const bool escapes = is_mysql(kind) && end != '`';
    std::size_t at = 1;
    while (at < rest.size() && rest[at] != end) at += escapes && rest[at] == '\\' ? 2 : 1;
    return std::min(at + 1, rest.size());
}

SqlToken token_at(std::string_view rest, DbKind kind) {
    if (begins_quoted(rest, kind)) {
        return {SqlTokenKind::quoted, rest.substr(0, quoted_size(rest, kind))};
    }
    if (begins_number(rest)) return {SqlTokenKind::number, rest.substr(0, number_size(rest))};
    if (begins_word(rest, kind)) {
        return {SqlTokenKind::word, rest.substr(0, word_size(rest, kind))};
    }
    const std::size_t foreign = foreign_sign_size(rest);
    return {SqlTokenKind::sign, rest.substr(0, foreign == 0 ? 1 : foreign)};
}

}  // namespace

bool SqlToken::is_word(std::string_view lower) const {
    return kind == SqlTokenKind::word && ascii_lower(text) == lower;
}

std::vector<SqlToken> sql_tokens(std::string_view sql, DbKind kind) {
    std::vector<SqlToken> tokens;
    bool glued = false;
    for (std::string_view rest = sql; !rest.empty();) {
        const std::size_t gap = gap_size(rest, kind);
        if (gap > 0) {
            rest.remove_prefix(gap);
            glued = false;
            continue;
        }
        SqlToken token = token_at(rest, kind);
        token.glued = glued;
        rest.remove_prefix(token.text.size());
        tokens.push_back(token);
        glued = true;
    }
    return tokens;
}

}  // namespace vigia
