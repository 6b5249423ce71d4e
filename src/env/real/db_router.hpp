#pragma once

#include "env/db_client.hpp"

#include <boost/asio/awaitable.hpp>

namespace vigia {

/// DbClient that passes each question to the client of its kind; all of them must outlive it.
class DbRouter final : public DbClient {
public:
    struct Clients {
        DbClient& postgresql;
        DbClient& mysql;  ///< and MariaDB
        DbClient& odbc;   ///< and SQL Server
    };

    explicit DbRouter(const Clients& clients) : clients_(clients) {}

    boost::asio::awaitable<DbAnswer> ask(DbRequest request) override;

private:
    Clients clients_;
};

}  // namespace vigia
