// OdbcClient against a SQL Server that misbehaves, phase by phase, and through FreeTDS.

#include "env/real/freetds_file.hpp"
#include "tests/contract/tds_world.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/fault_table.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Duration kShort = 600ms;

std::string detail_of(const DbAnswer& answer) {
    return answer.failure ? answer.failure->detail : std::string();
}

TEST(OdbcFaults, OfAConversationAreToldByPhase) {
    struct Case {
        const char* phase;
        const char* kind;
        const char* expected;
    };
    // FreeTDS tells no garbage from an end of the stream behind it.
    const Case cases[] = {
        {"connect", "hang", "login timeout"},
        {"connect", "reset", "login connection_reset"},
        {"connect", "close", "login connection_closed"},
        {"connect", "garbage", "login protocol_error"},
        {"prelogin", "hang", "login timeout"},
        {"prelogin", "reset", "login connection_reset"},
        {"prelogin", "close", "login connection_closed"},
        {"prelogin", "garbage", "login protocol_error"},
        {"prelogin", "truncate", "login connection_closed"},
        {"tls", "hang", "tls timeout"},
        {"tls", "reset", "tls connection_reset"},
        {"tls", "close", "tls connection_closed"},
        {"tls", "garbage", "tls tls_failure"},
        {"tls", "truncate", "tls connection_closed"},
        {"login", "hang", "login timeout"},
        {"login", "reset", "login connection_reset"},
        {"login", "close", "login connection_closed"},
        {"login", "garbage", "login connection_closed"},
        {"login", "truncate", "login connection_closed"},
        {"query", "hang", "query timeout"},
        {"query", "reset", "query connection_reset"},
        {"query", "close", "query connection_closed"},
        {"query", "garbage", "query connection_closed"},
        {"query", "truncate", "query connection_closed"},
        {"rows", "hang", "query timeout"},
        {"rows", "reset", "query connection_reset"},
        {"rows", "close", "query connection_closed"},
        {"rows", "garbage", "query connection_closed"},
        {"rows", "truncate", "query connection_closed"},
    };
    TdsWorld world;
    DbTarget target = world.good();
    target.query = "SELECT three";
    target.tls_mode = DbTlsMode::require;
    for (const Case& one : cases) {
        world.server().fault(one.phase, one.kind);
        const bool hangs = std::string(one.kind) == "hang";
        const DbAnswer answer = world.ask(target, hangs ? kShort : Duration(10s));
        EXPECT_EQ(brief(answer), one.expected)
            << one.phase << " " << one.kind << " " << detail_of(answer);
        expect_documented("SQL Server", fault_of_phase(one.phase, one.kind), brief(answer));
    }
    world.server().behave();
    EXPECT_EQ(brief(world.ask(target)), "good");
    EXPECT_TRUE(world.within(
        10s, [&world] { return world.connections() == 0 && world.odbc().hanging() == 0; }));
}

TEST(OdbcFaults, OfTheServerHaveTheirReasons) {
    struct Case {
        const char* what;
        const char* change;
        const char* expected;
        const char* detail;
    };
    const Case cases[] = {
        {"max_connections reached", R"({"max_connections": 0})", "login too_many_connections",
         "17809: Could not connect"},
        {"an upgrade under way", R"({"login_error": {"number": 18401, "message": "upgrading"}})",
         "login server_not_ready", "18401: upgrading"},
        {"shutting down", R"({"login_error": {"number": 6005, "message": "SHUTDOWN"}})",
         "login server_not_ready", "6005: SHUTDOWN"},
        {"not ready", R"({"login_error": {"number": 922, "message": "being recovered"}})",
         "login server_not_ready", "922: being recovered"},
        {"a disabled user", R"({"login_error": {"number": 18470, "message": "disabled"}})",
         "login login_failed", "18470: disabled"},
        {"no permission for the database",
         R"({"login_error": {"number": 916, "message": "not able"}})", "login permission_denied",
         "916: not able"},
        {"an error that nobody knows", R"({"login_error": {"number": 3333, "message": "strange"}})",
         "login query_failed", "3333: strange"},
    };
    for (const Case& one : cases) {
        TdsWorld world;
        world.server().set(one.change);
        const DbAnswer answer = world.ask(world.good());
        EXPECT_EQ(brief(answer), one.expected) << one.change;
        expect_documented("SQL Server", one.what, brief(answer));
        EXPECT_THAT(detail_of(answer), HasSubstr(one.detail));
    }
}

TEST(OdbcFaults, AnswersThatHangTakeTheRoomOfOthersAway) {
    OdbcOptions limits;
    limits.workers = 1;
    limits.max_hanging = 0;
    TdsWorld world(limits);
    world.server().fault("query", "hang");
    std::vector<DbRequest> requests(2);
    for (DbRequest& request : requests) {
        request.target = std::make_shared<const DbTarget>(world.good());
        request.deadline = world.now() + kShort;
    }
    const std::vector<DbAnswer> answers = world.ask_all(std::move(requests));
    EXPECT_EQ(brief(answers[0]), "query timeout");
    EXPECT_EQ(brief(answers[1]), "none no_driver_room");
    expect_documented("SQL Server", "no driver room", brief(answers[1]));
    EXPECT_TRUE(world.within(10s, [&world] { return world.odbc().hanging() == 0; }));
}

