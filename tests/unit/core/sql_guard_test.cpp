#include "core/sql_guard.hpp"

#include "base/rng.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace vigia {
namespace {

bool is_let_through(std::string_view sql, DbKind kind) {
    return find_query_fault(sql, kind) == QueryFault::none;
}

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
             "SELECT 1 AS [a]]; update]",
             "WITH a AS (SELECT 1 AS n) SELECT CASE WHEN n = 1 THEN 2 END FROM a",
             "SELECT updated, created, useful FROM settings",
             "-- UPDATE\nSELECT 1",
             "/* a /* nested */ UPDATE */ SELECT 1",
             "SELECT @set, #into, ñupdate",
             "SELECT a$drop, b#drop, c@drop, update_, _update, update1 FROM t",
             "SELECT 1drops, 1.5e3dropped, 0xAADBCC",
             "SELECT CASE WHEN 1=1THEN 1ELSE 2END",
             "SELECT N'DROP', -1, 1e5, .5, $1.5",
             "SELECT 1 OPTION (MERGE JOIN)",
             "SELECT 1 OPTION (RECOMPILE, merge union, HASH GROUP)",
             "SELECT 1 OPTION (MERGE /* why */ JOIN)",
             "SELECT 1 OPTION (USE HINT ('ENABLE_QUERY_OPTIMIZER_HOTFIXES'))",
             "SELECT 1 OPTION (MAXDOP 1, USE HINT('X'), USE PLAN N'<x/>')",
             "SELECT * FROM a INNER MERGE JOIN b ON a.n = b.n",
             "SELECT * FROM a LEFT OUTER MERGE\nJOIN b ON a.n = b.n",
             "SELECT * FROM a WITH (UPDLOCK, INDEX(i))",
         }) {
        EXPECT_TRUE(is_let_through(sql, DbKind::sqlserver)) << sql;
    }
}

TEST(SqlGuard, StopsWhatIsNot) {
    for (const char* const sql : {
             "SELECT 1; SELECT 2",
             "SELECT 1;;SELECT 2",
             "SELECT 1; 'x'",
             "SELECT 1; 2",
             "CREATE TABLE x (n int)",
             "select 1 commit",
             "SELECT * INTO x FROM y",
             "update x SET n = 1",
             "KILL 52",
             "SHUTDOWN",
             "SELECT 1/**/DELETE x",
             "SET IMPLICIT_TRANSACTIONS OFF",
             "SELECT 1 EXEC('DROP TABLE x COMMIT')",
             "SELECT 1 EXECUTE sp_evil",
             "SELECT 1 MERGE x USING y ON 1 = 1",
             "SELECT 1 MERGE INTO x USING y ON 1 = 1",
             "SELECT 1 MERGE [join] USING y ON 1 = 1",
             "SELECT 1 OPTION (MERGE JOIN) MERGE x USING y ON 1 = 1",
             "SELECT 1 USE hint",
             "SELECT 1 USE hint (SELECT 2)",
             "SELECT 1 OPTION (USE HINT('X')) USE other",
             "SELECT 1 OPTION (USE other)",
             "/* /* */ SELECT 1 */ DROP TABLE x",
             "SELECT 'a' 'b'DROP TABLE x",
             "SELECT [a]DROP TABLE x",
             "SELECT 'it''s'DROP TABLE x",
             "SELECT 1 AS [a]]'] DROP TABLE x --'",
             "SELECT 1 AS [a]]] DROP TABLE x",
             "SELECT '\xc2' DROP TABLE x --'",
             "SELECT 1\xc2;SELECT 2",
             "SELECT 1 -- a\rDROP TABLE x",
         }) {
        EXPECT_FALSE(is_let_through(sql, DbKind::sqlserver)) << sql;
    }
}

TEST(SqlGuard, ANumberEndsWhereAWordBegins) {
    for (const char* const number : {"1",
                                     "10",
                                     "1.",
                                     "1.5",
                                     ".5",
                                     "1..5",
                                     "1e5",
                                     "1E+5",
                                     "1e-05",
                                     "1.5e3",
                                     "1e",
                                     "1.E",
                                     "0x",
                                     "0x12",
                                     "$1",
                                     "$1.5",
                                     "-1",
                                     "\xe2\x82\xac"
                                     "1",
                                     "\xc2\xa3"
                                     "1",
                                     "\xef\xbc\x84"
                                     "1"}) {
        for (const char* const word : {"DROP", "Update", "into", "kill", "EXEC", "merge"}) {
            const std::string sql = std::string("SELECT ") + number + word + " x";
            // In hexadecimal the first letters belong to the number.
            const bool hex = std::string_view(number).starts_with("0x");
            const bool digit = hex && std::string_view("DdEe").find(*word) != std::string::npos;
            EXPECT_EQ(is_let_through(sql, DbKind::sqlserver), digit) << sql;
        }
    }
    for (const char* const blank : {"\xc2\xa0", "\xe2\x80\x83", "\xe3\x80\x80", "\xef\xbb\xbf"}) {
        EXPECT_FALSE(
            is_let_through(std::string("SELECT a") + blank + "DROP TABLE x", DbKind::sqlserver));
    }
}

