#include "env/real/odbc_client.hpp"

namespace vigia {

class OdbcClient::Impl {};

OdbcClient::OdbcClient(boost::asio::io_context&, Clock&, OdbcOptions) {}
OdbcClient::~OdbcClient() = default;

boost::asio::awaitable<DbAnswer> OdbcClient::ask(DbRequest) {
    DbAnswer answer;
    answer.failure = Reason{Phase::none, ReasonCode::no_driver, 0, {}};
    co_return answer;
}

}  // namespace vigia
