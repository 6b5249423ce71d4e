#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <stdexcept>
#include <string>
#include <string_view>

/// SQLite's C interface as values that clean up after themselves.
namespace vigia::sqlite {

/// What SQLite answered: one of its result codes, extended, and its words.
struct Failure {
    int code = SQLITE_OK;
    std::string message;
};

/// Thrown by every call below that SQLite refuses; SqliteFile turns it into a Result.
class Refused : public std::runtime_error {
public:
    explicit Refused(Failure failure) : std::runtime_error(failure.message), code_(failure.code) {}
    int code() const { return code_; }                 ///< extended
    int primary_code() const { return code_ & 0xff; }  ///< SQLITE_FULL, SQLITE_CORRUPT, …

private:
    int code_;
};

class Database;

/// A prepared statement. Parameters are bound from 1, columns read from 0, as in SQLite; whoever
/// runs it to its end, or leaves it, resets it.
class Statement {
public:
    Statement(Database& database, std::string_view sql);

    Statement& bind(int parameter, std::int64_t value);
    /// Any bytes, NUL and broken UTF-8 included: they come back as they are.
    Statement& bind(int parameter, std::string_view value);
    Statement& bind(int parameter, const std::optional<std::int64_t>& value);
    /// As bytes, which no tool takes for text.
    Statement& bind_blob(int parameter, std::string_view value);

    /// True while there is a row.
    bool step();
    /// Runs a statement without rows, and makes it ready for the next.
    void run();
    void reset();

    std::int64_t integer(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;
    std::string text(int column) const;
    /// The bytes of a text or a blob, until the next step() or reset().
    std::string_view bytes(int column) const;

    sqlite3_stmt* handle() const { return statement_.get(); }

private:
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
    };
    void check(int code) const;

    Database* database_;
    std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

/// A connection. One thread at a time.
class Database {
public:
    enum class Access : std::uint8_t {
        make,   ///< an empty one, if there is none
        write,  ///< what is there
        read,
    };

    /// Opens the file; what is in it is not looked at yet.
    explicit Database(const std::string& path, Access access = Access::make);

    void execute(const std::string& sql);
    /// The first column of the first row.
    std::int64_t integer(const std::string& sql);
    /// Rows that the last statement inserted, changed or deleted.
    std::size_t changes() const;
    /// Leaves the file as it is when closed, with what the last process left to be done.
    void keep_log_on_close(bool keep);

    /// The system lets it be read only; SQLite opens it all the same.
    bool read_only() const;

    sqlite3* handle() const { return handle_.get(); }
    [[noreturn]] void refuse(int code) const;

private:
    struct Closer {
        void operator()(sqlite3* handle) const { ::sqlite3_close_v2(handle); }
    };
    std::unique_ptr<sqlite3, Closer> handle_;
};

/// BEGIN IMMEDIATE; rolled back unless commit() was reached.
class Transaction {
public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

private:
    Database& database_;
    bool open_ = true;
};

}  // namespace vigia::sqlite
