#include "env/real/mysql_failure.hpp"

#include "base/text.hpp"
#include "core/sql_guard.hpp"
#include "core/sql_tokens.hpp"
#include "env/db_client.hpp"
#include "env/real/http_failure.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <errmsg.h>
#include <optional>
#include <system_error>
#include <vector>

namespace vigia {

namespace {

// Numbers of servers, which libmariadb's headers do not all know (MySQL's and MariaDB's lists of
// error codes).
constexpr unsigned kSyntaxError = 1064;
constexpr std::array kBadLogin = {1045U, 1129U, 1130U, 1251U, 1275U, 1524U,
                                  1698U, 1820U, 1862U, 3118U, 3159U, 4151U};
constexpr std::array kNoPermission = {1044U, 1142U, 1143U, 1227U, 1345U, 1370U};
constexpr std::array kTooMany = {1040U, 1203U, 1226U};
// Shutdown; a Galera node that is no member yet (1047); offline; killed by the shutdown.
constexpr std::array kNotReady = {1047U, 1053U, 1927U, 3032U, 3168U};
constexpr std::array kOverTime = {1969U, 3024U};  // MariaDB's limit, MySQL's

template <std::size_t Size>
bool is_in(const std::array<unsigned, Size>& numbers, unsigned number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

ReasonCode code_of_server(const MysqlFacts& facts) {
    const unsigned number = facts.number;
    if (is_in(kBadLogin, number)) return ReasonCode::login_failed;
    if (is_in(kNoPermission, number)) return ReasonCode::permission_denied;
    if (is_in(kTooMany, number)) return ReasonCode::too_many_connections;
    if (is_in(kNotReady, number)) return ReasonCode::server_not_ready;
    if (is_in(kOverTime, number)) return ReasonCode::timeout;
    if (number == 1049) return ReasonCode::no_such_database;
    if (number == 1792) return ReasonCode::query_not_reading;
    if (number == kSyntaxError && has_second_statement(facts.query, DbKind::mysql)) {
        return ReasonCode::query_not_reading;
    }
    return facts.phase == Phase::login ? ReasonCode::login_failed : ReasonCode::query_failed;
}

Reason broken(const MysqlFacts& facts, const std::string& detail) {
    if (!facts.alert.empty()) return {facts.phase, ReasonCode::tls_failure, 0, facts.alert};
    if (facts.os_errno == EPROTO) return {facts.phase, ReasonCode::protocol_error, 0, detail};
    const std::optional<ReasonCode> code = reason_of_errno(facts.os_errno);
    if (code) return {facts.phase, *code, 0, {}};
    if (facts.ended || facts.os_errno != 0) {
        return {facts.phase, ReasonCode::connection_closed, 0, {}};
    }
    return {facts.phase, ReasonCode::protocol_error, 0, detail};
}

}  // namespace

Reason classify(const MysqlFacts& facts) {
    std::string detail = facts.sqlstate;
    if (!detail.empty()) detail += '/';
    detail += std::to_string(facts.number) + ": " + facts.text;
    detail = shorten(detail, kMaxServerText);
    if (facts.number == 0) return {facts.phase, ReasonCode::protocol_error, 0, {}};
    if (is_of_server(facts.number)) {
        const ReasonCode code = code_of_server(facts);
        const Phase phase = code == ReasonCode::timeout ? Phase::query : facts.phase;
        return {phase, code, 0, std::move(detail)};
    }
    switch (facts.number) {
        case CR_OUT_OF_MEMORY:
            return {facts.phase, ReasonCode::no_buffers, 0, {}};
        case CR_AUTH_PLUGIN_CANNOT_LOAD:
        case CR_AUTH_PLUGIN_ERR:
        case CR_PLUGIN_NOT_ALLOWED:
            return {facts.phase, ReasonCode::login_failed, 0, std::move(detail)};
        default:
            return broken(facts, detail);
    }
}

bool is_of_server(unsigned number) {
    const bool of_client = (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) ||
                           (number >= CER_MIN_ERROR && number <= CER_MAX_ERROR);
    return number != 0 && !of_client;
}

Reason reason_of_connect(int error) {
    ReasonCode code = reason_of_errno(error).value_or(ReasonCode::internal);
    std::string detail;
    // Only of Unix sockets: there is no such path, or no room in the queue of whoever listens.
    if (error == ENOENT || error == EAGAIN || error == ENOTSOCK || error == EPROTOTYPE) {
        code = ReasonCode::connection_refused;
    }
    if (error == EACCES || error == EPERM) code = ReasonCode::permission_denied;
    if (code == ReasonCode::internal) detail = std::generic_category().message(error);
    return {Phase::connect, code, 0, std::move(detail)};
}

bool is_plain_select(std::string_view query) {
    const std::vector<SqlToken> tokens = sql_tokens(query, DbKind::mysql);
    if (tokens.empty()) return false;
    constexpr auto kWords = std::to_array<std::string_view>({"select", "with", "table", "values"});
    return tokens.front().is_sign('(') ||
           std::ranges::any_of(kWords, [&](auto word) { return tokens.front().is_word(word); });
}

}  // namespace vigia
