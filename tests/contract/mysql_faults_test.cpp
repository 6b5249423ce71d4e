// MysqlClient against servers that misbehave, phase by phase: a real MariaDB behind a gate, and a
// MySQL 8 that is played.

#include "tests/contract/mysql_world.hpp"
#include "tests/support/db_gate.hpp"
#include "tests/support/fault_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Kind = MysqlFault::Kind;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr Duration kShort = 300ms;

std::string detail_of(const DbAnswer& answer) {
    return answer.failure ? answer.failure->detail : std::string();
}

/// "a row: hang": what the server does in place of a packet.
std::string name_of(const MysqlFault& fault) {
    constexpr const char* kPackets[] = {"greeting",        "end of the login",   "column count",
                                        "a column",        "end of the columns", "row",
                                        "end of the rows", "after the answer"};
    return name_of_fault(kPackets[fault.before], fault.kind);
}

TEST(MysqlFaults, OfAConversationWithMariadbAreToldByPhase) {
    struct Case {
        MysqlFault fault;
        std::string expected;
    };
    // Of the server's packets the first is its greeting, the second lets the client in; then come
    // the number of columns, a column, its end, a row, and the end.
    const Case cases[] = {
        {{0, Kind::hang}, "login timeout"},
        {{0, Kind::reset}, "login connection_reset"},
        {{0, Kind::close}, "login connection_closed"},
        {{0, Kind::garbage}, "login protocol_error"},
        {{0, Kind::halve}, "login connection_closed"},
        {{1, Kind::hang}, "login timeout"},
        {{1, Kind::reset}, "login connection_reset"},
        {{1, Kind::close}, "login connection_closed"},
        {{1, Kind::garbage}, "login protocol_error"},
        {{1, Kind::halve}, "login connection_closed"},
        {{2, Kind::hang}, "query timeout"},
        {{2, Kind::reset}, "query connection_reset"},
        {{2, Kind::close}, "query connection_closed"},
        {{2, Kind::garbage}, "query protocol_error"},
        {{2, Kind::halve}, "query connection_closed"},
        {{4, Kind::hang}, "query timeout"},
        {{4, Kind::reset}, "query connection_reset"},
        {{4, Kind::close}, "query connection_closed"},
        {{4, Kind::garbage}, "query protocol_error"},
        {{4, Kind::halve}, "query connection_closed"},
        {{5, Kind::hang}, "query timeout"},
        {{5, Kind::reset}, "query connection_reset"},
        {{5, Kind::close}, "query connection_closed"},
        {{5, Kind::garbage}, "query protocol_error"},
        {{5, Kind::halve}, "query connection_closed"},
        {{6, Kind::hang}, "query timeout"},
        {{6, Kind::reset}, "query connection_reset"},
        {{6, Kind::close}, "query connection_closed"},
        {{6, Kind::garbage}, "query protocol_error"},
        {{6, Kind::halve}, "query connection_closed"},
        {{7, Kind::hang}, "good"},
    };
    MariadbWorld world;
    for (const Case& one : cases) {
        const MysqlGate gate(world.io, world.good().port, one.fault);
        DbTarget target = world.good();
        target.port = gate.port();
        const DbAnswer answer = world.ask(target, kShort);
        EXPECT_EQ(brief(answer), one.expected)
            << one.fault.before << " " << static_cast<int>(one.fault.kind) << " "
            << detail_of(answer);
        expect_documented("MariaDB", name_of(one.fault), brief(answer));
    }
}

TEST(MysqlFaults, BetweenTheStatementsOfAQueryAreTold) {
    MariadbWorld world;
    DbTarget target = world.good();
    target.query = "SELECT 2";
    // 2: the time limit, 3: read only, 4: the transaction, 5: the query.
    for (int before = 2; before <= 5; ++before) {
        for (const auto& [kind, expected] : {std::pair(Kind::hang, "query timeout"),
                                             std::pair(Kind::reset, "query connection_reset"),
                                             std::pair(Kind::close, "query connection_closed")}) {
            const MysqlGate gate(world.io, world.good().port, MysqlFault{before, kind});
            target.port = gate.port();
            EXPECT_EQ(brief(world.ask(target, kShort)), expected) << before;
        }
    }
}

