#pragma once

#include "core/reason.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// An error in the server's own words.
struct PgError {
    std::string sqlstate;         ///< five characters; empty: none was sent
    std::string text;             ///< the first line; hostile
    std::string source_function;  ///< of the server's source, "exec_parse_message"; not translated
};

/// What is known of a conversation with PostgreSQL that ended other than well.
struct PgFacts {
    Phase phase = Phase::connect;
    PgError server;              ///< the server said what is wrong
    int os_errno = 0;            ///< of the socket
    bool ended = false;          ///< the server closed the connection
    char tls_answer = 0;         ///< the byte that answers an SSLRequest: 'S', 'N'; 0: none yet
    std::string tls_error;       ///< OpenSSL's, of an established connection
    bool wants_login = false;    ///< the last thing that came was a request to authenticate
    bool deadline_near = false;  ///< the server's time limit and ours are about to pass
    std::string message;         ///< libpq's, for people
};

/// Why a conversation failed. Pure; looks at codes and bytes, never at texts. Never `none`.
Reason classify(const PgFacts& facts);

/// The reason of a server's error in `phase`.
ReasonCode reason_of(const PgError& error, Phase phase);

/// The server's error within what PQerrorMessage() says of a failed start-up, where libpq 15 keeps
/// no fields: "…: FATAL:  28P01: password authentication failed…" (PQERRORS_VERBOSE). The first
/// one, if libpq tried twice (TLS, then plain). Nothing if there is no SQLSTATE.
std::optional<PgError> find_server_error(std::string_view message);

/// The last line of libpq's message, without the "connection to server at … failed: " before it
/// that repeats what the monitor is configured with.
std::string own_words(std::string_view message);

}  // namespace vigia
