#include "core/odbc_string.hpp"

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
    EXPECT_EQ(family_of("PostgreSQL Unicode"), OdbcFamily::postgresql);
    EXPECT_EQ(family_of("psqlODBCw"), OdbcFamily::postgresql);
    EXPECT_EQ(family_of("MariaDB Unicode"), OdbcFamily::other);
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

TEST(OdbcString, BracesForPsqlodbcPasswordsOnly) {
    constexpr auto kFamily = OdbcFamily::postgresql;
    for (const char* const plain : {"user", "o'néill x=@y", "a}b", "50%+1"}) {
        EXPECT_EQ(odbc_value(plain, kFamily, false), plain);
    }
    for (const char* const untold : {"a;b", "{a}", " a", "a "}) {
        EXPECT_EQ(odbc_value(untold, kFamily, false), std::nullopt) << untold;
    }
    EXPECT_EQ(odbc_value("50%+1", kFamily, true), "{50%+1}");
    EXPECT_EQ(odbc_value("a};b", kFamily, true), "{a}};b}");
}

TEST(OdbcString, HasPsqlodbcFetchAPieceAtATime) {
    DbTarget target;
    target.kind = DbKind::odbc;
    target.driver = "PostgreSQL Unicode";
    EXPECT_EQ(connection_string(target, {}).text.reveal(),
              "Driver={PostgreSQL Unicode};UseDeclareFetch=1;");
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
    freetds.options = {{"TDS_Version", "7.3"}};
    EXPECT_EQ(connection_string(freetds, {{}, "::1"}).text.reveal(),
              "Driver={FreeTDS};Server=::1;Port=1433;TDS_Version=7.4;ClientCharset=UTF-8;"
              "Encryption=request;TDS_Version=7.3;Database=shop;UID=sa;PWD=pw;");
}

