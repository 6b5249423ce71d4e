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

}  // namespace vigia::sqlite
