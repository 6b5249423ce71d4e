#pragma once

#include "env/clock.hpp"
#include "env/db_client.hpp"
#include "env/real/resolver.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

namespace vigia {

/// PostgreSQL, over libpq's non-blocking calls. Names come from the Resolver, so that nothing
/// blocks the loop; the addresses of a name are tried in order, each for its share of the time.
///
/// A question without a query is a plain "SELECT 1". A configured query runs as the one statement
/// of a read-only transaction that is never committed, with the rest of the deadline as its
/// statement_timeout; servers from 14 on also end it half a second after a cancelled question's
/// connection. Rows come one by one, and reading stops at the limits of core/database.hpp.
///
/// All that comes is counted before libpq gets it: what lies behind a row of more than 2 MiB,
/// itself included, is not read; such a first row is `query_failed`, and so is a long answer to a
/// question of our own. The calculations of a SCRAM login are made on a thread beside the loop.
///
/// DbTlsMode is ignored for Unix sockets, as libpq does. The environment: see begin_connection().
///
/// One per shard; one thread; `context`, `clock` and `resolver` must outlive it, and it every
/// ask(). Throws FatalError if there is no descriptor for its PollSet.
class PgClient final : public DbClient {
public:
    PgClient(boost::asio::io_context& context, Clock& clock, Resolver& resolver);
    ~PgClient() override;

    boost::asio::awaitable<DbAnswer> ask(DbRequest request) override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