TEST(OdbcString, TellsFreetdsTheModeWithoutASection) {
    struct Case {
        DbTlsMode mode;
        const char* encryption;
    };
    for (const Case& one : {Case{DbTlsMode::disable, ";Encryption=off;"},
                            {DbTlsMode::prefer, ";Encryption=request;"},
                            {DbTlsMode::require, ";Encryption=require;"}}) {
        DbTarget given = target("FreeTDS");
        given.tls_mode = one.mode;
        EXPECT_FALSE(needs_freetds_section(given));
        EXPECT_THAT(connection_string(given, {{}, "10.0.0.1"}).text.reveal(),
                    HasSubstr(one.encryption));
    }
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

using Problems = std::vector<OdbcProblem>;

TEST(OdbcString, RefusesTlsThatADriverCannotBeHeldTo) {
    struct Case {
        const char* driver;
        DbTlsMode mode;
        Problems problems;
    };
    const Case cases[] = {
        {"FreeTDS", DbTlsMode::verify_full, {}},
        {"FreeTDS", DbTlsMode::verify_ca, {}},
        {kMicrosoft, DbTlsMode::verify_full, {}},
        {kMicrosoft, DbTlsMode::verify_ca, {{OdbcFault::verify_ca, "tls/mode"}}},
        {"Other", DbTlsMode::prefer, {}},
        {"Other", DbTlsMode::disable, {}},
        {"Other", DbTlsMode::require, {{OdbcFault::unknown_driver, "tls/mode"}}},
        {"Other", DbTlsMode::verify_full, {{OdbcFault::unknown_driver, "tls/mode"}}},
    };
    for (const Case& one : cases) {
        DbTarget given = target(one.driver);
        given.tls_mode = one.mode;
        EXPECT_EQ(odbc_problems(given), one.problems) << one.driver;
    }
}

TEST(OdbcString, FindsEveryProblemAndWhereItIs) {
    DbTarget weakened = target("FreeTDS");
    weakened.tls_mode = DbTlsMode::verify_full;
    weakened.tls.cert_file = "/c.pem";
    weakened.tls.server_name = "other.test";
    weakened.tls.ca_file = "/a;b";
    weakened.options = {{"Encryption", "off"}, {"TDS_Version", "7.0"}, {"APP", "a};b"}};
    weakened.database = std::string(5000, 'x');
    weakened.password = Secret("canary};x");
    EXPECT_EQ(odbc_problems(weakened),
              (Problems{{OdbcFault::client_certificate, "tls/cert_file"},
                        {OdbcFault::contradicting_option, "options/Encryption"},
                        {OdbcFault::old_protocol, "options/TDS_Version"},
                        {OdbcFault::server_name, "tls/server_name"},
                        {OdbcFault::ca_file_name, "tls/ca_file"},
                        {OdbcFault::value, "options/APP"},
                        {OdbcFault::value, "database"},
                        {OdbcFault::value, "password"}}));
    DbTarget microsoft = target(kMicrosoft);
    microsoft.tls_mode = DbTlsMode::verify_full;
    microsoft.tls.ca_file = "/ca.pem";
    EXPECT_EQ(odbc_problems(microsoft), (Problems{{OdbcFault::ca_file, "tls/ca_file"}}));
    for (int fault = 0; fault <= static_cast<int>(OdbcFault::value); ++fault) {
        EXPECT_FALSE(message_of(static_cast<OdbcFault>(fault)).empty());
    }
}

TEST(OdbcString, LeavesToTheUserWhatPreferLeavesOpen) {
    DbTarget open = target("FreeTDS");
    open.tls_mode = DbTlsMode::prefer;
    open.tls.server_name = "other.test";
    open.options = {{"Encryption", "off"}, {"TDS_Version", "5.0"}};
    EXPECT_EQ(odbc_problems(open), Problems{});
    open.password = Secret("a;b}");  // the last of them may
    EXPECT_EQ(odbc_problems(open), Problems{});
    open.user = "a;b}";
    EXPECT_EQ(odbc_problems(open), (Problems{{OdbcFault::value, "user"}}));
}

TEST(OdbcString, RefusesWhatIsLongerThanOdbcCanCount) {
    DbTarget given = target("X");
    for (int i = 0; i < 17; ++i) given.options.emplace_back("APP", std::string(2000, 'x'));
    const OdbcString string = connection_string(given, {});
    EXPECT_EQ(string.text.reveal(), "");
    EXPECT_EQ(string.problem, "the connection string is too long for ODBC");
}

TEST(OdbcString, WritesASectionForFreetdsThatNamesTheHost) {
    DbTarget given = target("FreeTDS");
    given.tls_mode = DbTlsMode::verify_full;
    EXPECT_TRUE(needs_freetds_section(given));
    EXPECT_EQ(freetds_section(given, "/ca"),
              "\thost = db.test\n\tport = 1433\n\ttds version = 7.4\n\tclient charset = UTF-8\n"
              "\tencryption = require\n\tca file = /ca\n\tcheck certificate hostname = yes\n");
    given.tls_mode = DbTlsMode::verify_ca;
    given.tls.ca_file = "/my/ca.pem";
    EXPECT_THAT(*freetds_section(given, "/ca"),
                HasSubstr("\tca file = /my/ca.pem\n\tcheck certificate hostname = no\n"));
    // FreeTDS reads lines of 254 bytes, and takes what is behind for another one.
    const std::string longest = "/" + std::string(239, 'p');
    given.tls.ca_file = longest;
    EXPECT_THAT(*freetds_section(given, "/ca"), HasSubstr("\tca file = " + longest + "\n"));
    for (const std::string& file :
         {std::string("/a;b"), std::string("/a#b"), std::string("/a  b"),
          std::string("/a\nhost = evil"), std::string("/a\fb"), longest + "p"}) {
        given.tls.ca_file = file;
        EXPECT_EQ(freetds_section(given, "/ca"), std::nullopt) << file;
        EXPECT_EQ(odbc_problems(given), (Problems{{OdbcFault::ca_file_name, "tls/ca_file"}}));
    }
    given.tls.ca_file.clear();
    EXPECT_EQ(freetds_section(given, ""), std::nullopt);
}

}  // namespace
}  // namespace vigia
