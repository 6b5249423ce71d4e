#include "tests/contract/mysql_world.hpp"

namespace vigia::test {

namespace {

DbTarget played() {
    DbTarget target;
    target.kind = DbKind::mysql;
    target.database = kTrickyDatabase;
    target.user = kTrickyUser;
    target.password = Secret(kTrickyPassword);
    target.tls_mode = DbTlsMode::prefer;
    return target;
}

}  // namespace

MariadbWorld::MariadbWorld(MariadbServer& server) : server_(server) {
    server_.query("DROP TABLE IF EXISTS `" + std::string(MariadbServer::kDatabase) + "`.written");
}

std::string MariadbWorld::sql(DbQuestion question) const {
    switch (question) {
        case DbQuestion::text:
            return "SELECT 'vigía ☂'";
        case DbQuestion::null:
            return "SELECT NULL, 1";
        case DbQuestion::no_rows:
            return "SELECT 1 FROM DUAL WHERE FALSE";
        case DbQuestion::three_rows:
            return "SELECT seq, 'x' FROM seq_1_to_3";
        case DbQuestion::endless_rows:
            return "SELECT seq FROM seq_1_to_1000000000000";
        case DbQuestion::wide_rows:
        case DbQuestion::gigabyte:
            return "SELECT REPEAT('x', 65536) FROM seq_1_to_16384";
        case DbQuestion::sleeps:
            return "SELECT SLEEP(60)";
        case DbQuestion::mistake:
            return "SELECT * FROM absent";
        case DbQuestion::forbidden:
            return "SELECT * FROM forbidden.secrets";
        case DbQuestion::writes:
            return "CREATE TABLE written (n INT)";
        case DbQuestion::two_statements:
            return "SELECT 1; CREATE TABLE written (n INT)";
        case DbQuestion::escapes:
            return "BEGIN NOT ATOMIC COMMIT; CREATE TABLE written (n INT); END";
    }
    return {};
}

int MariadbWorld::count(const std::string& where) {
    return std::stoi(server_.query(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE user NOT IN ('root', "
        "'system user')" +
        where));
}

int MariadbWorld::connections() {
    return count("");
}

int MariadbWorld::running() {
    return count(" AND info LIKE '%SLEEP(%'");
}

bool MariadbWorld::written() {
    return server_.query(
               "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'written'") !=
           "0";
}

MysqlWorld::MysqlWorld() : PlayedWorld("mysql_server.py", played(), {1, 65536}) {}

int MysqlWorld::running() {
    return server().stats().find("SLEEP(") == std::string::npos ? 0 : connections();
}

std::unique_ptr<DbServerWorld> make_mariadb_world() {
    return std::make_unique<MariadbWorld>();
}

std::unique_ptr<DbServerWorld> make_mysql_world() {
    return std::make_unique<MysqlWorld>();
}

}  // namespace vigia::test
