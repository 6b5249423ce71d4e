#include "tests/contract/mysql_world.hpp"

namespace vigia::test {

namespace {

/// As a text of JSON.
std::string json(const std::string& text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

std::string options(const std::string& more) {
    return R"({"users": {)" + json(MysqlWorld::kUser) + ": " + json(MysqlWorld::kPassword) +
           R"(}, "databases": [)" + json(MysqlWorld::kDatabase) +
           R"(, "shop"], "denied": ["secrets", "forbidden"])" + more + "}";
}

/// A canned answer of `count` rows with one column.
std::string rows(const std::string& type, const std::string& cell, int count) {
    std::string answer = R"({"columns": [["c", ")" + type + R"("]], "rows": [)";
    for (int i = 0; i < count; ++i) answer += (i == 0 ? "[" : ", [") + cell + "]";
    return answer + "]}";
}

constexpr int kManyRows = 12'000;
constexpr int kWideRows = 20;
constexpr std::size_t kWide = 65536;

std::string canned_answers() {
    return R"({"answers": {"SELECT text": )" + rows("text", json("vigía ☂"), 1) +
           R"(, "SELECT null": )" + rows("int", "null", 1) + R"(, "SELECT nothing": )" +
           rows("int", "1", 0) + R"(, "SELECT three": )" +
           R"({"columns": [["n", "int"], ["t", "text"]], "rows": [[1, "x"], [2, "x"], [3, "x"]]})" +
           R"(, "SELECT endless": )" + rows("int", "1", kManyRows) + R"(, "SELECT wide": )" +
           rows("text", json(std::string(kWide, 'x')), kWideRows) + "}}";
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

MysqlWorld::MysqlWorld(const std::string& more) : server_("mysql_server.py", options(more)) {
    server_.set(canned_answers());
}

DbTarget MysqlWorld::good() {
    DbTarget target;
    target.kind = DbKind::mysql;
    target.host = "127.0.0.1";
    target.port = server_.port();
    target.database = kDatabase;
    target.user = kUser;
    target.password = Secret(kPassword);
    target.tls_mode = DbTlsMode::prefer;
    return target;
}

std::string MysqlWorld::sql(DbQuestion question) const {
    switch (question) {
        case DbQuestion::text:
            return "SELECT text";
        case DbQuestion::null:
            return "SELECT null";
        case DbQuestion::no_rows:
            return "SELECT nothing";
        case DbQuestion::three_rows:
            return "SELECT three";
        case DbQuestion::endless_rows:
            return "SELECT endless";
        case DbQuestion::gigabyte:
            return "SELECT wide";
        case DbQuestion::sleeps:
            return "SELECT SLEEP(60)";
        case DbQuestion::mistake:
            return "SELECT * FROM absent";
        case DbQuestion::forbidden:
            return "SELECT * FROM secrets";
        case DbQuestion::writes:
            return "CREATE TABLE written (n INT)";
        case DbQuestion::two_statements:
            return "SELECT 1; CREATE TABLE written (n INT)";
        case DbQuestion::escapes:
            return "COMMIT; CREATE TABLE written (n INT)";
    }
    return {};
}

int MysqlWorld::running() {
    const std::string stats = server_.stats();
    return stats.find("SLEEP(") == std::string::npos ? 0 : server_.count("connections_now");
}

std::unique_ptr<DbServerWorld> make_mariadb_world() {
    return std::make_unique<MariadbWorld>();
}

std::unique_ptr<DbServerWorld> make_mysql_world() {
    return std::make_unique<MysqlWorld>();
}

}  // namespace vigia::test
