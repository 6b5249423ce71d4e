#include "env/real/pg_client.hpp"

namespace vigia {

class PgClient::Impl {};

PgClient::PgClient(boost::asio::io_context&, Clock&, Resolver&) {}
PgClient::~PgClient() = default;

boost::asio::awaitable<DbAnswer> PgClient::ask(DbRequest) {
    DbAnswer answer;
    answer.failure = Reason{Phase::none, ReasonCode::no_driver, 0, {}};
    co_return answer;
}

}  // namespace vigia
