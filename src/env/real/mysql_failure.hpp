#pragma once

#include "core/reason.hpp"

#include <string>
#include <string_view>

namespace vigia {

/// What is known when libmariadb reports a failure.
struct MysqlFacts {
    Phase phase = Phase::none;  ///< that it came in
    unsigned number = 0;        ///< mysql_errno(): 2000-2999, 5000-5999 libmariadb's
    std::string sqlstate;
    std::string text;
    int os_errno = 0;    ///< what broke the connection, or 0
    bool ended = false;  ///< the server closed the connection
    std::string alert;   ///< the server's fatal TLS alert
    std::string_view query;
};

/// Why it failed. Pure; looks at numbers, never at texts. The code is never `none`.
Reason classify(const MysqlFacts& facts);

/// True for the number of an error that the server answered; libmariadb's own, and 0, are none.
bool is_of_server(unsigned number);

/// The reason of a socket() or connect() that failed with this errno. Phase `connect`.
Reason reason_of_connect(int error);

/// True if the server's time limit for reading statements holds for `query` on MySQL, that is, if
/// it begins with SELECT, WITH, TABLE, VALUES or a parenthesis.
bool is_plain_select(std::string_view query);

}  // namespace vigia
