// What PgClient does besides the contract.

#include "env/real/process.hpp"
#include "tests/contract/pg_world.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

TEST(PgClient, TellsWhoAnsweredAndHowLongEachPhaseTook) {
    PgWorld world;
    world.dns.address("db.test", "127.0.0.1");
    DbTarget target = world.good();
    target.host = "db.test";
    const DbAnswer answer = world.ask(target);
    ASSERT_EQ(brief(answer), "good");
    EXPECT_TRUE(answer.server_version.starts_with("PostgreSQL 15.")) << answer.server_version;
    EXPECT_EQ(answer.remote_address, "127.0.0.1");
    EXPECT_EQ(answer.tls_version, "");
    EXPECT_GT(answer.timings.dns, Duration::zero());
    EXPECT_GT(answer.timings.connect, Duration::zero());
    EXPECT_EQ(answer.timings.tls, Duration::zero());
    EXPECT_GT(answer.timings.login, Duration::zero());
    EXPECT_GT(answer.timings.ttfb, Duration::zero());
}

TEST(PgClient, ConnectsToAUnixSocket) {
    PgWorld world;
    DbTarget target = world.good();
    target.host = world.server().socket_directory();
    target.tls_mode = DbTlsMode::prefer;
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "good");
    EXPECT_EQ(answer.remote_address, target.host);
    target.host = "/no/such/directory";
    EXPECT_EQ(brief(world.ask(target)), "connect connection_refused");
}

TEST(PgClient, TriesTheAddressesOfANameInOrder) {
    PgWorld world;
    const auto address = [](const char* text) { return asio::ip::make_address(text); };
    DnsServer::Record record;
    record.addresses = {address("127.0.0.2"), address("127.0.0.1")};
    world.dns.set("two.test", record);
    DbTarget target = world.good();
    target.host = "two.test";
    EXPECT_EQ(brief(world.ask(target)), "good");

    // One that swallows everything has its share of the time.
    asio::ip::tcp::acceptor full(world.io);
    full.open(asio::ip::tcp::v4());
    full.bind({asio::ip::make_address_v4("127.0.0.2"), target.port});
    full.listen(0);
    asio::ip::tcp::socket first(world.io);
    first.connect(full.local_endpoint());
    const DbAnswer answer = world.ask(target, 1s);
    EXPECT_EQ(brief(answer), "good");
    EXPECT_GE(answer.timings.total, 500ms);
}

TEST(PgClient, ReadsNothingOfTheUsersOrTheEnvironments) {
    TemporaryDirectory home;
    home.write("service.conf", "[vigia]\nhost=192.0.2.1\noptions=-c role=nobody\n");
    const std::pair<const char*, std::string> variables[] = {
        {"PGSERVICE", "vigia"},
        {"PGSERVICEFILE", home.file("service.conf")},
        {"PGOPTIONS", "-c statement_timeout=1"},
        {"PGPASSWORD", PostgresServer::kPassword},
        {"PGDATABASE", "absent"},
        {"PGUSER", "absent"},
        {"PGTZ", "Not/AZone"},
        {"PGSSLMODE", "verify-full"},
        {"PGTARGETSESSIONATTRS", "standby"},
        {"PGREQUIREPEER", "nobody"},
        {"PGCLIENTENCODING", "LATIN1"},
    };
    for (const auto& [name, value] : variables) ::setenv(name, value.c_str(), 1);
    hide_environment("PG");
    PgWorld world;
    EXPECT_EQ(brief(world.ask(world.good())), "good");
    DbTarget target = world.good();
    target.query =
        "SELECT current_setting('statement_timeout') || current_setting('TimeZone') || "
        "current_setting('client_encoding') || current_setting('application_name') || 'ñ'";
    DbAnswer answer = world.ask(target, 1h);
    ASSERT_TRUE(answer.result.value) << answer.failure->detail;
    EXPECT_TRUE(answer.result.value->ends_with("UTF8vigiañ")) << *answer.result.value;
    target.password = Secret();
    EXPECT_EQ(brief(world.ask(target)), "login login_failed");
    // The configuration may still name them.
    EXPECT_EQ(environment_variable("PGUSER"), "absent");
}

TEST(PgClient, SetsTheServersOwnTimeLimitToTheDeadline) {
    PgWorld world;
    DbTarget target = world.good();
    target.query = "SELECT extract(epoch FROM current_setting('statement_timeout')::interval)";
    const DbAnswer answer = world.ask(target, 9s);
    ASSERT_TRUE(answer.result.value) << answer.failure->detail;
    const double seconds = std::stod(*answer.result.value);
    EXPECT_GT(seconds, 7.0);
    EXPECT_LE(seconds, 9.001);
}

}  // namespace
}  // namespace vigia::test
