#include "store/sqlite/opening.hpp"

#include "store/sqlite/schema.hpp"
#include "store/store.hpp"

#include <fmt/format.h>

namespace vigia::sqlite {

Error error_of(const Refused& refused) {
    switch (refused.primary_code()) {
        case SQLITE_CORRUPT:
        case SQLITE_ERROR:  // a table or a column that its version has is not there
            return Error{make_error_code(StoreErrc::damaged), refused.what()};
        case SQLITE_NOTADB:
            return Error{make_error_code(StoreErrc::foreign), refused.what()};
        default:
            return Error{make_error_code(StoreErrc::unavailable), refused.what()};
    }
}

Result<std::int64_t> version_of(Database& database, std::int64_t newest) {
    const std::int64_t application = database.integer("PRAGMA application_id");
    const std::int64_t version = database.integer("PRAGMA user_version");
    if (application == kApplicationId && version > newest) {
        return Error{make_error_code(StoreErrc::newer), fmt::format("{}", version)};
    }
    if (application == kApplicationId && version > 0) return version;
    const bool empty = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
    if (application == 0 && version == 0 && empty) return 0;
    return Error{make_error_code(StoreErrc::foreign), {}};
}

Result<void> require_newest(Database& database) {
    const auto newest = static_cast<std::int64_t>(versions().size());
    const Result<std::int64_t> version = version_of(database, newest);
    if (!version) return version.error();
    if (*version == newest) return {};
    return Error{make_error_code(StoreErrc::older), fmt::format("{}", *version)};
}

}  // namespace vigia::sqlite
