// Queries, as they stand in a configuration. Tokens are pieces of the statement, in order, with
// nothing but gaps between them. What the guard lets through is one statement that begins with a
// reading word and holds no writing one, as far as a plain reader of its own can tell, which knows
// only what is quoted and what is a comment. First byte: the kind of database; the rest is the
// query.

#include "base/assert.hpp"
#include "base/text.hpp"
#include "core/sql_guard.hpp"
#include "core/sql_tokens.hpp"
#include "tests/support/fuzz_input.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace vigia;

constexpr auto kReading = std::to_array<std::string_view>(
    {"select", "with", "values", "table", "show", "explain", "describe", "desc"});
constexpr auto kWriting = std::to_array<std::string_view>(
    {"alter", "backup",  "begin",  "commit",   "create", "dbcc", "delete",   "drop",
     "exec",  "execute", "grant",  "insert",   "into",   "kill", "restore",  "revert",
     "save",  "set",     "revoke", "truncate", "update", "deny", "shutdown", "reconfigure"});

bool is_mysql(DbKind kind) {
    return kind == DbKind::mysql || kind == DbKind::mariadb;
}

/// A query without comments, with `'` for whatever is quoted.
struct Bare {
    std::string text;
    bool closed = true;  ///< no quotation and no comment is left open
};

/// Reads by the rules of SQL Server or, with `runs` for whether comments with an exclamation mark
/// are run, of MySQL.
class Reader {
public:
    Reader(std::string_view sql, DbKind kind, bool runs)
        : rest_(sql),
          mysql_(is_mysql(kind)),
          nests_(!mysql_ && kind != DbKind::odbc),
          runs_(runs) {}

    Bare read() {
        while (!rest_.empty()) {
            if (!skip_comment() && !skip_quoted()) out_.text += take(1);
        }
        return std::move(out_);
    }

private:
    std::string_view take(std::size_t size) {
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    /// What may be run ends like any other, or with the query.
    bool skip_conditional() {
        const std::size_t opening = rest_.starts_with("/*!")    ? 3
                                    : rest_.starts_with("/*M!") ? 4
                                                                : 0;
        if (!mysql_ || opening == 0) return false;
        take(runs_ ? opening : 2);
        if (!runs_) skip_block();
        while (runs_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') take(1);
        return true;
    }

    void skip_block() {
        int depth = 1;
        while (depth > 0 && !rest_.empty()) {
            if (rest_.starts_with("*/")) {
                --depth;
                take(2);
            } else if (nests_ && rest_.starts_with("/*")) {
                ++depth;
                take(2);
            } else {
                take(1);
            }
        }
        out_.closed = depth == 0;
    }

    bool skip_comment() {
        const bool dashes = rest_.starts_with("--") &&
                            (!mysql_ || rest_.size() == 2 ||
                             static_cast<unsigned char>(rest_[2]) <= 32 || rest_[2] == 127);
        if (dashes || (mysql_ && rest_.front() == '#')) {
            const std::size_t end = rest_.find_first_of(mysql_ ? "\n" : "\r\n");
            out_.closed = end != std::string_view::npos;
            take(end);
        } else if (skip_conditional() || (mysql_ && rest_.starts_with("*/"))) {
            if (rest_.starts_with("*/")) take(2);
        } else if (rest_.starts_with("/*")) {
            take(2);
            skip_block();
        } else {
            return false;
        }
        out_.text += ' ';
        return true;
    }

    bool skip_quoted() {
        const std::string_view quotes = mysql_ ? "'\"`" : "'\"[";
        if (quotes.find(rest_.front()) == std::string_view::npos) return false;
        const char first = take(1).front();
        const char end = first == '[' ? ']' : first;
        out_.closed = false;
        while (!rest_.empty() && !out_.closed) {
            const char c = take(1).front();
            if (c == '\\' && mysql_ && first != '`') {
                take(1);
            } else if (c == end) {
                out_.closed = !rest_.starts_with(end);
                if (!out_.closed) take(1);
            }
        }
        out_.text += '\'';
        return true;
    }

    std::string_view rest_;
    Bare out_;
    bool mysql_;
    bool nests_;
    bool runs_;
};

bool is_of_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '@' || c == '#' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// The words of a bare query in lower case, each other character a word of its own; no blanks.
std::vector<std::string> words_of(const std::string& bare) {
    const std::string text = ascii_lower(bare);
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_of_word(text[end])) ++end;
        const bool blank = text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r');
        if (end > at || !blank)
            words.push_back(text.substr(at, std::max<std::size_t>(end - at, 1)));
        at = std::max(end, at + 1);
    }
    return words;
}

