#pragma once

#include "base/i18n.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace vigia {

/// How far a probe or a delivery had come when it ended.
enum class Phase : std::uint8_t {
    none,
    resolve,     ///< name resolution
    connect,     ///< TCP, and the proxy's CONNECT
    tls,         ///< TLS handshake, certificate included
    login,       ///< authenticating to a database
    send,        ///< sending the request
    first_byte,  ///< waiting for the answer's first byte, or reading its headers
    query,       ///< a database is at the query, or sends its rows
    body,        ///< reading the body
    status,      ///< judging the status
    redirect,    ///< following a redirect
    condition,   ///< judging the answer
};

/// Why something was not good. Logic looks at this, people at describe().
enum class ReasonCode : std::uint8_t {
    none,
    // The target's fault: down.
    name_not_found,       ///< NXDOMAIN
    name_no_address,      ///< the name exists, without A or AAAA
    name_server_failure,  ///< SERVFAIL while the resolver answers other names
    connection_refused,
    connection_reset,
    connection_closed,  ///< closed before the answer was complete
    host_unreachable,
    timeout,  ///< the deadline passed; the phase says where
    certificate_expired,
    certificate_not_yet_valid,
    certificate_untrusted,  ///< unknown issuer
    certificate_self_signed,
    certificate_wrong_host,
    certificate_invalid,  ///< any other verification failure
    tls_failure,          ///< handshake failed for another reason
    proxy_failure,
    protocol_error,  ///< not HTTP, or broken HTTP
    headers_too_large,
    body_truncated,      ///< shorter than announced
    unexpected_status,   ///< value = the status
    too_many_redirects,  ///< value = how many were followed
    redirect_refused,    ///< to something that is not http/https; detail = the scheme
    tls_not_offered,     ///< the server speaks no TLS, and it is required
    login_failed,        ///< wrong user or password, or not from here
    no_such_database,
    permission_denied,
    too_many_connections,
    server_not_ready,    ///< starting up, shutting down, in recovery
    query_failed,        ///< the server's error; detail = "SQLSTATE or number: text"
    query_not_reading,   ///< would write, or is more than one statement
    unexpected_value,    ///< detail = the comparison that does not hold
    value_not_a_number,  ///< detail = the value
    value_missing,       ///< NULL, or no row
    unexpected_rows,     ///< value = the rows
    // Our own fault: unknown.
    no_descriptors,               ///< EMFILE, ENFILE
    no_buffers,                   ///< ENOBUFS, ENOMEM
    no_local_port,                ///< EADDRNOTAVAIL
    network_unreachable,          ///< ENETUNREACH
    resolver_dead,                ///< no resolver answers anything
    uplink_down,                  ///< no canary answers, and other monitors fail too
    unusable_ca_file,             ///< detail = the file; empty: the system's
    unusable_client_certificate,  ///< or its key
    own_lateness,                 ///< our loop was not running in time
    no_driver,                    ///< the database driver is not installed or does not work
    no_driver_room,               ///< every worker is held by a driver that hangs
    // Trouble of the monitor itself, which no probe has: see Trouble.
    store_failing,
    checks_late,         ///< value = by how many seconds
    notifications_dead,  ///< value = how many
    notifications_late,  ///< value = how many wait
    log_lines_lost,      ///< value = how many
    internal,            ///< a failure inside this program; detail says which
};

/// Why a probe was not good, in which phase.
struct Reason {
    Phase phase = Phase::none;
    ReasonCode code = ReasonCode::none;
    int value = 0;       ///< a number that belongs to the code, such as the HTTP status
    std::string detail;  ///< from outside: hostile; escape where shown

    friend bool operator==(const Reason&, const Reason&) = default;
};

/// True if the code speaks of us and not of the target: the outcome is then `unknown`.
bool is_own_fault(ReasonCode code);

/// A sentence for people, without a final full stop, one line, outside text escaped and shortened
/// to 200 bytes: "no answer within the time limit (phase: TLS)", "internal error: DETAIL". Empty
/// for `none`.
std::string describe(const Reason& reason, const Catalog& catalog);

/// Names used in JSON and metrics; not translated: "tls", "certificate_expired".
std::string_view to_string(Phase phase);
std::string_view to_string(ReasonCode code);

}  // namespace vigia
