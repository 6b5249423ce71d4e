#pragma once

#include "core/database.hpp"

#include <cstdint>
#include <string_view>

namespace vigia {

/// Why a query is refused before a server has seen it.
enum class QueryFault : std::uint8_t {
    none,
    not_reading,       ///< begins like no statement that reads
    second_statement,  ///< something follows a semicolon
    writing_word,      ///< SQL Server: a word of a statement that writes, or runs another
    output_file,       ///< MySQL: INTO OUTFILE, INTO DUMPFILE
    braces,            ///< ODBC: what a driver may rewrite, as `{call p}`
};

/// True if `query` begins with a word that statements begin with that read. Servers see to the rest
/// of it in a read-only transaction, but not to programs that COPY starts, nor to blocks that bring
/// their own transactions.
bool begins_like_reading(std::string_view query, DbKind kind);

/// True if a statement follows the first one. Semicolons in texts, quoted names and comments
/// separate nothing.
bool has_second_statement(std::string_view query, DbKind kind);

/// What is plainly wrong with a query, however it begins. The server would not see to all of it:
/// SQL Server has no read-only transaction, and FreeTDS does not tell of statements without results
/// behind the first; MySQL's writes files. Where no one reading is every server's (the `sql_mode`
/// of MySQL, the texts of a database behind ODBC), quotes hide nothing: a word or sign that would
/// do harm is refused wherever it stands. `not_reading` is not looked for. What a function does is
/// not seen. Pure.
QueryFault find_query_fault(std::string_view query, DbKind kind);

/// An English sentence, a message id.
std::string_view message_of(QueryFault fault);

}  // namespace vigia