/// Whatever stands around it: what is appended behind a good query is seen.
TEST(SqlGuard, SeesASecondStatementBehindAnyMixture) {
    constexpr auto kPieces = std::to_array<std::string_view>({"1",
                                                              "1.5",
                                                              "'x'",
                                                              "'it''s'",
                                                              "\"a\"",
                                                              "[b]",
                                                              "a",
                                                              "@v",
                                                              "#t",
                                                              "0x1f",
                                                              "(",
                                                              ")",
                                                              ",",
                                                              "+",
                                                              " ",
                                                              "\n",
                                                              "-- c\n",
                                                              "/* c */",
                                                              "/* /* c */ */",
                                                              "ñ",
                                                              "\xe2\x82\xac",
                                                              "1e5",
                                                              ".",
                                                              "$1",
                                                              "N'x'",
                                                              "join",
                                                              "hint"});
    constexpr auto kWrites = std::to_array<std::string_view>(
        {"DROP TABLE x", "INTO x", "EXEC('x')", "COMMIT", ";SELECT 2", "MERGE x USING y ON 1=1"});
    Rng rng(20240607);
    for (int i = 0; i < 3000; ++i) {
        std::string sql = "SELECT ";
        for (std::uint64_t n = rng.below(8); n > 0; --n) sql += kPieces[rng.below(kPieces.size())];
        const std::string_view write = kWrites[rng.below(kWrites.size())];
        EXPECT_TRUE(is_let_through(sql, DbKind::sqlserver)) << sql;
        for (const std::string_view between : {" ", "\n", "/**/", "--\n", ")", "''", "[]"}) {
            const std::string whole = sql + std::string(between) + std::string(write);
            EXPECT_FALSE(is_let_through(whole, DbKind::sqlserver)) << whole;
        }
    }
}

TEST(SqlGuard, KnowsNoReservedWordsOfOtherDialects) {
    EXPECT_TRUE(is_let_through("SELECT set FROM begin", DbKind::odbc));
    EXPECT_EQ(find_query_fault("SELECT 1; SELECT 2", DbKind::odbc), QueryFault::second_statement);
    EXPECT_TRUE(is_let_through("SELECT * INTO OUTFILE FROM x", DbKind::postgresql));
}

TEST(SqlGuard, StopsWhatAnOdbcDriverWouldWriteAnew) {
    for (const char* const sql : {
             "SELECT 1 {call xp_cmdshell 'dir'}",
             "SELECT 1 D{}ROP TABLE x",
             "SELECT 1 /* /* */ *{}/ DROP TABLE x -- */",
             "SELECT '{'",
         }) {
        EXPECT_EQ(find_query_fault(sql, DbKind::sqlserver), QueryFault::braces) << sql;
        EXPECT_EQ(find_query_fault(sql, DbKind::odbc), QueryFault::braces) << sql;
    }
    EXPECT_TRUE(is_let_through("SELECT '{}'::json", DbKind::postgresql));
}

/// How a database behind a driver takes texts and brackets is not known.
TEST(SqlGuard, StopsEverySemicolonWithinAQueryOfAnUnknownDialect) {
    for (const char* const sql : {
             "SELECT ARRAY[ARRAY[1]]; COMMIT; DROP TABLE x",
             "SELECT $$'$$; COMMIT; CREATE TABLE x (n int); --'",
             R"(SELECT E'\''; SELECT 2; --')",
             "SELECT 'a;b'",
         }) {
        EXPECT_EQ(find_query_fault(sql, DbKind::odbc), QueryFault::second_statement) << sql;
    }
    EXPECT_TRUE(is_let_through("SELECT 1 ; ;\n", DbKind::odbc));
}

TEST(SqlGuard, FindsASecondStatementThatTheServerWouldRefuse) {
    for (const DbKind kind : {DbKind::postgresql, DbKind::mysql, DbKind::mariadb}) {
        EXPECT_EQ(find_query_fault("SELECT 1; DROP TABLE x", kind), QueryFault::second_statement);
        EXPECT_TRUE(is_let_through("SELECT 'a; b'; -- done", kind));
    }
    // What is no second statement in every reading is the server's to judge.
    EXPECT_TRUE(is_let_through("SELECT $$a'; b'$$", DbKind::postgresql));
    EXPECT_TRUE(is_let_through(R"(SELECT E'\'; b')", DbKind::postgresql));
}

