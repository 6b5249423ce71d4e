// MysqlClient and how it gets in: TLS and its certificates, ways to log in, sockets, addresses.

#include "tests/contract/mysql_world.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/asio/ssl/context.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST(MysqlLogin, AnswersWithVersionAddressAndTimings) {
    MariadbWorld world;
    const DbAnswer answer = world.ask(world.good());
    ASSERT_EQ(brief(answer), "good") << answer.failure->detail;
    EXPECT_THAT(answer.server_version, MatchesRegex("MariaDB 10\\.[0-9.]+"));
    EXPECT_EQ(answer.tls_version, "");
    EXPECT_EQ(answer.remote_address, "127.0.0.1");
    EXPECT_GT(answer.timings.connect, Duration::zero());
    EXPECT_GT(answer.timings.login, Duration::zero());
    EXPECT_GT(answer.timings.ttfb, Duration::zero());

    MysqlWorld mysql;
    const DbAnswer secure = mysql.ask(mysql.good());
    ASSERT_EQ(brief(secure), "good") << secure.failure->detail;
    EXPECT_EQ(secure.server_version, "MySQL 8.0.36-test");
    EXPECT_EQ(secure.tls_version, "TLSv1.3");
    EXPECT_GT(secure.timings.tls, Duration::zero());
}

TEST(MysqlLogin, SpeaksAsMuchTlsAsTheModeWants) {
    MariadbServer& server = MariadbServer::secure();
    MariadbWorld world(server);
    const TemporaryDirectory directory;
    directory.write("ca.pem", server.authority().certificate_pem());
    for (const DbTlsMode mode : {DbTlsMode::disable, DbTlsMode::prefer, DbTlsMode::require,
                                 DbTlsMode::verify_ca, DbTlsMode::verify_full}) {
        DbTarget target = world.good();
        target.tls_mode = mode;
        target.tls.ca_file = directory.file("ca.pem");
        const DbAnswer answer = world.ask(target);
        EXPECT_EQ(brief(answer), "good") << static_cast<int>(mode);
        EXPECT_EQ(answer.tls_version, mode == DbTlsMode::disable ? "" : "TLSv1.3");
    }
}

TEST(MysqlLogin, VerifiesTheConfiguredNameWhateverTheAddress) {
    MariadbServer& server = MariadbServer::secure();
    MariadbWorld world(server);
    world.dns.address("db.test", "127.0.0.1");
    const TemporaryDirectory directory;
    directory.write("ca.pem", server.authority().certificate_pem());
    DbTarget target = world.good();
    target.tls.ca_file = directory.file("ca.pem");
    target.tls_mode = DbTlsMode::verify_full;
    struct Case {
        std::string host;
        std::string server_name;
        std::string expected;
    };
    const Case cases[] = {
        {"localhost", "", "good"},
        {"db.test", "", "tls certificate_wrong_host"},
        {"db.test", "localhost", "good"},
        {"db.test", "127.0.0.1", "good"},
        {"127.0.0.1", "other.test", "tls certificate_wrong_host"},
        {"127.0.0.1", "127.0.0.2", "tls certificate_wrong_host"},
    };
    for (const Case& one : cases) {
        target.host = one.host;
        target.tls.server_name = one.server_name;
        EXPECT_EQ(brief(world.ask(target)), one.expected) << one.host << " " << one.server_name;
    }
}

/// A greeting as MySQL 8 sends it, offering TLS, and `more` after it in the same segment.
std::string greeting(const std::string& more = "") {
    using namespace std::string_literals;
    const std::string payload =
        "\x0a"
        "8.0.36\0"s +
        "\x01\0\0\0"s + "12345678\0"s + "\xff\xff\x21\x02\0\xff\xc1\x15"s + std::string(10, '\0') +
        "123456789012\0"s + "mysql_native_password\0"s;
    return static_cast<char>(payload.size()) + "\0\0\0"s + payload + more;
}

/// Plays a server up to the login; what comes after the handshake is left in `seen`.
Script until_login(std::shared_ptr<asio::ssl::context> context, std::string more,
                   std::string& seen) {
    return [context, more, &seen](TcpPeer& peer) -> asio::awaitable<void> {
        constexpr std::size_t kRequest = 36;
        co_await peer.write(greeting(more));
        seen = "no request";
        const std::string request = co_await peer.read_exactly(kRequest);
        if (request.size() != kRequest) co_return;
        seen = "no handshake";
        const bool agreed = co_await peer.handshake(*context);
        if (agreed) seen = "handshake";
        seen += co_await peer.read_until("\xff");
    };
}

