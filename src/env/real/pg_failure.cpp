#include "env/real/pg_failure.hpp"

#include "base/text.hpp"
#include "env/db_client.hpp"
#include "env/real/http_failure.hpp"

#include <algorithm>
#include <cstddef>

namespace vigia {

namespace {

constexpr std::size_t kSqlstateSize = 5;

bool is_sqlstate(std::string_view text) {
    return text.size() == kSqlstateSize && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

std::string first_line(std::string_view text) {
    return std::string(text.substr(0, text.find('\n')));
}

/// What a broken connection says by itself.
std::optional<ReasonCode> reason_of_socket(const PgFacts& facts) {
    if (const auto code = reason_of_errno(facts.os_errno)) return code;
    if (facts.ended) return ReasonCode::connection_closed;
    return std::nullopt;
}

/// libpq gave up in the middle of the negotiation of TLS.
ReasonCode reason_of_tls_answer(char answer) {
    switch (answer) {
        case 'N':
            return ReasonCode::tls_not_offered;
        case 'S':
            return ReasonCode::tls_failure;
        case 'E':  // an error that must not be believed, since anybody could have put it there
            return ReasonCode::server_not_ready;
        default:
            return ReasonCode::protocol_error;
    }
}

}  // namespace

ReasonCode reason_of(const PgError& error, Phase phase) {
    // https://www.postgresql.org/docs/15/errcodes-appendix.html
    const std::string_view state = error.sqlstate;
    if (state.starts_with("28")) return ReasonCode::login_failed;
    if (state == "3D000" || state == "57P04") return ReasonCode::no_such_database;
    if (state == "42501") return ReasonCode::permission_denied;
    if (state == "53300") return ReasonCode::too_many_connections;
    if (state == "57P01" || state == "57P02" || state == "57P03") {
        return ReasonCode::server_not_ready;
    }
    // The database is "not accepting connections".
    if (state == "55000" && phase == Phase::login) return ReasonCode::server_not_ready;
    if (state == "25006") return ReasonCode::query_not_reading;
    // The parser's "cannot insert multiple commands into a prepared statement" has the SQLSTATE of
    // any other syntax error, but another place in the source.
    if (state == "42601" && error.source_function == "exec_parse_message") {
        return ReasonCode::query_not_reading;
    }
    // Of a query it is the query that does not fit, as one with a parameter.
    if (state.starts_with("08") && phase != Phase::query) return ReasonCode::protocol_error;
    return ReasonCode::query_failed;
}

Reason classify(const PgFacts& facts) {
    if (!facts.server.sqlstate.empty()) {
        // query_canceled: by the limit that was set to our deadline.
        if (facts.server.sqlstate == "57014" && facts.deadline_near) {
            return {facts.phase, ReasonCode::timeout, 0, {}};
        }
        return {facts.phase, reason_of(facts.server, facts.phase), 0,
                shorten(facts.server.sqlstate + ": " + facts.server.text, kMaxServerText)};
    }
    if (const auto code = reason_of_socket(facts)) return {facts.phase, *code, 0, {}};
    std::string detail = shorten(facts.message, kMaxServerText);
    if (!facts.tls_error.empty()) {
        return {Phase::tls, ReasonCode::tls_failure, 0, shorten(facts.tls_error, kMaxServerText)};
    }
    if (facts.phase == Phase::tls) {
        return {facts.phase, reason_of_tls_answer(facts.tls_answer), 0, std::move(detail)};
    }
    if (facts.phase == Phase::connect) {
        return {facts.phase, ReasonCode::internal, 0, std::move(detail)};
    }
    // A way to authenticate that we do not have, or a password where none is configured.
    const bool login = facts.phase == Phase::login && facts.wants_login;
    return {facts.phase, login ? ReasonCode::login_failed : ReasonCode::protocol_error, 0,
            std::move(detail)};
}

std::optional<PgError> find_server_error(std::string_view message) {
    constexpr std::string_view kBefore = ":  ";  // severity, then two spaces
    for (std::size_t at = message.find(kBefore); at != std::string_view::npos;
         at = message.find(kBefore, at + 1)) {
        const std::string_view rest = message.substr(at + kBefore.size());
        if (rest.size() < kSqlstateSize + 2 || rest.substr(kSqlstateSize, 2) != ": ") continue;
        if (!is_sqlstate(rest.substr(0, kSqlstateSize))) continue;
        PgError error;
        error.sqlstate = rest.substr(0, kSqlstateSize);
        error.text = first_line(rest.substr(kSqlstateSize + 2));
        return error;
    }
    return std::nullopt;
}

std::string own_words(std::string_view message) {
    while (message.ends_with('\n')) message.remove_suffix(1);
    const std::size_t line = message.rfind('\n');
    if (line != std::string_view::npos) message.remove_prefix(line + 1);
    constexpr std::string_view kFailed = " failed: ";
    const std::size_t failed = message.find(kFailed);
    if (message.starts_with("connection to server") && failed != std::string_view::npos) {
        message.remove_prefix(failed + kFailed.size());
    }
    return std::string(message);
}

}  // namespace vigia