TEST(MysqlFaults, ASettingThatIsAnsweredWithRowsEndsTheConversation) {
    MysqlWorld world;
    world.server().set(R"({"answers": {"SET SESSION TRANSACTION READ ONLY": )"
                       R"({"columns": [["c", "int"]], "rows": [[1]]}}})");
    DbTarget target = world.good();
    target.query = "SELECT 2";
    EXPECT_EQ(brief(world.ask(target)), "query protocol_error");
    EXPECT_TRUE(world.within(5s, [&world] { return world.connections() == 0; }));
}

TEST(MysqlFaults, OfAConversationWithMysqlAreToldByPhase) {
    struct Case {
        const char* phase;
        const char* kind;
        std::string expected;
    };
    const Case cases[] = {
        {"connect", "hang", "login timeout"},
        {"connect", "reset", "login connection_reset"},
        {"connect", "close", "login connection_closed"},
        {"connect", "garbage", "login protocol_error"},
        {"greeting", "hang", "login timeout"},
        {"greeting", "reset", "login connection_reset"},
        {"greeting", "close", "login connection_closed"},
        {"greeting", "garbage", "login protocol_error"},
        {"greeting", "truncate", "login connection_closed"},
        {"tls", "hang", "tls timeout"},
        {"tls", "reset", "tls connection_reset"},
        {"tls", "close", "tls connection_closed"},
        {"tls", "garbage", "tls tls_failure"},
        {"tls", "truncate", "tls connection_closed"},
        {"login", "hang", "login timeout"},
        {"login", "reset", "login connection_reset"},
        {"login", "close", "login connection_closed"},
        {"login", "garbage", "login protocol_error"},
        {"login", "truncate", "login connection_closed"},
        {"query", "hang", "query timeout"},
        {"query", "reset", "query connection_reset"},
        {"query", "close", "query connection_closed"},
        {"query", "garbage", "query protocol_error"},
        {"query", "truncate", "query connection_closed"},
        {"rows", "hang", "query timeout"},
        {"rows", "reset", "query connection_reset"},
        {"rows", "close", "query connection_closed"},
        {"rows", "garbage", "query protocol_error"},
        {"rows", "truncate", "query connection_closed"},
    };
    MysqlWorld world;
    EXPECT_EQ(brief(world.ask(world.good())), "good");  // the next logins are quick
    for (const DbTlsMode mode : {DbTlsMode::require, DbTlsMode::disable}) {
        for (const Case& one : cases) {
            if (mode == DbTlsMode::disable && std::string_view(one.phase) == "tls") continue;
            world.server().fault(one.phase, one.kind);
            DbTarget target = world.good();
            target.tls_mode = mode;
            target.query = world.sql(DbQuestion::three_rows);
            const DbAnswer answer = world.ask(target, kShort);
            EXPECT_EQ(brief(answer), one.expected)
                << one.phase << " " << one.kind << " " << static_cast<int>(mode) << " "
                << detail_of(answer);
            expect_documented("MySQL 8", fault_of_phase(one.phase, one.kind), brief(answer));
        }
    }
    world.server().behave();
    EXPECT_EQ(brief(world.ask(world.good())), "good");
}

TEST(MysqlFaults, OfTheServersMakingAreTold) {
    struct Case {
        const char* what;
        std::string user;
        std::string database;
        std::string password;
        std::string expected;
        std::string number;
    };
    const char* const user = MariadbServer::kUser;
    const char* const database = MariadbServer::kDatabase;
    const char* const good = MariadbServer::kPassword;
    const Case cases[] = {
        {"right password", user, database, good, "good", ""},
        {"no database named", user, "", good, "good", ""},
        {"wrong password", user, database, "wrong", "login login_failed", "28000/1045: "},
        {"no password", user, database, "", "login login_failed", "28000/1045: "},
        {"no such user", "absent", database, good, "login login_failed", "28000/1045: "},
        {"a user who needs TLS", "tls_user", database, good, "login login_failed", "28000/1045: "},
        {"no such database", user, "absent", good, "login no_such_database", "42000/1049: "},
        {"no permission for the database", user, "forbidden", good, "login permission_denied",
         "42000/1044: "},
        {"connection limit of the user", "lonely_user", database, good,
         "login too_many_connections", "42000/1226: "},
        {"a user name of 2,000 letters", std::string(2000, 'u'), database, good,
         "login login_failed", "28000/1045: "},
        {"a password of 5,000 letters", user, database, std::string(5000, 'p'),
         "login login_failed", "28000/1045: "},
    };
    MariadbWorld world;
    for (const Case& one : cases) {
        DbTarget target = world.good();
        target.user = one.user;
        target.database = one.database;
        target.password = Secret(one.password);
        const DbAnswer answer = world.ask(target);
        EXPECT_EQ(brief(answer), one.expected) << one.user << " at " << one.database;
        expect_documented("MariaDB", one.what, brief(answer));
        EXPECT_THAT(detail_of(answer), StartsWith(one.number));
        EXPECT_THAT(detail_of(answer), Not(HasSubstr("canary")));
    }
}