TEST(MysqlLogin, NothingOfTheLoginReachesAServerWithTheWrongCertificate) {
    const Certificate authority(authority_spec("CA"), nullptr);
    const Certificate leaf(certificate_spec("elsewhere", "DNS:elsewhere"), &authority);
    const auto context = std::make_shared<asio::ssl::context>(server_context(leaf));
    const TemporaryDirectory directory;
    directory.write("ca.pem", authority.certificate_pem());
    MariadbWorld world;
    std::string seen;
    DbTarget target = world.good();
    target.port = world.serve(until_login(context, "", seen));
    target.tls_mode = DbTlsMode::verify_full;
    target.tls.ca_file = directory.file("ca.pem");
    EXPECT_EQ(brief(world.ask(target)), "tls certificate_wrong_host");
    EXPECT_TRUE(world.within(2s, [&seen] { return seen != "no request"; }));
    EXPECT_EQ(seen, "no handshake");

    target.tls_mode = DbTlsMode::verify_ca;  // the same server, if the name does not matter
    EXPECT_EQ(brief(world.ask(target, 300ms)), "login timeout");
    EXPECT_TRUE(world.within(
        2s, [&seen] { return seen.find("mysql_native_password") != std::string::npos; }));
    EXPECT_THAT(seen, HasSubstr("program_name\x05vigia"));
    EXPECT_THAT(seen, Not(HasSubstr("canary")));
}

TEST(MysqlLogin, WhatComesInTheClearBeforeTlsIsNotTakenForTheServersAnswer) {
    using namespace std::string_literals;
    const Certificate authority(authority_spec("CA"), nullptr);
    const auto context = std::make_shared<asio::ssl::context>(server_context(authority));
    for (const char number : {'\1', '\2', '\3'}) {
        const std::string forged = "\x07\0\0"s + number + "\0\0\0\x02\0\0\0"s;  // "you are in"
        MariadbWorld world;
        std::string seen;
        DbTarget target = world.good();
        target.port = world.serve(until_login(context, forged, seen));
        target.tls_mode = DbTlsMode::require;
        EXPECT_EQ(brief(world.ask(target)), "tls protocol_error") << int{number};
    }
}

TEST(MysqlLogin, ShowsItsOwnCertificate) {
    MariadbServer& server = MariadbServer::secure();
    MariadbWorld world(server);
    const TemporaryDirectory directory;
    directory.write("cert.pem", server.client_certificate().certificate_pem());
    directory.write("key.pem", server.client_certificate().key_pem());
    directory.write("both.pem", directory.read("cert.pem") + directory.read("key.pem"));
    DbTarget target = world.good();
    target.user = "cert_user";
    target.tls_mode = DbTlsMode::require;
    EXPECT_EQ(brief(world.ask(target)), "login login_failed");
    target.tls.cert_file = directory.file("cert.pem");
    EXPECT_EQ(brief(world.ask(target)), "tls unusable_client_certificate");
    target.tls.key_file = directory.file("key.pem");
    EXPECT_EQ(brief(world.ask(target)), "good");
    target.tls.cert_file = directory.file("both.pem");
    target.tls.key_file = "";
    EXPECT_EQ(brief(world.ask(target)), "good");

    target = world.good();
    target.user = "tls_user";
    EXPECT_EQ(brief(world.ask(target)), "login login_failed");
    target.tls_mode = DbTlsMode::prefer;
    EXPECT_EQ(brief(world.ask(target)), "good");
}

TEST(MysqlLogin, CachingSha2IsSpokenInFullAndFastWithAndWithoutTls) {
    for (const DbTlsMode mode : {DbTlsMode::disable, DbTlsMode::require}) {
        MysqlWorld world;
        DbTarget target = world.good();
        target.tls_mode = mode;
        EXPECT_EQ(brief(world.ask(target)), "good");
        EXPECT_EQ(world.server().count("full_logins"), 1);
        EXPECT_EQ(brief(world.ask(target)), "good");
        EXPECT_EQ(world.server().count("fast_logins"), 1);
        const bool encrypted = mode == DbTlsMode::require;
        EXPECT_EQ(world.server().count("key_requests"), encrypted ? 0 : 1);
        EXPECT_THAT(world.server().stats(),
                    HasSubstr(encrypted ? R"("encrypted": true)" : R"("encrypted": false)"));
    }
}

