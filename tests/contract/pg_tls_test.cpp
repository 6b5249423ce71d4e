// PgClient over TLS, against a real server.

#include "tests/contract/pg_world.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;

class PgTls : public ::testing::Test {
protected:
    PgTls() {
        directory_.write("ca.pem", server_.authority().certificate_pem());
        write_private("client.pem", server_.client_certificate().certificate_pem());
        write_private("client.key", server_.client_certificate().key_pem());
        world_.dns.address("elsewhere.test", "127.0.0.1");
        world_.dns.address("localhost.test", "127.0.0.1");
    }

    void write_private(std::string_view name, std::string_view content) {
        directory_.write(name, content);
        ::chmod(directory_.file(name).c_str(), S_IRUSR | S_IWUSR);
    }

    DbTarget target(DbTlsMode mode, std::string ca_file = {}) {
        DbTarget target = server_.target();
        target.tls_mode = mode;
        target.tls.ca_file = std::move(ca_file);
        return target;
    }

    DbTarget with_client_certificate() {
        DbTarget target = this->target(DbTlsMode::verify_full, directory_.file("ca.pem"));
        target.user = "cert_user";
        target.password = Secret();
        target.tls.cert_file = directory_.file("client.pem");
        target.tls.key_file = directory_.file("client.key");
        return target;
    }

    PostgresServer& server_ = PostgresServer::secure();
    PgWorld world_{server_};
    TemporaryDirectory directory_;
};

TEST_F(PgTls, IsUsedAsTheModeSays) {
    struct Case {
        DbTlsMode mode;
        const char* user;
        const char* expected;
        bool encrypted;
    };
    const Case cases[] = {
        {DbTlsMode::disable, PostgresServer::kUser, "good", false},
        {DbTlsMode::prefer, PostgresServer::kUser, "good", true},
        {DbTlsMode::require, PostgresServer::kUser, "good", true},
        {DbTlsMode::disable, "tls_user", "login login_failed", false},
        {DbTlsMode::prefer, "tls_user", "good", true},
    };
    for (const Case& one : cases) {
        DbTarget target = this->target(one.mode);
        target.user = one.user;
        const DbAnswer answer = world_.ask(target);
        EXPECT_EQ(brief(answer), one.expected) << static_cast<int>(one.mode);
        EXPECT_EQ(answer.tls_version, one.encrypted ? "TLSv1.3" : "");
        EXPECT_EQ(answer.timings.tls > Duration::zero(), one.encrypted);
    }
}

TEST_F(PgTls, IsNotOfferedByAPlainServer) {
    PgWorld plain;
    DbTarget target = plain.good();
    target.tls_mode = DbTlsMode::require;
    EXPECT_EQ(brief(plain.ask(target)), "tls tls_not_offered");
    target.tls_mode = DbTlsMode::prefer;
    const DbAnswer answer = plain.ask(target);
    EXPECT_EQ(brief(answer), "good");
    EXPECT_EQ(answer.tls_version, "");
    EXPECT_EQ(answer.timings.tls, Duration::zero());
}

TEST_F(PgTls, VerifiesAsMuchAsTheModeSays) {
    const std::string ca = directory_.file("ca.pem");
    struct Case {
        DbTlsMode mode;
        std::string host;
        std::string server_name;
        std::string ca_file;
        std::string expected;
    };
    const Case cases[] = {
        {DbTlsMode::verify_full, "127.0.0.1", "", ca, "good"},
        {DbTlsMode::verify_full, "localhost", "", ca, "good"},
        {DbTlsMode::verify_full, "elsewhere.test", "localhost", ca, "good"},
        {DbTlsMode::verify_ca, "elsewhere.test", "", ca, "good"},
        {DbTlsMode::require, "elsewhere.test", "", "", "good"},
        {DbTlsMode::verify_full, "elsewhere.test", "", ca, "tls certificate_wrong_host"},
        {DbTlsMode::verify_full, "localhost.test", "", ca, "tls certificate_wrong_host"},
        {DbTlsMode::verify_full, "127.0.0.1", "", "", "tls certificate_untrusted"},
        {DbTlsMode::verify_ca, "127.0.0.1", "", "", "tls certificate_untrusted"},
        {DbTlsMode::verify_ca, "127.0.0.1", "", "/absent.pem", "tls unusable_ca_file"},
    };
    for (const Case& one : cases) {
        DbTarget target = this->target(one.mode, one.ca_file);
        target.host = one.host;
        target.tls.server_name = one.server_name;
        EXPECT_EQ(brief(world_.ask(target)), one.expected)
            << static_cast<int>(one.mode) << " " << one.host;
    }
}

