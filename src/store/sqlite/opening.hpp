#pragma once

#include "base/result.hpp"
#include "store/sqlite/database.hpp"

#include <cstdint>

/// What every connection to a store's file begins with.
namespace vigia::sqlite {

/// Somebody else may be reading, writing or making a copy.
inline constexpr int kBusyTimeoutMs = 1000;

/// What SQLite refused, as one of StoreErrc: `damaged`, `foreign` or `unavailable`.
Error error_of(const Refused& refused);

/// The version of the file, 0 if it is empty. Errors: `foreign`; `newer` than `newest`.
Result<std::int64_t> version_of(Database& database, std::int64_t newest);

/// For who reads beside an instance, which brings files to the newest version. Errors: as above;
/// `older`.
Result<void> require_newest(Database& database);

}  // namespace vigia::sqlite
