#pragma once

#include "base/time.hpp"
#include "core/database.hpp"
#include "core/probe_result.hpp"

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

namespace vigia {

/// One question to a database, from the name's resolution to the last row.
struct DbRequest {
    std::shared_ptr<const DbTarget> target;
    MonoTime deadline{};  ///< of all of it
};

/// Bytes kept of a text that a server says of itself or of a failure: more than is shown of it, as
/// secrets are hidden first, and whole ones only are found.
inline constexpr std::size_t kMaxServerText = std::size_t{32} * 1024;

/// What came of it. With a `failure`, the rest is as far as it came.
struct DbAnswer {
    std::optional<Reason> failure;
    DbResult result;
    std::string server_version;  ///< as the server names itself: "PostgreSQL 15.18"; hostile
    std::string tls_version;     ///< "TLSv1.3"; empty: not encrypted
    std::string remote_address;
    Timings timings;  ///< ttfb: query sent → first row; transfer: → last row
};

/// Port: asks a database one question over a connection of its own, which does not outlive the
/// call (the server may see its end a little later). Nothing is written: the query runs as a
/// single statement in a read-only transaction where the server has such a thing, under a time
/// limit of the server's own. Called on the shard's thread. A call completes by its deadline
/// (within the timer's granularity) with `timeout` and the phase it hung in; cancelled, soon with
/// any failure. Server texts come in `failure->detail`, as "SQLSTATE or number: text". Hosts are
/// ASCII: the configuration has made them so.
/// Implementations: env/real (libpq, libmariadb, ODBC), sim (scripted).
class DbClient {
public:
    virtual ~DbClient() = default;
    virtual boost::asio::awaitable<DbAnswer> ask(DbRequest request) = 0;
};

}  // namespace vigia
