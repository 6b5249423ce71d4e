#include "env/real/mysql_failure.hpp"

#include "core/sql_guard.hpp"
#include "env/db_client.hpp"

#include <cerrno>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

TEST(MysqlFailure, ASecondStatementIsSeenOutsideOfTextsAndComments) {
    const char* const single[] = {
        "",
        "SELECT 1",
        "SELECT 1;",
        "SELECT 1 ; ; -- nothing; at all",
        "SELECT ';x'; # x",
        R"(SELECT 'it''s; \'; x')",
        R"(SELECT "a;b", `c;d`)",
        "SELECT 1 /* ; x */ ; /* y */",
        "SELECT 5--3",
        "SELECT 'open; x",
        "SELECT 1 /* open; x",
    };
    for (const char* const query : single)
        EXPECT_FALSE(has_second_statement(query, DbKind::mysql)) << query;
    const char* const several[] = {
        "SELECT 1; SELECT 2", "SELECT ';'; DROP TABLE x", "SELECT 1;-- x\nDROP TABLE x",
        R"(SELECT '\\'; x)",  "SELECT `a\\`; x",
    };
    for (const char* const query : several)
        EXPECT_TRUE(has_second_statement(query, DbKind::mysql)) << query;
}

TEST(MysqlFailure, APlainSelectBeginsLikeOne) {
    for (const char* const query : {"SELECT 1", " \nselect 1", "/* x */ SELECT 1", "(SELECT 1)",
                                    "WITH a AS (SELECT 1) SELECT * FROM a", "# x\nSELECT 1",
                                    "TABLE x", "VALUES ROW(1)", "select(1)", "SELECT/**/1"}) {
        EXPECT_TRUE(is_plain_select(query)) << query;
    }
    for (const char* const query : {"", "SHOW TABLES", "SELECTED", "CALL p()", "-- SELECT 1"}) {
        EXPECT_FALSE(is_plain_select(query)) << query;
    }
}

TEST(MysqlFailure, NumbersOfServersBecomeReasons) {
    struct Case {
        unsigned number;
        Phase phase;
        ReasonCode expected;
    };
    const Case cases[] = {
        {1045, Phase::login, ReasonCode::login_failed},
        {1698, Phase::login, ReasonCode::login_failed},
        {1049, Phase::login, ReasonCode::no_such_database},
        {1044, Phase::login, ReasonCode::permission_denied},
        {1142, Phase::query, ReasonCode::permission_denied},
        {1143, Phase::query, ReasonCode::permission_denied},
        {1040, Phase::login, ReasonCode::too_many_connections},
        {1203, Phase::login, ReasonCode::too_many_connections},
        {1053, Phase::query, ReasonCode::server_not_ready},
        {1047, Phase::query, ReasonCode::server_not_ready},
        {1792, Phase::query, ReasonCode::query_not_reading},
        {1064, Phase::query, ReasonCode::query_failed},
        {1969, Phase::query, ReasonCode::timeout},
        {3024, Phase::query, ReasonCode::timeout},
        {1146, Phase::query, ReasonCode::query_failed},
        {9999, Phase::login, ReasonCode::login_failed},
    };
    for (const Case& one : cases) {
        MysqlFacts facts;
        facts.phase = one.phase;
        facts.number = one.number;
        facts.sqlstate = "HY000";
        facts.text = "two\nlines";
        const Reason reason = classify(facts);
        EXPECT_EQ(to_string(reason.code), to_string(one.expected)) << one.number;
        EXPECT_EQ(reason.phase, one.phase);
        EXPECT_EQ(reason.detail, "HY000/" + std::to_string(one.number) + ": two\nlines");
    }
}

TEST(MysqlFailure, ASyntaxErrorAfterASemicolonIsASecondStatement) {
    MysqlFacts facts;
    facts.phase = Phase::query;
    facts.number = 1064;
    facts.query = "SELECT 1; DROP TABLE x";
    EXPECT_EQ(to_string(classify(facts).code), "query_not_reading");
}

TEST(MysqlFailure, ABrokenConnectionIsToldByWhatBrokeIt) {
    MysqlFacts facts;
    facts.phase = Phase::login;
    facts.number = 2013;
    EXPECT_EQ(to_string(classify(facts).code), "protocol_error");
    facts.ended = true;
    EXPECT_EQ(to_string(classify(facts).code), "connection_closed");
    facts.os_errno = ECONNRESET;
    EXPECT_EQ(to_string(classify(facts).code), "connection_reset");
    facts.alert = "certificate required";
    EXPECT_EQ(to_string(classify(facts).code), "tls_failure");
    facts = MysqlFacts{};
    facts.number = 2008;
    EXPECT_EQ(to_string(classify(facts).code), "no_buffers");
}

TEST(MysqlFailure, TextsOfServersHaveABound) {
    MysqlFacts facts;
    facts.number = 1146;
    facts.text = std::string(50'000, 'x');
    EXPECT_LE(classify(facts).detail.size(), kMaxServerText);
}

TEST(MysqlFailure, OfTheServerIsWhatNoClientSays) {
    for (const unsigned number : {1064U, 1969U, 3024U, 4151U}) EXPECT_TRUE(is_of_server(number));
    for (const unsigned number : {0U, 2000U, 2027U, 5014U}) EXPECT_FALSE(is_of_server(number));
}

TEST(MysqlFailure, ConnectsToSocketsFailLikeOthers) {
    EXPECT_EQ(to_string(reason_of_connect(ENOENT).code), "connection_refused");
    EXPECT_EQ(to_string(reason_of_connect(EACCES).code), "permission_denied");
    EXPECT_EQ(to_string(reason_of_connect(EMFILE).code), "no_descriptors");
    EXPECT_EQ(to_string(reason_of_connect(ENOEXEC).code), "internal");
}

}  // namespace
}  // namespace vigia::test
