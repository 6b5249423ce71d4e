#pragma once

#include "env/clock.hpp"
#include "env/db_client.hpp"
#include "env/real/resolver.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>

namespace vigia {

struct OdbcOptions {
    std::size_t workers = 8;       ///< questions under way at once
    std::size_t max_hanging = 32;  ///< workers given up on that may exist beside them
    Resolver* resolver = nullptr;  ///< null: drivers look names up, and fail in their own words
};

/// SQL Server and whatever else unixODBC has a driver for. Drivers block: each question runs on a
/// worker thread. A driver that does not return by the deadline is reported as a timeout, its
/// statement is cancelled from another thread, and its worker is replaced; more than `max_hanging`
/// of those take the place of the other workers, and without any left questions end as
/// `no_driver_room` at once. So do those for which no worker has become free by their deadline.
/// The room comes back when a driver returns after all.
///
/// A driver connects, speaks TLS and logs in within one call: `timings.login` is all of that, and
/// which phase it failed in, or hangs in after half of its time, is found out by a TdsGlance.
///
/// Nothing is written: SQL Server has no read-only transactions, so the query runs in one that is
/// never committed, and what may_be_reading() denies does not run at all. The time limit is the
/// driver's. The version of TLS is not known: `tls_version` is "TLS" where it was required.
///
/// One per shard; called on the loop's thread; `context`, `clock` and the resolver must outlive it,
/// and it every ask(). The destructor does not wait for drivers that hang. main() has prepared the
/// environment (process.hpp), which a process has one of.
class OdbcClient final : public DbClient {
public:
    OdbcClient(boost::asio::io_context& context, Clock& clock, OdbcOptions options);
    ~OdbcClient() override;

    boost::asio::awaitable<DbAnswer> ask(DbRequest request) override;

    /// Workers given up on whose driver has not returned.
    std::size_t hanging() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
