#pragma once

#include "env/clock.hpp"
#include "env/db_client.hpp"
#include "env/real/resolver.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

namespace vigia {

/// MySQL and MariaDB, over libmariadb's non-blocking calls. Names come from the Resolver, so that
/// nothing blocks the loop.
/// One per shard; one thread; `context`, `clock` and `resolver` must outlive it, and it every
/// ask().
class MysqlClient final : public DbClient {
public:
    MysqlClient(boost::asio::io_context& context, Clock& clock, Resolver& resolver);
    ~MysqlClient() override;

    boost::asio::awaitable<DbAnswer> ask(DbRequest request) override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
