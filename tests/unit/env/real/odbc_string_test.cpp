#include "env/real/odbc_string.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigia {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kMicrosoft = "ODBC Driver 18 for SQL Server";

DbTarget target(const char* driver) {
    DbTarget target;
    target.kind = DbKind::sqlserver;
    target.driver = driver;
    target.host = "db.test";
    target.port = 1433;
    target.database = "shop";
    target.user = "sa";
    target.password = Secret("pw");
    return target;
}

TEST(OdbcString, KnowsDriversByTheirNames) {
    EXPECT_EQ(family_of("FreeTDS"), OdbcFamily::freetds);
    EXPECT_EQ(family_of("TDS"), OdbcFamily::freetds);
    EXPECT_EQ(family_of(kMicrosoft), OdbcFamily::microsoft);
    EXPECT_EQ(family_of("PostgreSQL Unicode"), OdbcFamily::other);
}

TEST(OdbcString, WritesValuesForFreetdsWithoutDoublingBraces) {
    struct Case {
        const char* value;
        std::optional<std::string> written;
    };
    const Case cases[] = {
        {"plain", "plain"},
        {"a b", "a b"},
        {" a", " a"},
        {"a}b", "a}b"},
        {"\"'=%", "\"'=%"},
        {"ñ☂", "ñ☂"},
        {"a;b", "{a;b}"},
        {"{a", "{{a}"},
        {"a;b}c", "{a;b}c}"},
        {"}}{;", "{}}{;}"},
        {"a};b", std::nullopt},          // FreeTDS would end it there
        {"a}b;DRIVER=c", std::nullopt},  // unixODBC would see a keyword
        {"a;b}", std::nullopt},          // unixODBC would read on into what follows
        {"a;}}", "{a;}}}"},
    };
    for (const Case& one : cases) {
        EXPECT_EQ(odbc_value(one.value, OdbcFamily::freetds, false), one.written) << one.value;
    }
    EXPECT_EQ(odbc_value("a;b}", OdbcFamily::freetds, true), "{a;b}}");
    EXPECT_EQ(odbc_value(std::string_view("a\0b", 3), OdbcFamily::freetds, false), std::nullopt);
    EXPECT_EQ(odbc_value(std::string(5000, 'x'), OdbcFamily::freetds, false), std::nullopt);
}

TEST(OdbcString, WritesValuesForOthersAsOdbcHasIt) {
    struct Case {
        const char* value;
        const char* written;
    };
    const Case cases[] = {
        {"plain", "plain"}, {"a b", "{a b}"},         {"a}b", "{a}}b}"}, {"a};b", "{a}};b}"},
        {"{a}", "{{a}}}"},  {"x=y", "{x=y}"},         {"ñ☂", "ñ☂"},      {"}", "{}}}"},
        {"", ""},           {"a;DSN=x", "{a;DSN=x}"},
    };
    for (const OdbcFamily family : {OdbcFamily::microsoft, OdbcFamily::other}) {
        for (const Case& one : cases) {
            EXPECT_EQ(odbc_value(one.value, family, false), one.written) << one.value;
        }
    }
}

TEST(OdbcString, SaysEverythingInTheDriversTerms) {
    OdbcPlace place;
    place.host = "db.test";
    EXPECT_EQ(connection_string(target("Other"), place).text.reveal(),
              "Driver={Other};Server=db.test;Port=1433;Database=shop;UID=sa;PWD=pw;");
    EXPECT_EQ(connection_string(target(kMicrosoft), place).text.reveal(),
              "Driver={ODBC Driver 18 for SQL Server};Server=tcp:db.test,1433;Encrypt=no;"
              "TrustServerCertificate=yes;Database=shop;UID=sa;PWD=pw;");
    place.section = "vigia-0";
    DbTarget freetds = target("FreeTDS");
    freetds.options = {{"APP", "a;b"}};
    EXPECT_EQ(connection_string(freetds, place).text.reveal(),
              "Driver={FreeTDS};Servername=vigia-0;APP={a;b};Database=shop;UID=sa;PWD=pw;");
}