TEST(OdbcFaults, WithoutAPortOrAWayThereAreToldWithoutTheDriversWords) {
    TdsWorld world;
    DbTarget target = world.target(DbPlace::refuses);
    DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "connect connection_refused");
    EXPECT_EQ(detail_of(answer), "");

    target = world.target(DbPlace::hangs);
    answer = world.ask(target, kShort);
    EXPECT_EQ(brief(answer), "login timeout");
    EXPECT_EQ(answer.remote_address, "127.0.0.1");
}

// FreeTDS waits until its time is up where connect() fails at once.
TEST(OdbcFaults, OneDeadAddressOfANameDoesNotHideTheOther) {
    TdsWorld world;
    world.dns.address("two.test", "127.0.0.2");  // nobody listens there
    world.dns.address("two.test", "127.0.0.1");
    DbTarget target = world.good();
    target.host = "two.test";
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "good") << detail_of(answer);
    EXPECT_EQ(answer.remote_address, "127.0.0.1");
}

TEST(OdbcFaults, FreetdsIsToldOfNoAddressInItsConfiguration) {
    TdsWorld world;
    const std::size_t before = FreetdsFile::of_process().count_sections();
    DbTarget target = world.good();
    for (int last = 1; last <= 5; ++last) {
        DnsServer::Record record;
        record.ttl = 0;
        record.addresses = {boost::asio::ip::make_address("127.0.0." + std::to_string(last))};
        world.dns.set("moves.test", record);
        target.host = "moves.test";
        world.ask(target, 3s);
    }
    EXPECT_EQ(FreetdsFile::of_process().count_sections(), before);
    target.host = "localhost";
    target.tls_mode = DbTlsMode::verify_ca;
    for (int i = 0; i < 3; ++i) world.ask(target, 3s);
    EXPECT_LE(FreetdsFile::of_process().count_sections(), before + 1);
}

TEST(OdbcFaults, AStatementPastItsTimeGetsAnAttention) {
    TdsWorld world;
    DbTarget target = world.good();
    target.query = "WAITFOR DELAY '0:05:00'";
    EXPECT_EQ(brief(world.ask(target, kShort)), "query timeout");
    EXPECT_TRUE(world.within(1s, [&world] { return world.running() == 0; }));
    EXPECT_EQ(world.server().count("attentions"), 1);
    EXPECT_TRUE(world.within(
        5s, [&world] { return world.connections() == 0 && world.odbc().hanging() == 0; }));
}

TEST(OdbcFaults, AHugeAnswerIsLeftWithAnAttention) {
    TdsWorld world;
    DbTarget target = world.good();
    target.query = world.sql(DbQuestion::gigabyte);
    EXPECT_EQ(brief(world.ask(target)), "good");
    EXPECT_GE(world.server().count("attentions"), 1);
}

TEST(OdbcFaults, WhatIsNoSingleReadingStatementIsRefused) {
    const char* const queries[] = {
        "CREATE TABLE written (n int)",
        "INSERT INTO written VALUES (1)",
        "SELECT 1; SELECT 2",
        "SELECT 1 COMMIT",
        "SELECT * INTO written FROM other",
        "SHUTDOWN",
        "PRINT 'x'",  // reads nothing
    };
    TdsWorld world;
    for (const char* const query : queries) {
        DbTarget target = world.good();
        target.query = query;
        EXPECT_EQ(brief(world.ask(target)), "query query_not_reading") << query;
    }
    EXPECT_FALSE(world.written());
}

TEST(OdbcFaults, NeverTellThePassword) {
    TdsWorld world;
    DbTarget target = world.good();
    target.user = "nobody";
    for (const char* const phase : {"connect", "prelogin", "tls", "login", "query", "rows"}) {
        world.server().fault(phase, "close");
        EXPECT_THAT(detail_of(world.ask(target)), Not(HasSubstr("canary"))) << phase;
    }
    world.server().behave();
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "login login_failed");
    EXPECT_THAT(detail_of(answer), Not(HasSubstr("canary")));
    EXPECT_THAT(world.server().stats(), Not(HasSubstr("canary")));
}

TEST(OdbcFaults, AMissingDriverIsOurOwnFault) {
    TdsWorld world;
    DbTarget target = world.good();
    target.driver = "Not TDS at all";
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "none no_driver");
    for (const char* const kind : {"SQL Server", "ODBC"}) {
        expect_documented(kind, "driver not installed", brief(answer));
    }
    EXPECT_THAT(detail_of(answer), HasSubstr("Not TDS at all"));
}

