#include "env/real/sql_guard.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

TEST(SqlGuard, LetsOneReadingStatementThrough) {
    for (const char* const sql : {
             "",
             "SELECT 1",
             "SELECT 1;",
             "SELECT 1; -- done",
             "SELECT 1 ; /* a ; b */ ",
             "SELECT 'a; DROP TABLE x'",
             "SELECT 'it''s; DELETE'",
             "SELECT \"update\" FROM [into; x]",
             "WITH a AS (SELECT 1 AS n) SELECT CASE WHEN n = 1 THEN 2 END FROM a",
             "EXEC sp_check",
             "SELECT updated, created, useful FROM settings",
             "-- UPDATE\nSELECT 1",
             "SELECT @set, #into, ñupdate",
         }) {
        EXPECT_TRUE(may_be_reading(sql, DbKind::sqlserver)) << sql;
    }
}

TEST(SqlGuard, StopsWhatIsNot) {
    for (const char* const sql : {
             "SELECT 1; SELECT 2",
             "SELECT 1;;SELECT 2",
             "SELECT 1; 'x'",
             "CREATE TABLE x (n int)",
             "select 1 commit",
             "SELECT * INTO x FROM y",
             "update x SET n = 1",
             "KILL 52",
             "SHUTDOWN",
             "SELECT 1/**/DELETE x",
             "SET IMPLICIT_TRANSACTIONS OFF",
         }) {
        EXPECT_FALSE(may_be_reading(sql, DbKind::sqlserver)) << sql;
    }
}

TEST(SqlGuard, KnowsNoReservedWordsOfOtherDialects) {
    EXPECT_TRUE(may_be_reading("SELECT set FROM begin", DbKind::odbc));
    EXPECT_FALSE(may_be_reading("SELECT 1; SELECT 2", DbKind::odbc));
}

}  // namespace
}  // namespace vigia