template <class Words>
bool holds(const Words& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

void check_tokens(std::string_view sql, DbKind kind) {
    const char* end = sql.data();  // of the token before
    for (const SqlToken& token : sql_tokens(sql, kind)) {
        VIGIA_ASSERT(!token.text.empty());
        VIGIA_ASSERT(std::greater_equal<>{}(token.text.data(), end));
        const std::string_view gap(end, static_cast<std::size_t>(token.text.data() - end));
        VIGIA_ASSERT(token.glued == (gap.empty() && end != sql.data()));
        VIGIA_ASSERT(sql_tokens(gap, kind).empty());
        end = token.text.data() + token.text.size();
        const std::string_view ascii_signs = ";,()'\"[]";
        if (token.kind != SqlTokenKind::sign && token.kind != SqlTokenKind::quoted) {
            VIGIA_ASSERT(token.text.find_first_of(ascii_signs) == std::string_view::npos);
        }
        if (token.kind == SqlTokenKind::sign && token.text.size() > 1) {
            const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
            VIGIA_ASSERT(std::none_of(token.text.begin(), token.text.end(), is_ascii));
        }
    }
    VIGIA_ASSERT(std::less_equal<>{}(end, sql.data() + sql.size()));
    const std::string_view gap(end, static_cast<std::size_t>(sql.data() + sql.size() - end));
    VIGIA_ASSERT(sql_tokens(gap, kind).empty());
}

/// A sign beyond ASCII may end a word.
void check_beginning(const std::vector<std::string>& words) {
    const auto first =
        std::find_if(words.begin(), words.end(), [](const auto& word) { return word != "("; });
    VIGIA_ASSERT(first != words.end());
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    const auto end = std::find_if_not(first->begin(), first->end(), is_ascii);
    VIGIA_ASSERT(holds(kReading, std::string(first->begin(), end)));
}

void check_one_statement(const std::vector<std::string>& words) {
    const auto end = std::find(words.begin(), words.end(), ";");
    VIGIA_ASSERT(std::all_of(end, words.end(), [](const auto& word) { return word == ";"; }));
}

void check_no_file(const std::vector<std::string>& words) {
    for (std::size_t at = 0; at + 1 < words.size(); ++at) {
        if (words[at] != "into") continue;
        VIGIA_ASSERT(words[at + 1] != "outfile" && words[at + 1] != "dumpfile");
    }
}

/// What comes behind a query that is let through is seen.
void check_appended(std::string_view sql, DbKind kind) {
    const std::string query(sql);
    VIGIA_ASSERT(find_query_fault(query + " ;x", kind) != QueryFault::none);
    if (kind != DbKind::sqlserver) return;
    for (const char* const more : {" DROP TABLE x", "\nEXEC(N'x')", "/**/UPDATE x"}) {
        VIGIA_ASSERT(find_query_fault(query + more, kind) != QueryFault::none);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    test::FuzzInput input(bytes, size);
    const auto kind = static_cast<DbKind>(input.byte() % 5);
    const std::string sql(input.rest());
    check_tokens(sql, kind);
    const bool reads = begins_like_reading(sql, kind);
    const bool fine = find_query_fault(sql, kind) == QueryFault::none;
    for (const bool runs : {true, false}) {
        if (!runs && !is_mysql(kind)) continue;
        const Bare bare = Reader(sql, kind, runs).read();
        const std::vector<std::string> words = words_of(bare.text);
        if (reads) check_beginning(words);
        if (!fine) continue;
        if (is_mysql(kind)) check_no_file(words);
        if (kind != DbKind::sqlserver && kind != DbKind::odbc) continue;
        check_one_statement(words);
        if (kind == DbKind::sqlserver) {
            for (const std::string& word : words) VIGIA_ASSERT(!holds(kWriting, word));
        }
        if (bare.closed && !holds(words, ";")) check_appended(sql, kind);
    }
    return 0;
}
