#include "core/sql_guard.hpp"

#include "base/i18n.hpp"
#include "base/text.hpp"
#include "core/sql_tokens.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace vigia {
namespace {

using Tokens = std::vector<SqlToken>;

/// Statements that begin so only read.
constexpr auto kReadingWords = std::to_array<std::string_view>({
    "select",
    "with",
    "values",
    "table",
    "show",
    "explain",
    "describe",
    "desc",
});

/// Reserved in T-SQL: no unquoted name may be one of them.
constexpr auto kWritingWords = std::to_array<std::string_view>({
    "add",    "alter",    "backup",      "begin",   "checkpoint", "commit", "create",    "dbcc",
    "delete", "deny",     "drop",        "exec",    "execute",    "grant",  "insert",    "into",
    "kill",   "merge",    "reconfigure", "restore", "revert",     "revoke", "rollback",  "save",
    "set",    "shutdown", "truncate",    "update",  "updatetext", "use",    "writetext",
});

template <std::size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

/// The token after the one at `at`, or a sign that nothing is.
SqlToken after(const Tokens& tokens, std::size_t at) {
    return at + 1 < tokens.size() ? tokens[at + 1] : SqlToken{SqlTokenKind::sign, " "};
}

/// `OPTION (MERGE JOIN, USE HINT ('…'))`, `INNER MERGE JOIN`. JOIN and UNION are reserved, so that
/// no MERGE goes into a table of that name; a statement USE follows no bracket and no comma.
bool is_hint(const Tokens& tokens, std::size_t at) {
    const SqlToken next = after(tokens, at);
    if (tokens[at].is_word("merge")) return next.is_word("join") || next.is_word("union");
    if (!tokens[at].is_word("use") || at == 0) return false;
    const bool listed = tokens[at - 1].is_sign('(') || tokens[at - 1].is_sign(',');
    return listed && (next.is_word("hint") || next.is_word("plan"));
}

bool is_writing(const Tokens& tokens, std::size_t at) {
    if (tokens[at].kind != SqlTokenKind::word || is_hint(tokens, at)) return false;
    const std::string word = ascii_lower(tokens[at].text);
    if (is_one_of(kWritingWords, word)) return true;
    // "1EDROP" may be the number 1E and a word.
    const bool exponent = tokens[at].glued && at > 0 &&
                          tokens[at - 1].kind == SqlTokenKind::number && word.starts_with('e');
    return exponent && is_one_of(kWritingWords, std::string_view(word).substr(1));
}

template <class Predicate>
bool any(const Tokens& tokens, Predicate predicate) {
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        if (predicate(tokens, at)) return true;
    }
    return false;
}

bool is_mysql(DbKind kind) {
    return kind == DbKind::mysql || kind == DbKind::mariadb;
}

/// True if there is a comment that MySQL's and MariaDB's servers run or skip by their version.
/// Where they skip it, a quote in it opens nothing: no one reading of what follows is every
/// server's.
bool has_conditional_comment(std::string_view sql) {
    return sql.find("/*!") != std::string_view::npos || sql.find("/*M!") != std::string_view::npos;
}

bool continues_name(char c) {
    return (c >= 'a' && c <= 'z') || c == '_' || c == '$';
}

/// True if `word` stands in `text`, quoted or not, and is no part of a longer name. Both in lower
/// case. A digit before it may be the version of a conditional comment.
bool holds_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool begins = at == 0 || !continues_name(text[at - 1]);
        const bool ends = end == text.size() ||
                          !(continues_name(text[end]) || (text[end] >= '0' && text[end] <= '9'));
        if (begins && ends) return true;
    }
    return false;
}

bool may_write_file(std::string_view query) {
    const std::string text = ascii_lower(query);
    return holds_word(text, "outfile") || holds_word(text, "dumpfile");
}

/// True if a semicolon is followed by more than blanks and semicolons, whatever quotes it.
bool holds_inner_semicolon(std::string_view query) {
    const std::size_t end = query.find_last_not_of("; \t\r\n");
    return end != std::string_view::npos &&
           query.substr(0, end).find(';') != std::string_view::npos;
}

/// What a driver takes for an escape, and writes anew, is its own affair: also in a text or a
/// comment whose end it sees elsewhere.
bool holds_braces(std::string_view query) {
    return query.find('{') != std::string_view::npos;
}

/// True if texts are written in ways that sql_tokens() does not know.
bool has_unknown_texts(std::string_view query, DbKind kind) {
    return query.find_first_of(kind == DbKind::postgresql ? "\\$" : "\\") != std::string_view::npos;
}

}  // namespace

bool begins_like_reading(std::string_view query, DbKind kind) {
    const Tokens tokens = sql_tokens(query, kind);
    const auto first =
        std::ranges::find_if(tokens, [](const SqlToken& token) { return !token.is_sign('('); });
    if (first == tokens.end() || first->kind != SqlTokenKind::word) return false;
    const auto before = static_cast<std::size_t>(first->text.data() - query.data());
    // It may be in a comment that is skipped.
    if (is_mysql(kind) && has_conditional_comment(query.substr(0, before))) return false;
    return is_one_of(kReadingWords, ascii_lower(first->text));
}

bool has_second_statement(std::string_view query, DbKind kind) {
    bool ended = false;
    for (const SqlToken& token : sql_tokens(query, kind)) {
        const bool end = token.is_sign(';');
        if (ended && !end) return true;
        ended = ended || end;
    }
    return false;
}

QueryFault find_query_fault(std::string_view query, DbKind kind) {
    switch (kind) {
        case DbKind::mysql:
        case DbKind::mariadb:
            if (may_write_file(query)) return QueryFault::output_file;
            [[fallthrough]];
        case DbKind::postgresql:
            // The server refuses it too; here it is found before the first check.
            if (!has_unknown_texts(query, kind) && has_second_statement(query, kind)) {
                return QueryFault::second_statement;
            }
            break;
        case DbKind::sqlserver:
            if (holds_braces(query)) return QueryFault::braces;
            if (any(sql_tokens(query, kind), &is_writing)) return QueryFault::writing_word;
            if (has_second_statement(query, kind)) return QueryFault::second_statement;
            break;
        case DbKind::odbc:
            if (holds_braces(query)) return QueryFault::braces;
            if (holds_inner_semicolon(query)) return QueryFault::second_statement;
            break;
    }
    return QueryFault::none;
}

std::string_view message_of(QueryFault fault) {
    switch (fault) {
        case QueryFault::none:
            return {};
        case QueryFault::not_reading:
            return N_(
                "the query may only read: it must begin with SELECT, WITH, VALUES, TABLE, SHOW, "
                "EXPLAIN or DESCRIBE");
        case QueryFault::second_statement:
            return N_("one statement only: nothing may follow the semicolon");
        case QueryFault::writing_word:
            return N_(
                "the query may only read, and holds a word of statements that write or run others, "
                "such as INTO, UPDATE or EXEC: put names that are such words in [brackets]");
        case QueryFault::output_file:
            return N_("the query would write a file: leave INTO OUTFILE or INTO DUMPFILE out");
        case QueryFault::braces:
            return N_(
                "the query holds a \"{{\", which ODBC drivers take for an instruction of their "
                "own: "
                "leave it out");
    }
    return {};
}

}  // namespace vigia
