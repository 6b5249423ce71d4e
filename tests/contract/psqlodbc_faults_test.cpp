// OdbcClient through a driver that it knows nothing of: psqlODBC, before a real PostgreSQL.

#include "tests/contract/pg_world.hpp"
#include "tests/support/db_gate.hpp"
#include "tests/support/fault_table.hpp"

#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
using Kind = GateFault;

constexpr Duration kShort = 600ms;
constexpr const char* kName = "ODBC";

TEST(PsqlOdbcFaults, OfAConversationAreToldByPhase) {
    struct Case {
        const char* message;
        PgFault fault;
        const char* expected;
    };
    const Case cases[] = {
        {"authentication", {'R', Kind::hang}, "login timeout"},
        {"authentication", {'R', Kind::reset}, "login connection_closed"},
        {"authentication", {'R', Kind::close}, "login connection_closed"},
        {"authentication", {'R', Kind::garbage}, "login query_failed"},
        {"authentication", {'R', Kind::halve}, "login connection_closed"},
        {"end of the login", {'K', Kind::hang}, "login timeout"},
        {"end of the login", {'K', Kind::reset}, "login connection_closed"},
        {"end of the login", {'K', Kind::close}, "login connection_closed"},
        {"end of the login", {'K', Kind::garbage}, "login query_failed"},
        {"end of the login", {'K', Kind::halve}, "login connection_closed"},
        {"the driver's set-up", {'T', Kind::hang}, "login timeout"},
        {"the driver's set-up", {'T', Kind::reset}, "login connection_closed"},
        {"the driver's set-up", {'T', Kind::close}, "login connection_closed"},
        {"the driver's set-up", {'T', Kind::garbage}, "login connection_closed"},
        {"the driver's set-up", {'T', Kind::halve}, "login connection_closed"},
        {"column names", {'T', Kind::hang, "marked"}, "query timeout"},
        {"column names", {'T', Kind::reset, "marked"}, "query connection_closed"},
        {"column names", {'T', Kind::close, "marked"}, "query connection_closed"},
        {"column names", {'T', Kind::garbage, "marked"}, "query connection_closed"},
        {"column names", {'T', Kind::halve, "marked"}, "query connection_closed"},
        {"row", {'D', Kind::hang, "a mark"}, "query timeout"},
        {"row", {'D', Kind::reset, "a mark"}, "query connection_closed"},
        {"row", {'D', Kind::close, "a mark"}, "query connection_closed"},
        {"row", {'D', Kind::garbage, "a mark"}, "query connection_closed"},
        {"row", {'D', Kind::halve, "a mark"}, "query connection_closed"},
        {"end of the rows", {'C', Kind::hang, "FETCH 77"}, "query timeout"},
        {"end of the rows", {'C', Kind::reset, "FETCH 77"}, "query connection_closed"},
        {"end of the rows", {'C', Kind::close, "FETCH 77"}, "query connection_closed"},
        {"end of the rows", {'C', Kind::garbage, "FETCH 77"}, "query connection_closed"},
        {"end of the rows", {'C', Kind::halve, "FETCH 77"}, "query connection_closed"},
    };
    PsqlOdbcWorld world;
    EXPECT_EQ(brief(world.ask(world.good())), "good");
    for (const Case& one : cases) {
        const PgGate gate(world.io, world.good().port, one.fault);
        DbTarget target = world.good();
        target.port = gate.port();
        target.query = "SELECT 'a mark' AS marked FROM generate_series(1, 77)";
        const bool hangs = one.fault.kind == Kind::hang;
        const DbAnswer answer = world.ask(target, hangs ? kShort : Duration(10s));
        const std::string fault = name_of_fault(one.message, one.fault.kind);
        EXPECT_EQ(brief(answer), one.expected)
            << fault << ": " << (answer.failure ? answer.failure->detail : "");
        expect_documented(kName, fault, brief(answer));
    }
}

TEST(PsqlOdbcFaults, OfTheServersMakingAreTold) {
    PsqlOdbcWorld world;
    DbTarget target = world.good();
    target.database = "forbidden";
    DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "login permission_denied");
    expect_documented(kName, "no permission for the database", brief(answer));

    PostgresServer::Options options = PostgresServer::with_simple_names();
    options.max_connections = 2;
    PostgresServer server(options);
    PsqlOdbcWorld full(server);
    answer = full.ask(full.good());
    EXPECT_EQ(brief(answer), "login too_many_connections");
    expect_documented(kName, "max_connections reached", brief(answer));
    server.stop();
    server.start_recovering();
    answer = full.ask(full.good());
    EXPECT_EQ(brief(answer), "login server_not_ready");
    expect_documented(kName, "not ready", brief(answer));
}

}  // namespace
}  // namespace vigia::test
