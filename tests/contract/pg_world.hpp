#pragma once

#include "env/real/odbc_client.hpp"
#include "env/real/pg_client.hpp"
#include "tests/contract/real_db.hpp"
#include "tests/support/postgres_server.hpp"

#include <memory>
#include <string>

namespace vigia::test {

/// A world with a PostgreSQL server, which other worlds use too.
class PostgresWorld : public RealDbWorld {
public:
    DbTarget good() override { return server_.target(); }
    std::string sql(DbQuestion question) const override;
    int connections() override;
    int running() override;
    bool written() override;
    void stop() override { server_.stop(); }
    void start() override { server_.start(); }
    void present(const Certificate& certificate) override { server_.present(certificate); }

    PostgresServer& server() { return server_; }

protected:
    explicit PostgresWorld(PostgresServer& server);

private:
    int count(const std::string& where);

    PostgresServer& server_;
};

/// PgClient against it.
class PgWorld final : public PostgresWorld {
public:
    explicit PgWorld(PostgresServer& server = PostgresServer::plain()) : PostgresWorld(server) {}
    using RealDbWorld::ask;

    DbClient& client() override { return client_; }

private:
    PgClient client_{io, clock, resolver};
};

/// OdbcClient with psqlODBC against it: a driver that OdbcClient knows nothing of.
class PsqlOdbcWorld final : public PostgresWorld {
public:
    explicit PsqlOdbcWorld(PostgresServer& server = PostgresServer::simple())
        : PostgresWorld(server) {}
    using RealDbWorld::ask;

    DbTarget good() override;
    DbClient& client() override { return client_; }
    OdbcClient& odbc() { return client_; }

private:
    OdbcOptions options() {
        OdbcOptions options;
        options.resolver = &resolver;
        return options;
    }

    OdbcClient client_{io, clock, options()};
};

std::unique_ptr<DbServerWorld> make_pg_world();
std::unique_ptr<DbServerWorld> make_psqlodbc_world();

}  // namespace vigia::test
