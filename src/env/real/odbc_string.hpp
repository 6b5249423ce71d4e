#pragma once

#include "base/secret.hpp"
#include "core/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// Drivers as far as they differ in what they are told, and how.
enum class OdbcFamily : std::uint8_t {
    freetds,    ///< tdsodbc
    microsoft,  ///< "ODBC Driver 18 for SQL Server"
    other,
};

/// By the name that odbcinst.ini knows.
OdbcFamily family_of(std::string_view driver);

/// True if this target's server is known to speak [MS-TDS] from version 7.1 on.
bool speaks_tds(const DbTarget& target);

/// `value` as it is written behind `KEYWORD=` and before `;`, so that both unixODBC and a driver of
/// this family read it back as it is; nothing if there is no such form. `last`: nothing but `;`
/// follows. ODBC doubles a `}` within braces, which FreeTDS does not undo: it ends a braced value
/// at `};` only, where unixODBC ends it at a `}` that is not doubled.
std::optional<std::string> odbc_value(std::string_view value, OdbcFamily family, bool last);

/// What SQLDriverConnect() is given, or why there is no such thing.
struct OdbcString {
    Secret text;          ///< it holds the password
    std::string problem;  ///< our own fault; empty if there is none; without secrets
};

/// Where a driver is sent: a section of FreeTDS' configuration, or a host.
struct OdbcPlace {
    std::string section;  ///< FreeTDS only: it says host, port and TLS
    std::string host;
};

/// The connection string for `target`, by its driver's family. The password stands last.
OdbcString connection_string(const DbTarget& target, const OdbcPlace& place);

/// Why this driver cannot be held to what the target says of TLS; empty if it can.
std::string tls_problem(const DbTarget& target);

/// The lines of a section of freetds.conf that leads to `host` with the TLS of `target`.
/// `system_ca_file` stands for an empty `ca_file`. Nothing if a value cannot be written there.
std::optional<std::string> freetds_section(const DbTarget& target, const std::string& host,
                                           const std::string& system_ca_file);

}  // namespace vigia