TEST(OdbcFaults, EveryNameAndPasswordGoesThroughOrIsRefusedByUs) {
    struct Case {
        const char* password;
        bool good;
    };
    const Case cases[] = {
        {"plain", true},    {"a}b", true},       {"a;b", true},
        {"a};b", false},    {"a}b;c", true},     {"ab}", true},
        {"ab;}", true},     {"{ab", true},       {"{ab}", true},
        {"}}", true},       {"a}}b;", true},     {" a b ", true},
        {"a=b;c", true},    {"'\"%,?*", true},   {"a}x;DRIVER=y", false},
        {"ñ☂😀", true},      {"\\d\\", true},     {"{}", true},
        {"=", true},        {"a};PWD=b", false}, {"{a};b", false},
        {"\xc2\xa0", true}, {"[x]", true},
    };
    std::string users = "{";
    int number = 0;
    const auto json = [](const std::string& text) {
        std::string quoted;
        for (const char c : text) {
            if (c == '"' || c == '\\') quoted += '\\';
            quoted += c;
        }
        return quoted;
    };
    for (const Case& one : cases) {
        users += (number == 0 ? "" : ", ");
        users += "\"u" + std::to_string(number++) + "\": \"" + json(one.password) + '"';
    }
    TdsWorld world;
    world.server().set(R"({"users": )" + users + "}}");
    number = 0;
    for (const Case& one : cases) {
        DbTarget target = world.good();
        target.user = "u" + std::to_string(number++);
        target.password = Secret(one.password);
        const DbAnswer answer = world.ask(target);
        EXPECT_EQ(brief(answer), one.good ? "good" : "none no_driver") << one.password;
    }
}

class OdbcTls : public ::testing::Test {
protected:
    OdbcTls() { directory_.write("ca.pem", authority_.certificate_pem()); }

    void present(const CertificateSpec& spec) { world_.present(Certificate(spec, &authority_)); }

    std::string ask(DbTlsMode mode, const std::string& ca = "ca.pem",
                    const std::string& host = "127.0.0.1") {
        DbTarget target = world_.good();
        target.tls_mode = mode;
        if (!ca.empty()) target.tls.ca_file = directory_.file(ca);
        target.host = host;
        const DbAnswer answer = world_.ask(target);
        return brief(answer) + (answer.tls_version.empty() ? "" : " " + answer.tls_version);
    }

    TemporaryDirectory directory_;
    Certificate authority_{authority_spec("the authority"), nullptr};
    TdsWorld world_;
};

TEST_F(OdbcTls, IsHeldToItsMode) {
    present(loopback_spec());
    EXPECT_EQ(ask(DbTlsMode::disable, ""), "good");
    EXPECT_EQ(ask(DbTlsMode::prefer, ""), "good");
    EXPECT_EQ(ask(DbTlsMode::require, ""), "good TLS");
    EXPECT_EQ(ask(DbTlsMode::verify_ca), "good TLS");
    EXPECT_EQ(ask(DbTlsMode::verify_full), "good TLS");
    EXPECT_EQ(ask(DbTlsMode::verify_full, "ca.pem", "localhost"), "good TLS");
    const std::string stats = world_.server().stats();
    EXPECT_THAT(stats, HasSubstr(R"("encrypted": false, "login_encrypted": false)"));
    EXPECT_THAT(stats, HasSubstr(R"("encrypted": false, "login_encrypted": true)"));
    EXPECT_THAT(stats, HasSubstr(R"("encrypted": true, "login_encrypted": true)"));
}

TEST_F(OdbcTls, NobodyLogsInWhereItDoesNotVerify) {
    present(certificate_spec("db", "DNS:elsewhere.test"));
    EXPECT_EQ(ask(DbTlsMode::verify_full), "tls certificate_wrong_host");
    EXPECT_EQ(ask(DbTlsMode::verify_ca, ""), "tls certificate_untrusted");
    EXPECT_EQ(ask(DbTlsMode::verify_ca, "absent.pem"), "tls unusable_ca_file");
    EXPECT_THAT(world_.server().stats(), HasSubstr(R"("logins": [])"));
}

TEST_F(OdbcTls, ThatADriverCannotBeHeldToIsRefused) {
    TdsWorld& world = world_;
    DbTarget target = world.good();
    target.kind = DbKind::odbc;
    target.driver = "Something else";
    target.tls_mode = DbTlsMode::require;
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "none no_driver");
    expect_documented("ODBC", "TLS required, not offered", brief(answer));
    target.driver = "ODBC Driver 18 for SQL Server";
    target.tls_mode = DbTlsMode::verify_ca;
    EXPECT_EQ(brief(world.ask(target)), "none no_driver");
    target.driver = "FreeTDS";
    target.tls_mode = DbTlsMode::verify_full;
    target.tls.server_name = "other.test";
    EXPECT_EQ(brief(world.ask(target)), "none no_driver");
    target.tls.server_name.clear();
    target.options = {{"Encryption", "off"}};
    EXPECT_EQ(brief(world.ask(target)), "none no_driver");
    EXPECT_EQ(world.server().count("connections_total"), 0);
}

}  // namespace
}  // namespace vigia::test
