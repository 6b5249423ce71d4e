#include "tests/unit/config/reading.hpp"

namespace vigia {
namespace {

using namespace std::chrono_literals;
using testing::expect_mistakes;
using testing::FakeSources;
using testing::good;
using testing::Mistake;

/// The one database of `{"type": TYPE, "host": "db.example", MEMBERS}`.
Monitor database(const std::string& type, const std::string& members = R"("_": 0)",
                 const FakeSources& world = {}) {
    const Config config = good(
        R"({"databases": {"D": {"host": "db.example", "type": ")" + type + "\", " + members + "}}}",
        world);
    return config.monitors.empty() ? Monitor{} : *config.monitors.front();
}

const DbTarget& db(const Monitor& monitor) {
    return std::get<DbTarget>(monitor.target);
}

TEST(Database, HasTheDefaultsOfItsKind) {
    struct Row {
        const char* type;
        DbKind kind;
        std::uint16_t port;
        const char* name;
    };
    for (const Row& row : {Row{"mysql", DbKind::mysql, 3306, "mysql"},
                           {"mariadb", DbKind::mariadb, 3306, "mariadb"},
                           {"postgresql", DbKind::postgresql, 5432, "postgresql"},
                           {"postgres", DbKind::postgresql, 5432, "postgresql"},
                           {"sqlserver", DbKind::sqlserver, 1433, "sqlserver"},
                           {"mssql", DbKind::sqlserver, 1433, "sqlserver"},
                           {"odbc", DbKind::odbc, 0, "odbc"}}) {
        SCOPED_TRACE(row.type);
        const Monitor monitor = database(row.type);
        EXPECT_EQ(monitor.category, MonitorCategory::database);
        EXPECT_EQ(monitor.id.str(), "db-d");
        EXPECT_EQ(type_name(monitor.target), row.name);
        DbTarget expected;
        expected.kind = row.kind;
        expected.host = "db.example";
        expected.port = row.port;
        if (row.kind >= DbKind::sqlserver) expected.driver = "FreeTDS";
        EXPECT_EQ(db(monitor), expected);
        EXPECT_EQ(endpoint_of(monitor.target), "db://db.example:" + std::to_string(row.port));
    }
}

TEST(Database, ReadsEveryKey) {
    FakeSources world;
    world.files = {{"/etc/vigia/pw", "s3cret\n"}, {"/ca", ""}, {"/c", ""}, {"/k", ""}};
    const Monitor monitor = database("sqlserver", R"(
        "port": 1444, "database": "it's; {a} \"b\"", "user": "o'brien", "password_file": "pw",
        "query": "SELECT count(*) FROM t; ",
        "expect": {"value": {">=": 1, "<": 10.5, "!=": "x"}, "rows": {"min": 1, "max": 3}},
        "tls": {"mode": "verify-full", "ca_file": "/ca", "server_name": "db.example"},
        "driver": "TDS", "options": {"TDS_Version": "7.4", "APP": "v"},
        "timeout": 2, "tags": ["a"], "id": "the-db")",
                                     world);
    EXPECT_EQ(monitor.id.str(), "the-db");
    EXPECT_EQ(monitor.policy.timeout, 2s);
    DbTarget expected;
    expected.kind = DbKind::sqlserver;
    expected.host = "db.example";
    expected.port = 1444;
    expected.database = "it's; {a} \"b\"";
    expected.user = "o'brien";
    expected.password = Secret("s3cret");
    expected.query = "SELECT count(*) FROM t";
    expected.expect.value = {{CompareOp::less, 10.5},
                             {CompareOp::not_equal, std::string("x")},
                             {CompareOp::greater_equal, std::int64_t{1}}};
    expected.expect.min_rows = 1;
    expected.expect.max_rows = 3;
    expected.tls_mode = DbTlsMode::verify_full;
    expected.tls.ca_file = "/ca";
    expected.tls.server_name = "db.example";
    expected.driver = "TDS";
    expected.options = {{"APP", "v"}, {"TDS_Version", "7.4"}};
    EXPECT_EQ(db(monitor), expected);
}

TEST(Database, HasClientCertificatesWhereTheClientIsOurs) {
    FakeSources world;
    world.files = {{"/c", ""}, {"/k", ""}};
    const DbTarget target = db(database("postgresql", R"("tls": {"mode": "verify-full",
        "server_name": "sql.example", "cert_file": "/c", "key_file": "/k"})",
                                        world));
    EXPECT_EQ(target.tls.server_name, "sql.example");
    EXPECT_EQ(target.tls.cert_file, "/c");
    EXPECT_EQ(target.tls.key_file, "/k");
}

