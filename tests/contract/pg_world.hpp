#pragma once

#include "env/real/pg_client.hpp"
#include "tests/contract/real_db.hpp"
#include "tests/support/postgres_server.hpp"

#include <memory>
#include <string>

namespace vigia::test {

/// PgClient against a PostgreSQL server, which other worlds use too.
class PgWorld final : public RealDbWorld {
public:
    explicit PgWorld(PostgresServer& server = PostgresServer::plain());
    using RealDbWorld::ask;

    DbClient& client() override { return client_; }
    DbTarget good() override { return server_.target(); }
    std::string sql(DbQuestion question) const override;
    int connections() override;
    int running() override;
    bool written() override;

    PostgresServer& server() { return server_; }

private:
    int count(const std::string& where);

    PostgresServer& server_;
    PgClient client_{io, clock, resolver};
};

std::unique_ptr<DbServerWorld> make_pg_world();

}  // namespace vigia::test
