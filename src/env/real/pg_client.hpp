#pragma once

#include "env/clock.hpp"
#include "env/db_client.hpp"
#include "env/real/resolver.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

namespace vigia {

/// PostgreSQL, over libpq's non-blocking calls. The connection is read through `deadline` by a
/// PollSet of its own; names come from the Resolver, so that nothing blocks the loop.
/// One per shard; one thread; `context`, `clock` and `resolver` must outlive it, and it every
/// ask().
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
