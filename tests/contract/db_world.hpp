#pragma once

#include "base/time.hpp"
#include "env/db_client.hpp"
#include "tests/support/certificates.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace vigia::test {

/// What a database does with whoever comes, in terms that every implementation of DbClient knows.
enum class DbPlace : std::uint8_t {
    answers,       ///< the user may log in; 1 to the default query
    refuses,       ///< no one listens
    hangs,         ///< takes the connection, and says nothing
    unknown_name,  ///< NXDOMAIN
};

/// A DbClient and databases for it: what the contract is tested in. One per test.
class DbWorld {
public:
    virtual ~DbWorld() = default;
    /// A database that behaves so.
    virtual DbTarget target(DbPlace place) = 0;
    virtual MonoTime now() const = 0;
    /// Runs the world until the question is answered.
    virtual DbAnswer ask(DbRequest request) = 0;
    /// Runs the world until the question is answered; it is cancelled once it waits.
    virtual DbAnswer ask_cancelled(DbRequest request) = 0;
};

/// What the tests of a real server ask, to be put into its dialect.
enum class DbQuestion : std::uint8_t {
    text,            ///< one row, whose first column is the text "vigía ☂"
    null,            ///< one row, whose first column is NULL
    no_rows,         ///< a table's shape without rows
    three_rows,      ///< whose first column is 1, 2, 3
    endless_rows,    ///< far more than kMaxDbRows, made on the fly; small
    wide_rows,       ///< of 64 KiB or more each, far more than kMaxDbBytes
    gigabyte,        ///< of rows
    sleeps,          ///< for a minute
    mistake,         ///< no such table
    forbidden,       ///< reads the table `secrets`, which the user may not read
    writes,          ///< creates the table `written`, which the user might do
    two_statements,  ///< the second one creates the table `written`
    escapes,         ///< ends the read-only transaction, then creates `written`, if that is let in
};

/// A DbWorld with a real server behind DbPlace::answers.
class DbServerWorld : public DbWorld {
public:
    virtual std::string sql(DbQuestion question) const = 0;

    /// All of these look at the server through a connection of an administrator's, blocking.
    /// The connections that the user of DbPlace::answers has.
    virtual int connections() = 0;
    /// Those of them that are in the middle of a statement.
    virtual int running() = 0;
    /// True if there is a table `written`.
    virtual bool written() = 0;

    /// Blocking; another world may use the same server.
    virtual void stop() = 0;
    virtual void start() = 0;
    /// The server, one that offers TLS, shows this certificate from now on, or soon.
    virtual void present(const Certificate& certificate) = 0;

    /// Runs the world until all are answered, asked at once.
    virtual std::vector<DbAnswer> ask_all(std::vector<DbRequest> requests) = 0;
    /// Runs the world until the question is answered; it is cancelled as soon as `when()`.
    virtual DbAnswer ask_cancelled_when(DbRequest request, std::function<bool()> when) = 0;
    /// Runs the world until `condition()`; false if it does not hold within `limit`.
    virtual bool within(Duration limit, std::function<bool()> condition) = 0;
};

/// An implementation of DbClient, for a value-parameterised suite.
template <class World>
struct DbFactory {
    const char* name;
    std::function<std::unique_ptr<World>()> make;

    friend std::ostream& operator<<(std::ostream& out, const DbFactory& factory) {
        return out << factory.name;
    }
};
using DbWorldFactory = DbFactory<DbWorld>;
using DbServerFactory = DbFactory<DbServerWorld>;

}  // namespace vigia::test
