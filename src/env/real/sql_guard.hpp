#pragma once

#include "core/database.hpp"

#include <string_view>

namespace vigia {

/// False for what is plainly more than one statement, or (SQL Server) plainly no reading one: what
/// a word that T-SQL reserves for writing gives away. SQL Server has no read-only transaction, and
/// FreeTDS does not tell of statements without results behind the first: hence this look, besides
/// the transaction that is never committed. What a procedure or a function does is not seen.
bool may_be_reading(std::string_view sql, DbKind kind);

}  // namespace vigia