TEST(MysqlFaults, OfAServerThatComesAndGoesAreTold) {
    MariadbServer server(MariadbServer::Options{.max_connections = 10});
    MariadbWorld world(server);
    server.query("SET GLOBAL max_connections = 10");
    std::vector<DbRequest> requests;
    for (int i = 0; i < 10; ++i) {
        DbTarget target = world.good();
        target.query = "SELECT SLEEP(1)";
        DbRequest request;
        request.target = std::make_shared<const DbTarget>(std::move(target));
        request.deadline = world.now() + 10s;
        requests.push_back(std::move(request));
    }
    DbRequest late = requests.back();
    late.deadline = world.now() + 5s;
    requests.push_back(late);
    requests.push_back(late);
    int refused = 0;
    for (const DbAnswer& answer : world.ask_all(std::move(requests))) {
        if (brief(answer) == "login too_many_connections") ++refused;
    }
    EXPECT_GE(refused, 1);
    expect_documented("MariaDB", "max_connections reached", "login too_many_connections");

    server.stop();
    DbTarget socket = world.good();
    socket.host = server.socket();
    EXPECT_EQ(brief(world.ask(socket)), "connect connection_refused");
}

TEST(MysqlFaults, OfMysqlsMakingAreTold) {
    struct Case {
        const char* what;
        const char* change;
        std::string expected;
    };
    const Case cases[] = {
        {"max_connections reached", R"({"max_connections": 0})", "login too_many_connections"},
        {"an old server's max_connections", R"({"early_sqlstate": false})",
         "login too_many_connections"},
        {"not ready",
         R"({"greeting_error": {"number": 1053, "message": "Server shutdown in progress"}})",
         "login server_not_ready"},
        {"our host is blocked",
         R"({"greeting_error": {"number": 1129, "message": "Host is blocked"}})",
         "login login_failed"},
    };
    MysqlWorld world;
    for (const Case& one : cases) {
        world.server().set(one.change);
        const DbAnswer answer = world.ask(world.good());
        EXPECT_EQ(brief(answer), one.expected) << one.what;
        expect_documented("MySQL 8", one.what, brief(answer));
    }
    world.server().set(R"({"max_connections": 9, "greeting_error": null, "tls": "required"})");
    DbTarget target = world.good();
    target.tls_mode = DbTlsMode::disable;
    EXPECT_EQ(brief(world.ask(target)), "login login_failed");

    target = world.good();
    target.database = "forbidden";
    const DbAnswer forbidden = world.ask(target);
    EXPECT_EQ(brief(forbidden), "login permission_denied");
    expect_documented("MySQL 8", "no permission for the database", brief(forbidden));
}

TEST(MysqlFaults, AServerThatShutsDownDuringAQueryIsTold) {
    MariadbServer server(MariadbServer::Options{});
    MariadbWorld world(server);
    DbTarget target = world.good();
    target.query = "SELECT SLEEP(30)";
    DbRequest request;
    request.target = std::make_shared<const DbTarget>(std::move(target));
    request.deadline = world.now() + 20s;
    bool stopped = false;
    const DbAnswer answer = world.ask_cancelled_when(request, [&] {
        if (!stopped && world.running() == 1) {
            server.stop();
            stopped = true;
        }
        return false;
    });
    ASSERT_TRUE(answer.failure);
    EXPECT_TRUE(answer.failure->code == ReasonCode::server_not_ready ||
                answer.failure->code == ReasonCode::connection_closed)
        << brief(answer) << " " << detail_of(answer);
    EXPECT_EQ(answer.failure->phase, Phase::query);
}

