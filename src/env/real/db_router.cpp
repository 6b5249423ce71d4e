#include "env/real/db_router.hpp"

#include "base/assert.hpp"

#include <utility>

namespace vigia {

boost::asio::awaitable<DbAnswer> DbRouter::ask(DbRequest request) {
    switch (request.target->kind) {
        case DbKind::postgresql:
            return clients_.postgresql.ask(std::move(request));
        case DbKind::mysql:
        case DbKind::mariadb:
            return clients_.mysql.ask(std::move(request));
        case DbKind::sqlserver:
        case DbKind::odbc:
            return clients_.odbc.ask(std::move(request));
    }
    assertion_failed("a DbKind without a client");
}

}  // namespace vigia
