// What every DbClient that speaks TLS says of certificates.

#include "tests/contract/mysql_world.hpp"
#include "tests/contract/pg_world.hpp"
#include "tests/contract/tds_world.hpp"
#include "tests/support/fault_table.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <memory>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;

struct DbTlsFactory {
    const char* name;
    const char* kind;  // as docs/databases.md has it
    std::function<std::unique_ptr<DbServerWorld>()> secure;
    std::function<std::unique_ptr<DbServerWorld>()> plain;
};

template <class World>
std::unique_ptr<DbServerWorld> without_tls() {
    auto world = std::make_unique<World>();
    world->server().set(R"({"tls": "off"})");
    return world;
}

class DbTlsContract : public ::testing::TestWithParam<DbTlsFactory> {
protected:
    DbTlsContract() { directory_.write("ca.pem", authority_.certificate_pem()); }

    /// "good" or what failed.
    static std::string ask(DbServerWorld& world, DbTlsMode mode, const std::string& ca_file) {
        DbTarget target = world.target(DbPlace::answers);
        target.tls_mode = mode;
        if (mode >= DbTlsMode::verify_ca) target.tls.ca_file = ca_file;
        DbRequest request;
        request.target = std::make_shared<const DbTarget>(std::move(target));
        request.deadline = world.now() + 20s;
        return brief(world.ask(std::move(request)));
    }

    static void document(const std::string& fault, const std::string& seen) {
        expect_documented(GetParam().kind, fault, seen);
    }

    TemporaryDirectory directory_;
    Certificate authority_{authority_spec("the authority"), nullptr};
};

TEST_P(DbTlsContract, TellsWhatIsWrongWithACertificate) {
    CertificateSpec expired = loopback_spec();
    expired.until = -1h;
    CertificateSpec early = loopback_spec();
    early.from = 24h;
    const CertificateSpec elsewhere = certificate_spec("elsewhere", "DNS:elsewhere.test");
    const Certificate stranger(authority_spec("another authority"), nullptr);
    struct Case {
        const char* what;
        CertificateSpec spec;
        const Certificate* issuer;
        std::string full;
        std::string chain;  // verify-ca
    };
    const Case cases[] = {
        {"expired certificate", expired, &authority_, "tls certificate_expired",
         "tls certificate_expired"},
        {"certificate not valid yet", early, &authority_, "tls certificate_not_yet_valid",
         "tls certificate_not_yet_valid"},
        {"unknown CA", loopback_spec(), &stranger, "tls certificate_untrusted",
         "tls certificate_untrusted"},
        {"self-signed certificate", loopback_spec(), nullptr, "tls certificate_self_signed",
         "tls certificate_self_signed"},
        {"wrong host", elsewhere, &authority_, "tls certificate_wrong_host", "good"},
        {"good certificate", loopback_spec(), &authority_, "good", "good"},
    };
    const auto world = GetParam().secure();
    const std::string ca_file = directory_.file("ca.pem");
    for (const Case& one : cases) {
        world->present(Certificate(one.spec, one.issuer));
        std::string full;
        world->within(5s, [&] {  // it may take the server a moment to get to it
            full = ask(*world, DbTlsMode::verify_full, ca_file);
            return full == one.full;
        });
        EXPECT_EQ(full, one.full) << one.what;
        document(one.what, full);
        EXPECT_EQ(ask(*world, DbTlsMode::verify_ca, ca_file), one.chain) << one.what;
        EXPECT_EQ(ask(*world, DbTlsMode::require, ca_file), "good") << one.what;
    }
    EXPECT_EQ(ask(*world, DbTlsMode::verify_full, ""),
              "tls certificate_untrusted");  // the system's
    const std::string missing = ask(*world, DbTlsMode::verify_full, directory_.file("none.pem"));
    EXPECT_EQ(missing, "tls unusable_ca_file");
    document("CA file missing", missing);
}

TEST_P(DbTlsContract, TellsThatItIsNotOffered) {
    const auto world = GetParam().plain();
    const std::string ca_file = directory_.file("ca.pem");
    for (const DbTlsMode mode : {DbTlsMode::disable, DbTlsMode::prefer}) {
        EXPECT_EQ(ask(*world, mode, ca_file), "good");
    }
    for (const DbTlsMode mode :
         {DbTlsMode::require, DbTlsMode::verify_ca, DbTlsMode::verify_full}) {
        const std::string seen = ask(*world, mode, ca_file);
        EXPECT_EQ(seen, "tls tls_not_offered");
        document("TLS required, not offered", seen);
    }
}

INSTANTIATE_TEST_SUITE_P(
    , DbTlsContract,
    ::testing::Values(
        DbTlsFactory{"postgresql", "PostgreSQL",
                     [] { return std::make_unique<PgWorld>(PostgresServer::secure()); },
                     &make_pg_world},
        DbTlsFactory{"mariadb", "MariaDB",
                     [] { return std::make_unique<MariadbWorld>(MariadbServer::secure()); },
                     &make_mariadb_world},
        DbTlsFactory{"mysql", "MySQL 8", &make_mysql_world, &without_tls<MysqlWorld>},
        DbTlsFactory{"sqlserver", "SQL Server", &make_tds_world, &without_tls<TdsWorld>}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace vigia::test
