#include "tests/contract/tds_world.hpp"

#include "tests/support/tricky_names.hpp"

namespace vigia::test {

namespace {

DbTarget played() {
    DbTarget target;
    target.kind = DbKind::sqlserver;
    target.driver = "FreeTDS";
    target.database = std::string(kTrickyDatabase) + ";";
    target.user = R"(o'néill "x" =})";  // (a backslash: a domain)
    target.password = Secret(kTrickyPassword);
    return target;
}

}  // namespace

// 4,000 characters are the most that a column of TDS 7.1 has.
TdsWorld::TdsWorld(OdbcOptions limits)
    : PlayedWorld("tds_server.py", played(), {20, 4000}),
      client_(io, clock, with_resolver(limits)) {}

OdbcOptions TdsWorld::with_resolver(OdbcOptions options) {
    options.resolver = &resolver;
    return options;
}

std::string TdsWorld::sql(DbQuestion question) const {
    if (question == DbQuestion::sleeps) return "WAITFOR DELAY '0:01:00'";
    if (question == DbQuestion::escapes) return "SELECT 1 COMMIT CREATE TABLE written (n int)";
    return PlayedWorld::sql(question);
}

int TdsWorld::running() {
    return server().stats().find(R"("running": [])") == std::string::npos ? 1 : 0;
}

bool TdsWorld::written() {
    return server().stats().find("CREATE") != std::string::npos;
}

std::unique_ptr<DbServerWorld> make_tds_world() {
    return std::make_unique<TdsWorld>();
}

}  // namespace vigia::test
