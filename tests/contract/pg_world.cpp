#include "tests/contract/pg_world.hpp"

namespace vigia::test {

PostgresWorld::PostgresWorld(PostgresServer& server) : server_(server) {
    server_.query("DROP TABLE IF EXISTS written");
}

std::string PostgresWorld::sql(DbQuestion question) const {
    switch (question) {
        case DbQuestion::text:
            return "SELECT 'vigía ☂'";
        case DbQuestion::null:
            return "SELECT NULL, 1";
        case DbQuestion::no_rows:
            return "SELECT 1 WHERE false";
        case DbQuestion::three_rows:
            return "SELECT n, 'x' FROM generate_series(1, 3) AS n";
        case DbQuestion::endless_rows:
            return "SELECT generate_series(1, 1000000000000)";
        case DbQuestion::wide_rows:
        case DbQuestion::gigabyte:
            return "SELECT repeat('x', 65536) FROM generate_series(1, 16384)";
        case DbQuestion::sleeps:
            return "SELECT pg_sleep(60)";
        case DbQuestion::mistake:
            return "SELECT * FROM absent";
        case DbQuestion::forbidden:
            return "SELECT * FROM secrets";
        case DbQuestion::writes:
            return "CREATE TABLE written (n int)";
        case DbQuestion::two_statements:
            return "SELECT 1; CREATE TABLE written (n int)";
        case DbQuestion::escapes:
            return "COMMIT; BEGIN READ WRITE; CREATE TABLE written (n int); COMMIT";
    }
    return {};
}

int PostgresWorld::count(const std::string& where) {
    return std::stoi(
        server_.query("SELECT count(*) FROM pg_stat_activity WHERE usename <> 'admin' "
                      "AND backend_type = 'client backend'" +
                      where));
}

int PostgresWorld::connections() {
    return count("");
}

int PostgresWorld::running() {
    return count(" AND state = 'active' AND query LIKE '%pg_sleep%'");
}

bool PostgresWorld::written() {
    return server_.query("SELECT to_regclass('written') IS NOT NULL") == "t";
}

DbTarget PsqlOdbcWorld::good() {
    DbTarget target = server().target();
    target.kind = DbKind::odbc;
    target.driver = "PostgreSQL Unicode";
    target.tls_mode = DbTlsMode::prefer;
    return target;
}

std::unique_ptr<DbServerWorld> make_pg_world() {
    return std::make_unique<PgWorld>();
}

std::unique_ptr<DbServerWorld> make_psqlodbc_world() {
    return std::make_unique<PsqlOdbcWorld>();
}

}  // namespace vigia::test
