#pragma once

#include "base/secret.hpp"
#include "core/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

/// Drivers as far as they differ in what they are told, and how.
enum class OdbcFamily : std::uint8_t {
    freetds,     ///< tdsodbc
    microsoft,   ///< "ODBC Driver 18 for SQL Server"
    postgresql,  ///< psqlODBC
    other,
};

/// By the name that odbcinst.ini knows.
OdbcFamily family_of(std::string_view driver);

/// True of the drivers that are for SQL Server alone.
bool is_for_sql_server(OdbcFamily family);

/// True if this target's server is known to speak [MS-TDS] from version 7.1 on.
bool speaks_tds(const DbTarget& target);

/// Whose language the query of `target` is written in, as far as that is known: through a driver
/// for SQL Server it is SQL Server's.
DbKind dialect_of(const DbTarget& target);

/// `value` as it is written behind `KEYWORD=` and before `;`, so that both unixODBC and a driver of
/// this family read it back as it is; nothing if there is no such form. `last`: nothing but `;`
/// follows, as behind a password. ODBC doubles a `}` within braces, which FreeTDS does not undo: it
/// ends a braced value at `};` only, where unixODBC ends it at a `}` that is not doubled. psqlODBC
/// takes braces for a part of every value but a password, and unescapes a password without them.
std::optional<std::string> odbc_value(std::string_view value, OdbcFamily family, bool last);

/// What SQLDriverConnect() is given, or why there is no such thing.
struct OdbcString {
    Secret text;          ///< it holds the password
    std::string problem;  ///< our own fault; empty if there is none; without secrets
};

/// Where a driver is sent: a section of FreeTDS' configuration, or a host.
struct OdbcPlace {
    std::string section;  ///< FreeTDS only: it says host, port and TLS
    std::string host;     ///< a name, or one of its addresses
};

/// The connection string for `target`, by its driver's family. The password stands last.
OdbcString connection_string(const DbTarget& target, const OdbcPlace& place);

/// Why a driver cannot do what a target says.
enum class OdbcFault : std::uint8_t {
    client_certificate,    ///< there is no way to give it one
    contradicting_option,  ///< an option says of TLS what `tls` says
    old_protocol,          ///< before TDS 7.1 there is no TLS
    server_name,           ///< FreeTDS verifies the host it connects to
    verify_ca,             ///< Microsoft's verifies all or nothing
    ca_file,               ///< Microsoft's has the system's authorities
    ca_file_name,          ///< cannot be written in FreeTDS' configuration
    unknown_driver,        ///< how it is told of TLS is not known
    value,                 ///< cannot be written in a connection string
};

struct OdbcProblem {
    OdbcFault fault = OdbcFault::value;
    std::string key;  ///< of the configuration, as in "tls/ca_file"

    friend bool operator==(const OdbcProblem&, const OdbcProblem&) = default;
};

/// Everything that keeps `target`, of SQL Server or ODBC, from being asked as it says; known
/// without asking.
std::vector<OdbcProblem> odbc_problems(const DbTarget& target);

/// An English sentence, a message id.
std::string_view message_of(OdbcFault fault);

/// True if FreeTDS can be told of the TLS of `target` in its configuration only: of what it is to
/// verify, a connection string cannot speak.
bool needs_freetds_section(const DbTarget& target);

/// The lines of that section. `system_ca_file` stands for an empty `ca_file`. Nothing if there is
/// no such file, or if it cannot be written there. They name the host, not its addresses: what a
/// name resolves to makes no new section.
std::optional<std::string> freetds_section(const DbTarget& target,
                                           const std::string& system_ca_file);

}  // namespace vigia
