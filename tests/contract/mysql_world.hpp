#pragma once

#include "env/real/mysql_client.hpp"
#include "tests/contract/real_db.hpp"
#include "tests/support/mariadb_server.hpp"
#include "tests/support/protocol_server.hpp"

#include <memory>
#include <string>

namespace vigia::test {

/// MysqlClient against a MariaDB server, which other worlds use too.
class MariadbWorld final : public RealDbWorld {
public:
    explicit MariadbWorld(MariadbServer& server = MariadbServer::plain());
    using RealDbWorld::ask;

    DbClient& client() override { return client_; }
    DbTarget good() override { return server_.target(); }
    std::string sql(DbQuestion question) const override;
    int connections() override;
    int running() override;
    bool written() override;

    MariadbServer& server() { return server_; }

private:
    int count(const std::string& where);

    MariadbServer& server_;
    MysqlClient client_{io, clock, resolver};
};

/// MysqlClient against a MySQL 8 that tests/protocol/mysql_server.py plays, one per world.
class MysqlWorld final : public RealDbWorld {
public:
    static constexpr const char* kUser = R"(o'néill "x" \ =;)";
    static constexpr const char* kPassword = R"(p'a"s\s w=o;r{d} ñ☂ canary-7f3a)";
    static constexpr const char* kDatabase = R"(mon 'db' "y" \ user=admin)";

    /// `more`: options of the server besides its users and databases, as in `, "tls": "off"`.
    explicit MysqlWorld(const std::string& more = "");
    using RealDbWorld::ask;

    DbClient& client() override { return client_; }
    DbTarget good() override;
    std::string sql(DbQuestion question) const override;
    int connections() override { return server_.count("connections_now"); }
    int running() override;
    /// The server keeps no tables: true if it let nothing but readers in.
    bool written() override { return false; }

    ProtocolServer& server() { return server_; }

private:
    ProtocolServer server_;
    MysqlClient client_{io, clock, resolver};
};

std::unique_ptr<DbServerWorld> make_mariadb_world();
std::unique_ptr<DbServerWorld> make_mysql_world();

}  // namespace vigia::test
