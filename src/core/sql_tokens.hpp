#pragma once

#include "core/database.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace vigia {

enum class SqlTokenKind : std::uint8_t {
    word,    ///< a keyword, a name, a variable with its `@`
    number,  ///< ends where it can: `1DROP` is a number and a word
    quoted,  ///< a text or a quoted name; unclosed: all that follows
    sign,    ///< any other character
};

/// A piece of a statement. `text` is a view of it.
struct SqlToken {
    SqlTokenKind kind = SqlTokenKind::sign;
    std::string_view text;
    bool glued = false;  ///< stands at once behind the token before

    bool is_sign(char c) const { return kind == SqlTokenKind::sign && text.front() == c; }
    /// True if it is this word, which is written in lower case here.
    bool is_word(std::string_view lower) const;
};

/// `sql` without blanks and comments, as servers of this kind take it apart, as far as that decides
/// what is a keyword. Where they differ among themselves (a sign beyond ASCII may be a letter of a
/// name or stand alone), the more words win. What MySQL runs out of a comment (`/*! … */`) is no
/// comment. PostgreSQL's texts with backslashes and between `$` are not known. Pure.
std::vector<SqlToken> sql_tokens(std::string_view sql, DbKind kind);

}  // namespace vigia