TEST(MysqlLogin, NoServerGetsThePasswordAsItIs) {
    for (const char* const plugin : {"mysql_clear_password", "dialog", "mysql_old_password",
                                     "auth_gssapi_client", "../../../tmp/x", ""}) {
        MysqlWorld world;
        world.server().set(fmt::format(R"({{"default_plugin": "{}"}})", plugin));
        for (const DbTlsMode mode : {DbTlsMode::disable, DbTlsMode::require}) {
            DbTarget target = world.good();
            target.tls_mode = mode;
            const DbAnswer first = world.ask(target, 2s);
            EXPECT_TRUE(!first.failure || first.failure->code == ReasonCode::login_failed)
                << plugin << ": " << brief(first) << " " << first.failure->detail;
        }
        MysqlWorld later;
        later.server().set(
            fmt::format(R"({{"default_plugin": "mysql_native_password", "plugins": {{{}: "{}"}}}})",
                        R"("o'néill \"x\" \\ =;")", plugin));
        const DbAnswer switched = later.ask(later.good(), 2s);
        ASSERT_TRUE(switched.failure) << plugin;
        EXPECT_EQ(switched.failure->code, ReasonCode::login_failed)
            << plugin << ": " << switched.failure->detail;
        EXPECT_THAT(switched.failure->detail, Not(HasSubstr("canary")));
    }
}

TEST(MysqlLogin, NoServerGetsAFile) {
    MysqlWorld world;
    DbTarget target = world.good();
    target.query = "SELECT steal";
    const DbAnswer answer = world.ask(target, 2s);
    EXPECT_TRUE(answer.failure);
    EXPECT_EQ(answer.failure->phase, Phase::query);
    EXPECT_EQ(world.server().count("stolen_bytes"), 0);
}

TEST(MysqlLogin, ConnectsToUnixSockets) {
    MariadbServer& server = MariadbServer::secure();
    MariadbWorld world(server);
    DbTarget target = world.good();
    target.host = server.socket();
    target.tls_mode = DbTlsMode::verify_full;  // nobody is on the way
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "good");
    EXPECT_EQ(answer.remote_address, server.socket());
    EXPECT_EQ(answer.tls_version, "");
    target.host += ".none";
    EXPECT_EQ(brief(world.ask(target)), "connect connection_refused");
    target.host = "/" + std::string(200, 'x');
    EXPECT_EQ(brief(world.ask(target)), "connect connection_refused");
}

TEST(MysqlLogin, LocalhostIsTcpAndAllAddressesAreTried) {
    MariadbWorld world;
    DbTarget target = world.good();
    target.host = "localhost";
    EXPECT_EQ(brief(world.ask(target)), "good");
    DnsServer::Record record;
    for (const char* const address : {"127.0.0.3", "127.0.0.2", "127.0.0.1"}) {
        record.addresses.push_back(asio::ip::make_address(address));
    }
    world.dns.set("many.test", record);
    target.host = "many.test";
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "good");
    EXPECT_EQ(answer.remote_address, "127.0.0.1");
}

TEST(MysqlLogin, TheEnvironmentAndItsFilesSayNothing) {
    const TemporaryDirectory home;
    home.write(".my.cnf", "[client]\nuser=root\npassword=\nport=1\nssl-verify-server-cert\n");
    const char* const variables[][2] = {
        {"HOME", home.path().c_str()},
        {"MYSQL_HOME", home.path().c_str()},
        {"MYSQL_PWD", "other"},
        {"MYSQL_HOST", "192.0.2.1"},
        {"MYSQL_TCP_PORT", "1"},
        {"MYSQL_UNIX_PORT", "/none"},
        {"USER", "root"},
        {"MARIADB_PLUGIN_DIR", home.path().c_str()},
    };
    const char* const before = std::getenv("HOME");
    const std::string old_home = before == nullptr ? "" : before;
    for (const auto& one : variables) ::setenv(one[0], one[1], 1);
    {
        MariadbWorld world;
        EXPECT_EQ(brief(world.ask(world.good())), "good");
        DbTarget target = world.good();
        target.password = Secret("");
        EXPECT_EQ(brief(world.ask(target)), "login login_failed");
        MysqlWorld mysql;
        EXPECT_EQ(brief(mysql.ask(mysql.good())), "good");
    }
    for (const auto& one : variables) ::unsetenv(one[0]);
    if (!old_home.empty()) ::setenv("HOME", old_home.c_str(), 1);
}

}  // namespace
}  // namespace vigia::test