TEST(MysqlFaults, WhatIsNoReaderIsRefused) {
    MariadbWorld world;
    const std::string database = "`" + std::string(MariadbServer::kDatabase) + "`";
    world.server().query("CREATE OR REPLACE PROCEDURE " + database +
                         ".escape() BEGIN COMMIT; CREATE TABLE " + database +
                         ".written (n INT); END");
    struct Case {
        std::string query;
        std::string expected;
    };
    const Case cases[] = {
        {"CREATE TABLE written (n INT)", "query query_not_reading"},
        {"DROP TABLE absent", "query query_not_reading"},
        {"CALL escape()", "query query_not_reading"},
        {"COMMIT; CREATE TABLE written (n INT)", "query query_not_reading"},
        {"SELECT 1; SELECT 2", "query query_not_reading"},
        {"SELECT 1;", "good"},
        {"SELECT ';' ; -- ;", "good"},
        {"SELECT 1 FORM x", "query query_failed"},
        {"SELECT * FROM forbidden.secrets", "query permission_denied"},
        {"SET GLOBAL max_connections = 5", "query permission_denied"},
        {"LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE written", "query query_failed"},
        // They read nothing, and answer without columns.
        {"DO 1", "query query_not_reading"},
        {"SET @a = 1", "query query_not_reading"},
        {"SELECT 1 INTO @a", "query query_not_reading"},
        // Not even tried.
        {"SELECT 1 INTO OUTFILE '/x'", "query query_not_reading"},
        {"SELECT 1 /*!INTO DUMPFILE '/x'*/", "query query_not_reading"},
    };
    for (const Case& one : cases) {
        DbTarget target = world.good();
        target.query = one.query;
        const DbAnswer answer = world.ask(target);
        EXPECT_EQ(brief(answer), one.expected) << one.query << ": " << detail_of(answer);
        if (one.query == "DO 1") {
            expect_documented("MariaDB", "a statement without columns", brief(answer));
        }
    }
    EXPECT_FALSE(world.written());
}

TEST(MysqlFaults, AGiantRowIsReadNoFurtherThanTheLimits) {
    MariadbWorld world;
    DbTarget target = world.good();
    target.query = "SELECT REPEAT('x', 10000000)";
    const DbAnswer wide = world.ask(target);
    EXPECT_EQ(brief(wide), "good");
    EXPECT_EQ(wide.result.value, std::string(kMaxDbValue, 'x'));
    target.query = "SELECT REPEAT('x', 500000000)";
    const DbAnswer wider = world.ask(target);
    EXPECT_EQ(brief(wider), "good") << detail_of(wider);
    EXPECT_EQ(wider.result.rows, 1U);
    EXPECT_EQ(wider.result.value, std::nullopt);
    EXPECT_TRUE(world.within(5s, [&] { return world.connections() == 0; }));
}

TEST(MysqlFaults, AStatementIsEndedWhereTheServerHasNoLimitForIt) {
    MysqlWorld world;
    EXPECT_EQ(brief(world.ask(world.good())), "good");
    DbTarget target = world.good();
    target.query = "/* slow */ SELECT SLEEP(30)";
    EXPECT_EQ(brief(world.ask(target, 1s)), "query timeout");
    EXPECT_TRUE(world.within(1s, [&] { return world.connections() == 0; }));
    EXPECT_EQ(world.server().count("kills"), 0);

    // What is no SELECT to us: this server takes a non-breaking space for a blank.
    target.query = "\u00a0SELECT SLEEP(30)";
    const MonoTime before = world.now();
    EXPECT_EQ(brief(world.ask(target, 1s)), "query timeout");
    EXPECT_LT(world.now() - before, 1200ms);
    EXPECT_TRUE(world.within(1s, [&] { return world.connections() == 0; }));
    EXPECT_EQ(world.server().count("kills"), 1);
}

}  // namespace
}  // namespace vigia::test
