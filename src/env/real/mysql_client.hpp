#pragma once

#include "env/clock.hpp"
#include "env/db_client.hpp"
#include "env/real/resolver.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

namespace vigia {

/// MySQL and MariaDB, over libmariadb's non-blocking calls on a socket and a TLS of our own
/// (MysqlTransport). Names come from the Resolver; of several addresses each is given its share of
/// the time to connect. Nothing blocks the loop. No configuration file of MySQL's is read, and of
/// its environment variables none counts.
///
/// The default query goes plainly. A configured one comes after a time limit of the server's
/// (max_statement_time, max_execution_time) that ends where ours does, in a read-only transaction.
/// Where the server has no limit for it, and when the caller cancels, the statement is ended by
/// KILL QUERY over a second connection, within the deadline (half a second after a cancellation).
/// TLS is for TCP; a Unix socket does without it in every mode.
///
/// The constructor throws FatalError if libmariadb cannot be used, or without descriptors.
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
