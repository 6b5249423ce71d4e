#pragma once

#include "core/reason.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace vigia {

/// A diagnostic record of ODBC.
struct OdbcRecord {
    std::string sqlstate;
    int number = 0;    ///< the server's, or the driver's own; 0: none
    std::string text;  ///< hostile
};

/// Whose numbers the records hold.
enum class OdbcNumbers : std::uint8_t {
    sql_server,  ///< SQL Server's, and FreeTDS' own
    unknown,     ///< of a server or a driver that we know nothing of
};

/// True if one of the records is known to be an answer of the server's, not the driver's own words.
bool server_answered(const std::vector<OdbcRecord>& records, OdbcNumbers numbers);

/// True if the records say that no driver of that name can be used.
bool driver_missing(const std::vector<OdbcRecord>& records);

/// Why a call failed in `phase`, from all of its records: the most telling one decides, and its
/// text becomes the detail, as "NUMBER: text" or "SQLSTATE: text". Looks at codes; at texts only
/// where nothing else is to be had, of a login through a driver whose numbers are not known.
/// `dead`: the connection is known to have broken meanwhile. Never `none`.
Reason classify(const std::vector<OdbcRecord>& records, OdbcNumbers numbers, Phase phase,
                bool dead);

}  // namespace vigia
