#pragma once

#include "core/database.hpp"

#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <string>

namespace vigia {

struct PgConnDeleter {
    void operator()(PGconn* connection) const { ::PQfinish(connection); }
};
using PgConn = std::unique_ptr<PGconn, PgConnDeleter>;

/// Begins a connection to `target` at `address`, an IP address (empty: a Unix socket). Values go to
/// libpq one by one, never as a connection string. Null, or PQstatus() bad, if that fails at once.
///
/// Nothing else has a say: every option for which libpq would look at a file of the user's is set,
/// here, to a file that cannot exist. libpq takes an empty value for none, and asks the
/// environment: whoever runs this hides PG* before (hide_environment() in process.hpp). An empty
/// user or database is what it is to PostgreSQL: `account`, that of this process, for which libpq
/// would ask the system's user databases each time, and the name of the user.
///
/// TLS is negotiated as `tls_mode` says, but verified by us (PgSession): libpq 15 would read the
/// whole bundle of the system for every connection, and tells of the result in prose.
PgConn begin_connection(const DbTarget& target, const std::string& address,
                        const std::string& account);

/// Why the client certificate of `tls` or its key cannot be used; nothing if they can be, or if
/// none is configured. Reads the files. libpq would go on without a certificate that is not there,
/// and, with DbTlsMode::prefer, without TLS.
std::optional<std::string> client_certificate_problem(const TlsOptions& tls);

}  // namespace vigia
