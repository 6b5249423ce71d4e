#pragma once

#include "env/real/odbc_client.hpp"
#include "tests/contract/real_db.hpp"
#include "tests/support/protocol_server.hpp"

#include <memory>
#include <string>

namespace vigia::test {

/// OdbcClient with FreeTDS' driver against a SQL Server that tests/protocol/tds_server.py plays,
/// one per world.
class TdsWorld final : public RealDbWorld {
public:
    static constexpr const char* kUser = R"(o'néill "x" =})";  // (a backslash: a domain)
    static constexpr const char* kPassword = R"(p'a"s\s w=o;r{d} ñ☂ canary-7f3a)";
    static constexpr const char* kDatabase = R"(mon 'db' "y" \ ;user=admin)";

    /// `more`: options of the server besides its users and databases, as in `, "tls": "off"`.
    explicit TdsWorld(const std::string& more = "", OdbcOptions limits = {});
    using RealDbWorld::ask;

    DbClient& client() override { return client_; }
    DbTarget good() override;
    std::string sql(DbQuestion question) const override;
    int connections() override { return server_.count("connections_now"); }
    int running() override;
    /// The server keeps no tables: what was let through to it tells.
    bool written() override;

    ProtocolServer& server() { return server_; }
    OdbcClient& odbc() { return client_; }

private:
    OdbcOptions with_resolver(OdbcOptions options);

    ProtocolServer server_;
    OdbcClient client_;
};

std::unique_ptr<DbServerWorld> make_tds_world();

}  // namespace vigia::test
