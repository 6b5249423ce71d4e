#include "env/real/odbc_failure.hpp"

#include "env/db_client.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using Records = std::vector<OdbcRecord>;

TEST(OdbcFailure, TakesTheMostTellingRecord) {
    struct Case {
        Records records;
        Phase phase;
        ReasonCode code;
        const char* detail;
    };
    const OdbcRecord unable{"08001", 0, "[FreeTDS][SQL Server]Unable to connect to data source"};
    const OdbcRecord login{"42000", 18456, "[FreeTDS][SQL Server]Login failed for user 'x'."};
    const Case cases[] = {
        {{login, {"42000", 4060, "[a][b]Cannot open"}, unable},
         Phase::login,
         ReasonCode::no_such_database,
         "4060: Cannot open"},
        {{login, unable},
         Phase::login,
         ReasonCode::login_failed,
         "18456: Login failed for user 'x'."},
        {{{"42000", 229, "denied"}}, Phase::query, ReasonCode::permission_denied, "229: denied"},
        {{{"42000", 17809, "full"}}, Phase::login, ReasonCode::too_many_connections, "17809: full"},
        {{{"42000", 18401, "soon"}}, Phase::login, ReasonCode::server_not_ready, "18401: soon"},
        {{{"HYT00", 0, "Timeout"}, unable}, Phase::login, ReasonCode::timeout, ""},
        {{unable, {"01000", 20017, "EOF"}}, Phase::login, ReasonCode::connection_closed, ""},
        {{unable, {"01000", 20013, "host"}}, Phase::login, ReasonCode::name_not_found, ""},
        {{{"42S02", 208, "no such table"}},
         Phase::query,
         ReasonCode::query_failed,
         "208: no such table"},
        {{{"28000", 0, "[x]no"}}, Phase::login, ReasonCode::login_failed, "28000: no"},
        {{{"3D000", 0, "db"}}, Phase::login, ReasonCode::no_such_database, "3D000: db"},
        {{{"42501", 7, "no"}}, Phase::query, ReasonCode::permission_denied, "7: no"},
        {{{"HY000", 0, "odd"}}, Phase::query, ReasonCode::query_failed, "HY000: odd"},
        {{unable},
         Phase::login,
         ReasonCode::protocol_error,
         "08001: Unable to connect to data source"},
        {{{"HY001", 0, "memory"}}, Phase::query, ReasonCode::no_buffers, ""},
        {{}, Phase::query, ReasonCode::connection_reset, ""},
    };
    for (const Case& one : cases) {
        const Reason reason = classify(one.records, OdbcNumbers::sql_server, one.phase, false);
        EXPECT_EQ(to_string(reason.code), to_string(one.code)) << one.detail;
        EXPECT_EQ(reason.phase, one.phase);
        EXPECT_EQ(reason.detail, one.detail);
    }
}

TEST(OdbcFailure, KnowsADriverThatIsMissing) {
    const Records unknown{{"IM002", 0, "[unixODBC]Data source name not found"}};
    const Records unloadable{{"01000", 0, "[unixODBC][Driver Manager]Can't open lib 'X'"}};
    for (const Records& records : {unknown, unloadable}) {
        EXPECT_TRUE(driver_missing(records));
        EXPECT_EQ(classify(records, OdbcNumbers::sql_server, Phase::login, false).code,
                  ReasonCode::no_driver);
    }
    EXPECT_FALSE(driver_missing({{"01000", 20002, "Adaptive Server connection failed"}}));
    EXPECT_FALSE(driver_missing({}));
}

TEST(OdbcFailure, ABrokenConnectionIsOneWhateverTheDriverSays) {
    EXPECT_EQ(
        classify({{"HY000", 0, "Unknown error"}}, OdbcNumbers::sql_server, Phase::query, true).code,
        ReasonCode::connection_reset);
    EXPECT_EQ(classify({{"42000", 208, "x"}}, OdbcNumbers::sql_server, Phase::query, true).code,
              ReasonCode::query_failed);
}

TEST(OdbcFailure, TellsTheServersWordsFromTheDrivers) {
    EXPECT_TRUE(server_answered({{"08001", 0, ""}, {"42000", 18456, ""}}, OdbcNumbers::sql_server));
    EXPECT_FALSE(
        server_answered({{"08001", 0, ""}, {"01000", 20002, ""}}, OdbcNumbers::sql_server));
}

TEST(OdbcFailure, BoundsWhatServersSay) {
    const Reason reason = classify({{"42000", 208, std::string(50'000, 'x')}},
                                   OdbcNumbers::sql_server, Phase::query, false);
    EXPECT_LE(reason.detail.size(), kMaxServerText);
}

TEST(OdbcFailure, ReadsTheWordsOfALoginWhoseNumbersAreNotKnown) {
    struct Case {
        const char* words;
        ReasonCode expected;
    };
    const Case cases[] = {
        {"FATAL:  database \"absent\" does not exist", ReasonCode::no_such_database},
        {"FATAL:  password authentication failed for user \"u\"", ReasonCode::login_failed},
        {"FATAL:  role \"u\" does not exist", ReasonCode::login_failed},
        {"FATAL:  permission denied for database \"d\"", ReasonCode::permission_denied},
        {"FATAL:  sorry, too many clients already", ReasonCode::too_many_connections},
        {"could not create socket: Too many open files", ReasonCode::no_descriptors},
        {"FATAL:  the database system is starting up", ReasonCode::server_not_ready},
        {"FATAL:  the database system is not accepting connections", ReasonCode::server_not_ready},
        {"la autentificación password falló", ReasonCode::query_failed},
    };
    for (const Case& one : cases) {
        const std::vector<OdbcRecord> records{{"08001", 101, one.words}};
        EXPECT_EQ(classify(records, OdbcNumbers::unknown, Phase::login, false).code, one.expected)
            << one.words;
        EXPECT_EQ(classify(records, OdbcNumbers::unknown, Phase::query, false).code,
                  ReasonCode::query_failed);
        EXPECT_EQ(classify(records, OdbcNumbers::sql_server, Phase::login, false).code,
                  ReasonCode::query_failed);
    }
}

TEST(OdbcFailure, TakesNoNumberOfAnUnknownServerForSqlServers) {
    const std::vector<OdbcRecord> oracle{{"HY000", 911, "ORA-00911: invalid character"}};
    EXPECT_EQ(classify(oracle, OdbcNumbers::unknown, Phase::query, false).code,
              ReasonCode::query_failed);
    EXPECT_FALSE(server_answered(oracle, OdbcNumbers::unknown));
}

}  // namespace
}  // namespace vigia
