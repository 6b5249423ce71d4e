#pragma once

#include "base/secret.hpp"
#include "core/reason.hpp"
#include "core/tls_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vigia {

enum class DbKind : std::uint8_t { postgresql, mysql, mariadb, sqlserver, odbc };

/// How much TLS a database connection must have (PRODUCT §3).
enum class DbTlsMode : std::uint8_t {
    disable,
    prefer,       ///< encrypted when offered, not verified
    require,      ///< encrypted, not verified
    verify_ca,    ///< and issued by a trusted CA
    verify_full,  ///< and for the host
};

enum class CompareOp : std::uint8_t {
    less,
    less_equal,
    equal,
    not_equal,
    greater_equal,
    greater,
};

/// `VALUE op operand`. A number compares as a number, exactly where both are integers of 64 bits; a
/// text byte by byte.
struct Comparison {
    CompareOp op = CompareOp::equal;
    std::variant<double, std::int64_t, std::string> operand = 0.0;

    friend bool operator==(const Comparison&, const Comparison&) = default;
};

/// What the answer to a query must be; all of it must hold. Empty: any answer is good.
struct DbExpectation {
    std::vector<Comparison> value;          ///< of the first column of the first row
    std::optional<std::uint64_t> min_rows;  ///< at most kMaxDbRows
    std::optional<std::uint64_t> max_rows;  ///< below kMaxDbRows

    friend bool operator==(const DbExpectation&, const DbExpectation&) = default;
};

/// A database: where it is, who asks what, and which answer is good.
struct DbTarget {
    DbKind kind = DbKind::postgresql;
    std::string host;  ///< ASCII; begins with `/`: a Unix socket (PostgreSQL: its directory)
    std::uint16_t port = 0;
    std::string database;
    std::string user;
    Secret password;
    std::string query;  ///< one reading statement; empty: the dialect's `SELECT 1`
    DbExpectation expect;
    DbTlsMode tls_mode = DbTlsMode::prefer;
    TlsOptions tls;      ///< `verify` is not looked at: `tls_mode` says it
    std::string driver;  ///< ODBC: the name that odbcinst.ini knows, such as "FreeTDS"
    std::vector<std::pair<std::string, std::string>> options;  ///< ODBC: keywords and values

    friend bool operator==(const DbTarget&, const DbTarget&) = default;
};

// What is read of an answer; what lies beyond is not read, and no failure.
inline constexpr std::uint64_t kMaxDbRows = 10'000;
inline constexpr std::size_t kMaxDbBytes = std::size_t{1024} * 1024;
/// Bytes kept of the first value: more than is shown, since a secret in it must be whole to be
/// found.
inline constexpr std::size_t kMaxDbValue = std::size_t{32} * 1024;

/// As far as an answer is judged.
struct DbResult {
    std::uint64_t rows = 0;            ///< read, at most kMaxDbRows
    std::optional<std::string> value;  ///< first column of the first row; nothing: NULL, or no row
    bool capped = false;               ///< reading stopped at a limit: there may be more rows

    friend bool operator==(const DbResult&, const DbResult&) = default;
};

/// Nothing if `result` is as expected; otherwise the first thing that is not.
std::optional<Reason> judge(const DbExpectation& expect, const DbResult& result);

/// "postgresql", "mysql", …: the `type` of JSON and metrics.
std::string_view to_string(DbKind kind);
/// "<", "<=", "==", "!=", ">=", ">".
std::string_view to_string(CompareOp op);

/// 5432, 3306, 1433; 0 for ODBC, whose driver knows.
std::uint16_t default_port(DbKind kind);

/// True if `host` is a Unix socket.
inline bool is_socket_path(std::string_view host) {
    return host.starts_with('/');
}

}  // namespace vigia