TEST_F(PgTls, LogsInWithAClientCertificate) {
    EXPECT_EQ(brief(world_.ask(with_client_certificate())), "good");

    DbTarget both = with_client_certificate();
    write_private("both.pem", server_.client_certificate().certificate_pem() +
                                  server_.client_certificate().key_pem());
    both.tls.cert_file = directory_.file("both.pem");
    both.tls.key_file.clear();
    EXPECT_EQ(brief(world_.ask(both)), "good");

    DbTarget none = with_client_certificate();
    none.tls.cert_file.clear();
    none.tls.key_file.clear();
    EXPECT_EQ(brief(world_.ask(none)), "login login_failed");

    const Certificate stranger({.name = "cert_user", .alternative_names = ""}, nullptr);
    write_private("stranger.pem", stranger.certificate_pem() + stranger.key_pem());
    both.tls.cert_file = directory_.file("stranger.pem");
    EXPECT_EQ(brief(world_.ask(both)), "tls tls_failure");  // the server's alert
}

TEST_F(PgTls, AClientCertificateThatCannotBeUsedIsOurOwnFault) {
    struct Case {
        const char* what;
        std::string cert_file;
        std::string key_file;
    };
    directory_.write("open.key", server_.client_certificate().key_pem());
    ::chmod(directory_.file("open.key").c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
    const Certificate other({.name = "other", .alternative_names = ""}, nullptr);
    write_private("other.key", other.key_pem());
    write_private("empty", "");
    const Case cases[] = {
        {"0600", "client.pem", "open.key"},
        {"No such file", "client.pem", "absent"},
        {"No such file", "absent", "client.key"},
        {"not the key", "client.pem", "other.key"},
        {"not a certificate", "empty", "client.key"},
        {"not an unencrypted key", "client.pem", "empty"},
    };
    for (const DbTlsMode mode : {DbTlsMode::prefer, DbTlsMode::verify_full}) {
        for (const Case& one : cases) {
            DbTarget target = with_client_certificate();
            target.tls_mode = mode;
            target.tls.cert_file = directory_.file(one.cert_file);
            target.tls.key_file = directory_.file(one.key_file);
            const DbAnswer answer = world_.ask(target);
            EXPECT_EQ(brief(answer), "tls unusable_client_certificate") << one.what;
            ASSERT_TRUE(answer.failure);
            EXPECT_NE(answer.failure->detail.find(one.what), std::string::npos)
                << answer.failure->detail;
            EXPECT_TRUE(is_own_fault(answer.failure->code));
        }
    }
}

TEST_F(PgTls, EndsStatementsAndBoundsAnswersToo) {
    DbTarget target = this->target(DbTlsMode::require);
    target.query = world_.sql(DbQuestion::gigabyte);
    EXPECT_EQ(brief(world_.ask(target)), "good");
    target.query = world_.sql(DbQuestion::sleeps);
    EXPECT_EQ(brief(world_.ask(target, 500ms)), "query timeout");
    EXPECT_TRUE(world_.within(1s, [this] { return world_.connections() == 0; }));
}

}  // namespace
}  // namespace vigia::test
