#pragma once

#include "env/real/odbc_client.hpp"
#include "tests/contract/played_world.hpp"

#include <memory>
#include <string>

namespace vigia::test {

/// OdbcClient with FreeTDS' driver against a SQL Server that tests/protocol/tds_server.py plays.
class TdsWorld final : public PlayedWorld {
public:
    explicit TdsWorld(OdbcOptions limits = {});
    using RealDbWorld::ask;

    DbClient& client() override { return client_; }
    std::string sql(DbQuestion question) const override;
    int running() override;
    /// The server keeps no tables: what was let through to it tells.
    bool written() override;

    OdbcClient& odbc() { return client_; }

private:
    OdbcOptions with_resolver(OdbcOptions options);

    OdbcClient client_;
};

std::unique_ptr<DbServerWorld> make_tds_world();

}  // namespace vigia::test
