#pragma once

#include "core/monitor.hpp"
#include "env/db_client.hpp"
#include "env/http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <string>

namespace vigia::sim {

/// The URL of a target in the simulated network: a website's own, of a database
/// "postgresql://HOST:PORT/DATABASE".
std::string url_of(const Target& target);

/// DbClient over the simulated network, in which a database is a place like any other: what a
/// website would do, it does in the words of a database.
class SimDb final : public DbClient {
public:
    explicit SimDb(HttpClient& network) : network_(network) {}

    boost::asio::awaitable<DbAnswer> ask(DbRequest request) override;

private:
    HttpClient& network_;
};

}  // namespace vigia::sim
