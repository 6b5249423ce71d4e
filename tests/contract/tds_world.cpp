#include "tests/contract/tds_world.hpp"

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
    return R"({"users": {)" + json(TdsWorld::kUser) + ": " + json(TdsWorld::kPassword) +
           R"(}, "databases": ["master", )" + json(TdsWorld::kDatabase) +
           R"(], "denied": ["secrets"])" + more + "}";
}

/// A canned answer of `count` rows with one column.
std::string rows(const std::string& type, const std::string& cell, int count) {
    std::string answer = R"({"columns": [["c", ")" + type + R"("]], "rows": [)";
    for (int i = 0; i < count; ++i) answer += (i == 0 ? "[" : ", [") + cell + "]";
    return answer + "]}";
}

/// Rows of 20 columns with 4,000 characters each, the longest that TDS 7.1 has; 80,000 bytes.
std::string wide_rows(int count) {
    std::string columns;
    std::string row;
    for (int i = 0; i < 20; ++i) {
        const std::string comma = i == 0 ? "" : ", ";
        columns += comma + R"(["c", "text"])";
        row += comma + json(std::string(4000, 'x'));
    }
    std::string answer = R"({"columns": [)" + columns + R"(], "rows": [)";
    for (int i = 0; i < count; ++i) answer += (i == 0 ? "[" : ", [") + row + "]";
    return answer + "]}";
}

constexpr int kManyRows = 12'000;
constexpr int kWideRows = 20;

std::string canned_answers() {
    return R"({"answers": {"SELECT text": )" + rows("text", json("vigía ☂"), 1) +
           R"(, "SELECT null": )" + rows("int", "null", 1) + R"(, "SELECT nothing": )" +
           rows("int", "1", 0) + R"(, "SELECT three": )" +
           R"({"columns": [["n", "int"], ["t", "text"]], "rows": [[1, "x"], [2, "x"], [3, "x"]]})" +
           R"(, "SELECT endless": )" + rows("int", "1", kManyRows) + R"(, "SELECT wide": )" +
           wide_rows(kWideRows) + "}}";
}

}  // namespace

TdsWorld::TdsWorld(const std::string& more, OdbcOptions limits)
    : server_("tds_server.py", options(more)), client_(io, clock, with_resolver(limits)) {
    server_.set(canned_answers());
}

OdbcOptions TdsWorld::with_resolver(OdbcOptions options) {
    options.resolver = &resolver;
    return options;
}

DbTarget TdsWorld::good() {
    DbTarget target;
    target.kind = DbKind::sqlserver;
    target.driver = "FreeTDS";
    target.host = "127.0.0.1";
    target.port = server_.port();
    target.database = kDatabase;
    target.user = kUser;
    target.password = Secret(kPassword);
    return target;
}

std::string TdsWorld::sql(DbQuestion question) const {
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
            return "WAITFOR DELAY '0:01:00'";
        case DbQuestion::mistake:
            return "SELECT * FROM absent";
        case DbQuestion::forbidden:
            return "SELECT * FROM secrets";
        case DbQuestion::writes:
            return "CREATE TABLE written (n int)";
        case DbQuestion::two_statements:
            return "SELECT 1; CREATE TABLE written (n int)";
        case DbQuestion::escapes:
            return "SELECT 1 COMMIT CREATE TABLE written (n int)";
    }
    return {};
}

int TdsWorld::running() {
    return server_.stats().find(R"("running": [])") == std::string::npos ? 1 : 0;
}

bool TdsWorld::written() {
    return server_.stats().find("CREATE") != std::string::npos;
}

std::unique_ptr<DbServerWorld> make_tds_world() {
    return std::make_unique<TdsWorld>();
}

}  // namespace vigia::test
