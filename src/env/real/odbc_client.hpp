#pragma once

#include "env/clock.hpp"
#include "env/db_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>

namespace vigia {

struct OdbcOptions {
    std::size_t workers = 8;       ///< questions under way at once
    std::size_t max_hanging = 32;  ///< workers given up on that may exist beside them
};

/// SQL Server and whatever else unixODBC has a driver for. Drivers block: each question runs on a
/// worker thread. A driver that does not return by the deadline is reported as a timeout and its
/// worker replaced; with `max_hanging` of those, questions end as `no_driver_room` at once.
/// One per shard; called on the loop's thread; `context` and `clock` must outlive it, and it every
/// ask(). The destructor does not wait for drivers that hang.
class OdbcClient final : public DbClient {
public:
    OdbcClient(boost::asio::io_context& context, Clock& clock, OdbcOptions options);
    ~OdbcClient() override;

    boost::asio::awaitable<DbAnswer> ask(DbRequest request) override;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace vigia