TEST(OdbcString, HoldsMicrosoftsDriverToTheMode) {
    OdbcPlace place;
    place.host = "db.test";
    DbTarget full = target(kMicrosoft);
    full.tls_mode = DbTlsMode::verify_full;
    full.tls.server_name = "other.test";
    EXPECT_THAT(connection_string(full, place).text.reveal(),
                HasSubstr(";Encrypt=yes;TrustServerCertificate=no;"
                          "HostNameInCertificate=other.test;"));
    full.tls_mode = DbTlsMode::require;
    EXPECT_THAT(connection_string(full, place).text.reveal(),
                HasSubstr(";Encrypt=yes;TrustServerCertificate=yes;"));
}

TEST(OdbcString, NamesWhatCannotBeSaidAndNoSecret) {
    DbTarget odd = target("FreeTDS");
    odd.password = Secret("canary};x");
    OdbcPlace place;
    place.section = "vigia-0";
    const OdbcString string = connection_string(odd, place);
    EXPECT_THAT(string.problem, HasSubstr("PWD"));
    EXPECT_THAT(string.problem, Not(HasSubstr("canary")));
    EXPECT_TRUE(string.text.empty());
}

TEST(OdbcString, RefusesTlsThatADriverCannotBeHeldTo) {
    struct Case {
        const char* driver;
        DbTlsMode mode;
        bool fine;
    };
    const Case cases[] = {
        {"FreeTDS", DbTlsMode::verify_full, true}, {kMicrosoft, DbTlsMode::verify_full, true},
        {kMicrosoft, DbTlsMode::verify_ca, false}, {"Other", DbTlsMode::prefer, true},
        {"Other", DbTlsMode::disable, true},       {"Other", DbTlsMode::require, false},
        {"Other", DbTlsMode::verify_full, false},
    };
    for (const Case& one : cases) {
        DbTarget given = target(one.driver);
        given.tls_mode = one.mode;
        EXPECT_EQ(tls_problem(given).empty(), one.fine) << one.driver;
    }
    DbTarget weakened = target("FreeTDS");
    weakened.tls_mode = DbTlsMode::require;
    weakened.options = {{"Encryption", "off"}};
    EXPECT_FALSE(tls_problem(weakened).empty());
    DbTarget certificate = target("FreeTDS");
    certificate.tls.cert_file = "/c.pem";
    EXPECT_FALSE(tls_problem(certificate).empty());
}

TEST(OdbcString, WritesASectionForFreetds) {
    DbTarget given = target("FreeTDS");
    EXPECT_EQ(freetds_section(given, "10.0.0.1", "/ca"),
              "\thost = 10.0.0.1\n\tport = 1433\n\ttds version = 7.4\n"
              "\tclient charset = UTF-8\n\tencryption = request\n");
    given.tls_mode = DbTlsMode::verify_full;
    EXPECT_THAT(*freetds_section(given, "db.test", "/ca"),
                HasSubstr("\tencryption = require\n\tca file = /ca\n"
                          "\tcheck certificate hostname = yes\n"));
    given.tls_mode = DbTlsMode::verify_ca;
    given.tls.ca_file = "/my/ca.pem";
    EXPECT_THAT(*freetds_section(given, "db.test", "/ca"),
                HasSubstr("\tca file = /my/ca.pem\n\tcheck certificate hostname = no\n"));
    for (const char* const file : {"/a;b", "/a#b", "/a  b", "/a\nhost = evil"}) {
        given.tls.ca_file = file;
        EXPECT_EQ(freetds_section(given, "db.test", "/ca"), std::nullopt) << file;
    }
    given.tls.ca_file.clear();
    EXPECT_EQ(freetds_section(given, "db.test", ""), std::nullopt);
}

}  // namespace
}  // namespace vigia
