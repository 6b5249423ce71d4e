#include "env/real/mysql_client.hpp"

namespace vigia {

class MysqlClient::Impl {};

MysqlClient::MysqlClient(boost::asio::io_context&, Clock&, Resolver&) {}
MysqlClient::~MysqlClient() = default;

boost::asio::awaitable<DbAnswer> MysqlClient::ask(DbRequest) {
    DbAnswer answer;
    answer.failure = Reason{Phase::none, ReasonCode::no_driver, 0, {}};
    co_return answer;
}

}  // namespace vigia