TEST(Database, HostsBecomeAsciiForEveryKind) {
    FakeSources world;
    world.ascii_hosts = {{"ñandú.example", "xn--and-6ma2c.example"},
                         {"CAFÉ.example", "xn--caf-dma.example"}};
    for (const char* const type : {"mysql", "mariadb", "postgresql", "sqlserver", "odbc"}) {
        const Config config =
            good(R"({"databases": {"D": {"host": "ñandú.example", "type": ")" + std::string(type) +
                     R"(", "tls": {"server_name": "CAFÉ.example"}}}})",
                 world);
        ASSERT_EQ(config.monitors.size(), 1U);
        EXPECT_EQ(db(*config.monitors[0]).host, "xn--and-6ma2c.example") << type;
        EXPECT_EQ(db(*config.monitors[0]).tls.server_name, "xn--caf-dma.example") << type;
    }
    EXPECT_EQ(db(database("mysql", R"("user": "Ana")", world)).host, "db.example");
}

TEST(Database, IntegersStayExact) {
    const DbTarget target = db(database(
        "mysql", R"("expect": {"value": {"==": 9007199254740993, "<": 1e300, ">": -1.5}})"));
    EXPECT_EQ(target.expect.value,
              (std::vector<Comparison>{{CompareOp::less, 1e300},
                                       {CompareOp::equal, std::int64_t{9'007'199'254'740'993}},
                                       {CompareOp::greater, -1.5}}));
}

TEST(Database, ExpectationsHaveShortForms) {
    const DbTarget number = db(database("mysql", R"("expect": {"value": 1, "rows": 2})"));
    ASSERT_EQ(number.expect.value.size(), 1U);
    EXPECT_EQ(number.expect.value[0], (Comparison{CompareOp::equal, std::int64_t{1}}));
    EXPECT_EQ(number.expect.min_rows, 2U);
    EXPECT_EQ(number.expect.max_rows, 2U);
    const DbTarget text = db(database("mysql", R"("expect": {"value": "ok"})"));
    EXPECT_EQ(text.expect.value.at(0), (Comparison{CompareOp::equal, std::string("ok")}));
}

TEST(Database, QueriesBeginLikeReading) {
    for (const char* const query :
         {"select 1", "(SELECT 1)", "-- why\\n with x as (select 1) select 1",
          "/* a */ /* b */VALUES (1)", "SHOW STATUS"}) {
        EXPECT_FALSE(
            db(database("mysql", R"("query": ")" + std::string(query) + '"')).query.empty());
    }
}

TEST(Database, TlsModes) {
    EXPECT_EQ(db(database("mysql")).tls_mode, DbTlsMode::prefer);
    EXPECT_EQ(db(database("mysql", R"("tls": {})")).tls_mode, DbTlsMode::prefer);
    EXPECT_EQ(db(database("mysql", R"("tls": {"verify": true})")).tls_mode, DbTlsMode::verify_full);
    EXPECT_EQ(db(database("mysql", R"("tls": {"verify": false})")).tls_mode, DbTlsMode::prefer);
    EXPECT_EQ(db(database("mysql", R"("tls": {"mode": "verify-ca", "verify": true})")).tls_mode,
              DbTlsMode::verify_ca);
}

TEST(Database, HostsMayBeSocketsWhereThereAreAny) {
    const Config config = good(R"({"databases": {
        "a": {"type": "postgresql", "host": "/run/postgresql"},
        "b": {"type": "mysql", "host": "/run/mysqld/mysqld.sock"},
        "c": {"type": "postgresql", "host": "2001:db8::1"},
        "d": {"type": "odbc", "driver": "SQLite3"}}})");
    ASSERT_EQ(config.monitors.size(), 4U);
    EXPECT_EQ(endpoint_of(config.monitors[2]->target), "db://[2001:db8::1]:5432");
    EXPECT_EQ(db(*config.monitors[3]).host, "");
}

/// The rows for the value V of `"databases": {"D": V}`, whose column counts from V.
std::vector<Mistake> in_database(std::vector<Mistake> rows) {
    const std::string before = R"({"language": "en", "databases": {"D": )";
    for (Mistake& row : rows) {
        row.text = before + row.text + "}}";
        row.column += before.size();
        row.pointer = "/databases/D" + row.pointer;
    }
    return rows;
}

TEST(Database, Mistakes) {
    expect_mistakes(in_database({
        {"no object", R"("mysql://x")", 1, 1, "", "expected an object with \"type\""},
        {"no type", R"({"host": "x"})", 1, 1, "", "\"type\" is missing"},
        {"odd type", R"({"type": "oracle", "host": "x"})", 1, 10, "/type", "unknown value"},
        {"no host", R"({"type": "mysql"})", 1, 1, "", "\"host\" is missing"},
        {"bad host", R"({"type": "mysql", "host": "a b"})", 1, 27, "/host", "not a valid host"},
        {"no sockets", R"({"type": "mssql", "host": "/x"})", 1, 27, "/host", "no Unix sockets"},
        {"misspelt", R"({"type": "mysql", "host": "x", "pasword": ""})", 1, 32, "/pasword",
         "did you mean \"password\""},
        {"port", R"({"type": "mysql", "host": "x", "port": 0})", 1, 40, "/port", "out of range"},
        {"control in the user", R"({"type": "mysql", "host": "x", "user": "a\nb"})", 1, 40, "/user",
         "control characters"},
        {"empty query", R"({"type": "mysql", "host": "x", "query": " ; "})", 1, 41, "/query",
         "the query is empty"},
        {"a program", R"({"type": "mysql", "host": "x", "query": "COPY t TO PROGRAM 'x'"})", 1, 41,
         "/query", "may only read"},
        {"a block", R"({"type": "mysql", "host": "x", "query": "/* SELECT */ BEGIN NOT ATOMIC"})",
         1, 41, "/query", "may only read"},
        {"a file", R"({"type": "mysql", "host": "x", "query": "SELECT 1 INTO OUTFILE '/x'"})", 1,
         41, "/query", "INTO OUTFILE"},
        {"a file of MariaDB's",
         R"({"type": "mariadb", "host": "x", "query": "SELECT 1 INTO /* */ DUMPFILE '/x'"})", 1, 43,
         "/query", "INTO DUMPFILE"},
        {"a word that writes", R"({"type": "mssql", "host": "x", "query": "SELECT 1DROP TABLE x"})",
         1, 41, "/query", "[brackets]"},
        {"two statements", R"({"type": "odbc", "query": "SELECT 1; SELECT 2"})", 1, 27, "/query",
         "one statement only"},
        {"a name without A-labels", R"({"type": "mysql", "host": "ñ.example"})", 1, 27, "/host",
         "not a valid host"},
        {"driver of another kind", R"({"type": "mysql", "host": "x", "driver": "x"})", 1, 32,
         "/driver", "unknown key"},
        {"a driver by path", R"({"type": "odbc", "driver": "/lib/evil.so"})", 1, 28, "/driver",
         "not the name of an ODBC driver"},
        {"an option that opens files", R"({"type": "odbc", "options": {"DumpFile": "x"}})", 1, 30,
         "/options/DumpFile", "unknown key"},
        {"no comparison", R"({"type": "odbc", "expect": {"value": {}}})", 1, 38, "/expect/value",
         "no comparison"},
        {"operator", R"({"type": "odbc", "expect": {"value": {"=>": 1}}})", 1, 39,
         "/expect/value/=>", "unknown key"},
        {"operand", R"({"type": "odbc", "expect": {"value": null}})", 1, 38, "/expect/value",
         "expected a number or a string"},
        {"rows", R"({"type": "odbc", "expect": {"rows": 10000}})", 1, 37, "/expect/rows",
         "out of range"},
        {"min over max", R"({"type": "odbc", "expect": {"rows": {"min": 2, "max": 1}}})", 1, 37,
         "/expect/rows", "\"min\" is more than \"max\""},
        {"a CA for nothing", R"({"type": "odbc", "tls": {"ca_file": "x"}})", 1, 37, "/tls/ca_file",
         "nothing is verified"},
        {"verify against mode", R"({"type": "odbc", "tls": {"mode": "require", "verify": true}})",
         1, 55, "/tls/verify", "contradicts \"mode\""},
        {"conditions", R"({"type": "odbc", "conditions": []})", 1, 18, "/conditions",
         "not available in this version"},
    }));
}

TEST(Database, WhatTheDriverCannotDoIsAMistake) {
    expect_mistakes(in_database({
        {"TLS of a strange driver",
         R"({"type": "odbc", "driver": "X", "tls": {"mode": "require"}})", 1, 49, "/tls/mode",
         "not known how to hold this driver to TLS"},
        {"TLS of a strange driver, in short",
         R"({"type": "odbc", "driver": "X", "tls": {"verify": true}})", 1, 40, "/tls",
         "not known how to hold this driver to TLS"},
        {"an option against TLS",
         R"({"type": "odbc", "options": {"Encrypt": "no"}, "tls": {"mode": "require"}})", 1, 41,
         "/options/Encrypt", "leave the option out"},
        {"a client certificate",
         R"({"type": "mssql", "host": "x", "tls": {"mode": "require", "cert_file": "/f"}})", 1, 72,
         "/tls/cert_file", "client certificate"},
        {"another name than FreeTDS verifies",
         R"({"type": "mssql", "host": "x", "tls": {"mode": "verify-full", "server_name": "y"}})", 1,
         78, "/tls/server_name", "FreeTDS verifies the name"},
        {"a password that cannot be written",
         R"({"type": "mssql", "host": "x", "password": "a};b"})", 1, 44, "/password",
         "connection string"},
    }));
}

}  // namespace
}  // namespace vigia