TEST(SqlGuard, StopsFilesThatMysqlWouldWrite) {
    for (const char* const sql : {
             "SELECT 1 INTO OUTFILE '/x'",
             "select 1 into\ndumpfile '/x'",
             "SELECT 1 INTO/**/OUTFILE '/x'",
             "SELECT 1 INTO -- why\n OUTFILE '/x'",
             "SELECT 1 INTO # why\n OUTFILE '/x'",
             "SELECT 1 /*!INTO OUTFILE '/x'*/",
             "SELECT 1 /*!50000INTO*/ OUTFILE '/x'",
             "SELECT 1 INTO /*M!100100 DUMPFILE*/ '/x'",
             "SELECT 1.5INTO OUTFILE '/x'",
             "SELECT 1e5INTO OUTFILE '/x'",
             "SELECT 'a'INTO OUTFILE '/x'",
             R"(SELECT '\'' INTO OUTFILE '/x')",
             R"(SELECT `a\` INTO OUTFILE '/x')",
             "SELECT 5--3 INTO OUTFILE '/x'",
             "SELECT @@version INTO OUTFILE '/x'",
             "SELECT 1 /*!99999 ' */ INTO OUTFILE '/x' -- '",
             "SELECT 1 /*M!999999 # */ INTO DUMPFILE '/x'",
             "SELECT 1 /*!99999 INTO '*/ INTO Outfile '/x' -- '",
             "SELECT 2*/*'*/3 INTO OUTFILE '/x'",      // "*/" ends nothing here
             R"(SELECT '\' INTO OUTFILE '/x' -- ')",   // under NO_BACKSLASH_ESCAPES
             R"(SELECT "a\" INTO OUTFILE '/x' -- ")",  // under ANSI_QUOTES
             "SELECT 1 /*!50000INTO*//*!50000OUTFILE*/'/x'",
             "SELECT 'into outfile'",  // which quotes count hangs on the server's settings
             "SELECT 1 -- INTO OUTFILE '/x'",
             "SELECT `into` FROM `outfile`",
         }) {
        EXPECT_EQ(find_query_fault(sql, DbKind::mysql), QueryFault::output_file) << sql;
        EXPECT_EQ(find_query_fault(sql, DbKind::mariadb), QueryFault::output_file) << sql;
    }
    for (const char* const sql : {
             "SELECT into_outfile, outfile_into, outfile2 FROM x",
             "SELECT update_time FROM information_schema.tables",
             "SELECT /*!40001 SQL_NO_CACHE */ 'it''s' FROM x",
         }) {
        EXPECT_TRUE(is_let_through(sql, DbKind::mysql)) << sql;
    }
}

TEST(SqlGuard, LooksAtTheFirstWordAsTheServerDoes) {
    struct Case {
        const char* sql;
        DbKind kind;
        bool reads;
    };
    const Case cases[] = {
        {"(SELECT 1)", DbKind::mysql, true},
        {"SELECT@@version", DbKind::mysql, true},
        {"# why\nSELECT 1", DbKind::mysql, true},
        {"/* /* */ SELECT 1", DbKind::mysql, true},
        {"SELECTED", DbKind::mysql, false},
        {"/*!CALL p(*/ (SELECT 1))", DbKind::mysql, false},
        {"/*!99999 SELECT */ BEGIN NOT ATOMIC", DbKind::mariadb, false},
        {"(/*M!999999 SELECT */ CALL p())", DbKind::mariadb, false},
        {"SELECT /*!40001 SQL_NO_CACHE */ 1", DbKind::mysql, true},
        {"/* SELECT */ BEGIN NOT ATOMIC", DbKind::mariadb, false},
        {"/* a /* b */ c */ SELECT 1", DbKind::postgresql, true},
        {"/* /* */ SELECT 1 */ COPY t TO PROGRAM 'x'", DbKind::postgresql, false},
        {"-- \rCOPY t TO PROGRAM 'x' --\nWITH (FORMAT csv)", DbKind::postgresql, false},
        {"COPY t TO PROGRAM 'x'", DbKind::postgresql, false},
        {"EXEC sp_check", DbKind::sqlserver, false},
        {"with a as (select 1 n) select n from a", DbKind::sqlserver, true},
        {"'SELECT'", DbKind::odbc, false},
        {"1SELECT", DbKind::odbc, false},
        {"", DbKind::odbc, false},
        {"/* SELECT", DbKind::odbc, false},
    };
    for (const Case& one : cases) {
        EXPECT_EQ(begins_like_reading(one.sql, one.kind), one.reads) << one.sql;
    }
}

}  // namespace
}  // namespace vigia
