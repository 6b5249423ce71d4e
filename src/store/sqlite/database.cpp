#include "store/sqlite/database.hpp"

#include <algorithm>
#include <utility>

namespace vigia::sqlite {

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        ::sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                             SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
    check(code);
}

void Statement::check(int code) const {
    if (code != SQLITE_OK) database_->refuse(code);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    check(::sqlite3_bind_int64(statement_.get(), parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
    // A view of nothing may have no address, which SQLite would take for NULL.
    const char* const data = value.data() != nullptr ? value.data() : "";
    check(::sqlite3_bind_text64(statement_.get(), parameter, data, value.size(), SQLITE_TRANSIENT,
                                SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int parameter, const std::optional<std::int64_t>& value) {
    if (value) return bind(parameter, *value);
    check(::sqlite3_bind_null(statement_.get(), parameter));
    return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view value) {
    const char* const data = value.data() != nullptr ? value.data() : "";
    check(::sqlite3_bind_blob64(statement_.get(), parameter, data, value.size(), SQLITE_TRANSIENT));
    return *this;
}

bool Statement::step() {
    const int code = ::sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    ::sqlite3_reset(statement_.get());
    database_->refuse(code);
}

void Statement::run() {
    while (step()) {
    }
    reset();
}

void Statement::reset() {
    ::sqlite3_reset(statement_.get());
    ::sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) const {
    return ::sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (::sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
    return integer(column);
}

std::string Statement::text(int column) const {
    return std::string(bytes(column));
}

std::string_view Statement::bytes(int column) const {
    const auto* const data =
        static_cast<const char*>(::sqlite3_column_blob(statement_.get(), column));
    const int size = ::sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? std::string_view()
                           : std::string_view(data, static_cast<std::size_t>(size));
}

Database::Database(const std::string& path, Access access) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (access == Access::make) flags |= SQLITE_OPEN_CREATE;
    sqlite3* handle = nullptr;
    const int code = ::sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) refuse(code);
}

void Database::execute(const std::string& sql) {
    const int code = ::sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) refuse(code);
}

std::int64_t Database::integer(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::size_t Database::changes() const {
    return static_cast<std::size_t>(::sqlite3_changes64(handle()));
}

void Database::keep_log_on_close(bool keep) {
    ::sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

bool Database::read_only() const {
    return ::sqlite3_db_readonly(handle(), "main") == 1;
}

void Database::refuse(int code) const {
    if (handle_ == nullptr) throw Refused({code, ::sqlite3_errstr(code)});
    throw Refused({code, ::sqlite3_errmsg(handle())});
}

Transaction::Transaction(Database& database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    // SQLite has rolled back by itself after some errors; then this one is refused, rightly.
    if (open_) ::sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    database_.execute("COMMIT");
    open_ = false;
}

}  // namespace vigia::sqlite
