#include "env/real/sql_guard.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace vigia {

namespace {

/// Reserved in T-SQL: no unquoted name may be one of them.
constexpr auto kWritingWords = std::to_array<std::string_view>({
    "alter",  "backup",      "begin",    "checkpoint", "commit",     "create",   "dbcc",
    "delete", "deny",        "drop",     "grant",      "insert",     "into",     "kill",
    "merge",  "reconfigure", "restore",  "revert",     "revoke",     "rollback", "save",
    "set",    "shutdown",    "truncate", "update",     "updatetext", "use",      "writetext",
});

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '@' || c == '#' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// Behind what is quoted or a comment and begins at `at`; `at` itself if nothing of that does.
std::size_t skip_opaque(std::string_view sql, std::size_t at) {
    const std::string_view rest = sql.substr(at);
    const auto behind = [&](std::string_view end, std::size_t from) {
        const std::size_t found = rest.find(end, from);
        return found == std::string_view::npos ? sql.size() : at + found + end.size();
    };
    if (rest.starts_with("--")) return behind("\n", 2);
    if (rest.starts_with("/*")) return behind("*/", 2);
    // A doubled quote ends one quotation and begins the next, which comes to the same.
    if (rest.starts_with('\'') || rest.starts_with('"')) return behind(rest.substr(0, 1), 1);
    if (rest.starts_with('[')) return behind("]", 1);
    return at;
}

}  // namespace

bool may_be_reading(std::string_view sql, DbKind kind) {
    bool ended = false;
    for (std::size_t at = 0; at < sql.size();) {
        const std::size_t next = skip_opaque(sql, at);
        const bool comment = next != at && (sql[at] == '-' || sql[at] == '/');
        const bool space = sql[at] == ' ' || (sql[at] >= '\t' && sql[at] <= '\r');
        if (ended && !comment && !space && sql[at] != ';') return false;
        if (next != at) {
            at = next;
        } else if (is_word(sql[at])) {
            std::size_t end = at;
            while (end < sql.size() && is_word(sql[end])) ++end;
            const std::string word = ascii_lower(sql.substr(at, end - at));
            const bool writes = std::ranges::find(kWritingWords, word) != kWritingWords.end();
            if (writes && kind == DbKind::sqlserver) return false;
            at = end;
        } else {
            ended = ended || sql[at] == ';';
            ++at;
        }
    }
    return true;
}

}  // namespace vigia
