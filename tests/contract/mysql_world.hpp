#pragma once

#include "env/real/mysql_client.hpp"
#include "tests/contract/played_world.hpp"
#include "tests/support/mariadb_server.hpp"

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
    void stop() override { server_.stop(); }
    void start() override { server_.start(); }
    void present(const Certificate& certificate) override { server_.present(certificate); }

    MariadbServer& server() { return server_; }

private:
    int count(const std::string& where);

    MariadbServer& server_;
    MysqlClient client_{io, clock, resolver};
};

/// MysqlClient against a MySQL 8 that tests/protocol/mysql_server.py plays.
class MysqlWorld final : public PlayedWorld {
public:
    MysqlWorld();
    using RealDbWorld::ask;

    DbClient& client() override { return client_; }
    int running() override;
    /// What is no reader is let in nowhere: the server says so itself.
    bool written() override { return false; }

private:
    MysqlClient client_{io, clock, resolver};
};

std::unique_ptr<DbServerWorld> make_mariadb_world();
std::unique_ptr<DbServerWorld> make_mysql_world();

}  // namespace vigia::test
