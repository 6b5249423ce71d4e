#pragma once

#include "store/sqlite/database.hpp"

#include <cstdint>
#include <span>

namespace vigia::sqlite {

/// In the header of every store of ours: "VIGI".
inline constexpr std::int64_t kApplicationId = 0x56494749;

/// The scripts that bring a file from one version to the next; the first makes version 1.
using Versions = std::span<const char* const>;

/// Those of this program, which reads and writes the last.
Versions versions();

/// Brings a file from version `from` (0: empty) to the last, in one transaction: the old version or
/// the new one, nothing in between.
void migrate(Database& database, Versions versions, std::int64_t from);

/// Throws Refused, SQLITE_CORRUPT, if a table that a start reads is damaged. Not the history, which
/// may be large: that is found where it is read.
void check_tables(Database& database);

}  // namespace vigia::sqlite
