#include "env/real/mysql_failure.hpp"

#include "base/text.hpp"
#include "env/db_client.hpp"
#include "env/real/http_failure.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <errmsg.h>
#include <optional>
#include <system_error>

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
    if (number == kSyntaxError && has_second_statement(facts.query)) {
        return ReasonCode::query_not_reading;
    }
    return facts.phase == Phase::login ? ReasonCode::login_failed : ReasonCode::query_failed;
}

bool is_of_client(unsigned number) {
    return (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) ||
           (number >= CER_MIN_ERROR && number <= CER_MAX_ERROR);
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

std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return shorten(text, kMaxServerText);
}

std::string_view skip_space(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n\f\v");
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

std::string_view after(std::string_view text, std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, from);
    return found == std::string_view::npos ? std::string_view() : text.substr(found + end.size());
}

/// What follows the quoted text that `text` begins with.
std::string_view after_quoted(std::string_view text) {
    const char quote = text.front();
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '\\' && quote != '`') {
            ++at;
        } else if (text[at] == quote) {
            return text.substr(at + 1);  // of a doubled quote the next text begins at once
        }
    }
    return {};
}

/// What follows the comment that `text` begins with; nothing if it begins with none.
std::optional<std::string_view> after_comment(std::string_view text) {
    if (text.starts_with("/*")) return after(text, "*/", 2);
    const bool dashes = text.starts_with("--") && (text.size() == 2 || text[2] <= ' ');
    if (dashes || text.starts_with('#')) return after(text, "\n", 1);
    return std::nullopt;
}

std::string_view skip_comments(std::string_view text) {
    for (text = skip_space(text); !text.empty(); text = skip_space(text)) {
        const std::optional<std::string_view> rest = after_comment(text);
        if (!rest) break;
        text = *rest;
    }
    return text;
}

}  // namespace

Reason classify(const MysqlFacts& facts) {
    std::string detail = facts.sqlstate;
    if (!detail.empty()) detail += '/';
    detail += std::to_string(facts.number) + ": " + facts.text;
    detail = one_line(std::move(detail));
    if (facts.number == 0) return {facts.phase, ReasonCode::protocol_error, 0, {}};
    if (!is_of_client(facts.number)) {
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

bool has_second_statement(std::string_view query) {
    std::string_view rest = query;
    while (!rest.empty()) {
        const std::optional<std::string_view> behind = after_comment(rest);
        if (behind) {
            rest = *behind;
        } else if (rest.front() == '\'' || rest.front() == '"' || rest.front() == '`') {
            rest = after_quoted(rest);
        } else if (rest.front() == ';') {
            rest = skip_comments(rest.substr(1));
            if (!rest.empty() && rest.front() != ';') return true;
        } else {
            rest.remove_prefix(1);
        }
    }
    return false;
}

bool is_plain_select(std::string_view query) {
    const std::string_view text = skip_comments(query);
    if (text.starts_with('(')) return true;
    const std::string word = ascii_lower(text.substr(0, text.find_first_of(" \t\r\n(/*")));
    return word == "select" || word == "with" || word == "table" || word == "values";
}

}  // namespace vigia
