#include "env/real/pg_failure.hpp"

#include "env/db_client.hpp"

#include <cerrno>
#include <gtest/gtest.h>

namespace vigia {
namespace {

PgFacts facts(Phase phase) {
    PgFacts facts;
    facts.phase = phase;
    facts.message = "libpq's words";
    return facts;
}

TEST(PgFailure, KnowsTheSqlstatesThatAnOperatorCanActOn) {
    struct Case {
        const char* sqlstate;
        Phase phase;
        ReasonCode code;
    };
    const Case cases[] = {
        {"28P01", Phase::login, ReasonCode::login_failed},
        {"28000", Phase::login, ReasonCode::login_failed},
        {"3D000", Phase::login, ReasonCode::no_such_database},
        {"57P04", Phase::query, ReasonCode::no_such_database},
        {"42501", Phase::query, ReasonCode::permission_denied},
        {"53300", Phase::login, ReasonCode::too_many_connections},
        {"57P01", Phase::query, ReasonCode::server_not_ready},
        {"57P02", Phase::query, ReasonCode::server_not_ready},
        {"57P03", Phase::login, ReasonCode::server_not_ready},
        {"55000", Phase::login, ReasonCode::server_not_ready},
        {"55000", Phase::query, ReasonCode::query_failed},
        {"25006", Phase::query, ReasonCode::query_not_reading},
        {"42601", Phase::query, ReasonCode::query_failed},
        {"08P01", Phase::login, ReasonCode::protocol_error},
        {"57014", Phase::query, ReasonCode::query_failed},
        {"XX000", Phase::query, ReasonCode::query_failed},
    };
    for (const Case& one : cases) {
        PgFacts given = facts(one.phase);
        given.server = {one.sqlstate, "text", ""};
        const Reason reason = classify(given);
        EXPECT_EQ(to_string(reason.code), to_string(one.code)) << one.sqlstate;
        EXPECT_EQ(reason.phase, one.phase);
        EXPECT_EQ(reason.detail, std::string(one.sqlstate) + ": text");
    }
}

TEST(PgFailure, TellsSeveralStatementsFromASyntaxError) {
    EXPECT_EQ(reason_of({"42601", "", "exec_parse_message"}, Phase::query),
              ReasonCode::query_not_reading);
    EXPECT_EQ(reason_of({"42601", "", "scanner_yyerror"}, Phase::query), ReasonCode::query_failed);
}

TEST(PgFailure, ACancelledStatementIsATimeoutOnlyAtTheDeadline) {
    PgFacts given = facts(Phase::query);
    given.server = {"57014", "canceling statement due to statement timeout", ""};
    EXPECT_EQ(classify(given).code, ReasonCode::query_failed);
    given.deadline_near = true;
    EXPECT_EQ(classify(given).code, ReasonCode::timeout);
}

TEST(PgFailure, BelievesTheServerFirstThenTheSocketThenLibpq) {
    PgFacts given = facts(Phase::login);
    EXPECT_EQ(classify(given).code, ReasonCode::protocol_error);
    EXPECT_EQ(classify(given).detail, "libpq's words");
    given.wants_login = true;
    EXPECT_EQ(classify(given).code, ReasonCode::login_failed);
    given.ended = true;
    EXPECT_EQ(classify(given).code, ReasonCode::connection_closed);
    given.os_errno = ECONNRESET;
    EXPECT_EQ(classify(given).code, ReasonCode::connection_reset);
    given.server = {"28P01", "no", ""};
    EXPECT_EQ(classify(given).code, ReasonCode::login_failed);
}

TEST(PgFailure, ReadsTheAnswerToTheQuestionForTls) {
    const auto code = [](char answer) {
        PgFacts given = facts(Phase::tls);
        given.tls_answer = answer;
        return to_string(classify(given).code);
    };
    EXPECT_EQ(code('N'), "tls_not_offered");
    EXPECT_EQ(code('S'), "tls_failure");
    EXPECT_EQ(code('E'), "server_not_ready");
    EXPECT_EQ(code('H'), "protocol_error");
    EXPECT_EQ(code(0), "protocol_error");
}

TEST(PgFailure, AnAlertAfterTheHandshakeIsOfTls) {
    PgFacts given = facts(Phase::login);
    given.tls_error = "tlsv13 alert certificate required";
    const Reason reason = classify(given);
    EXPECT_EQ(reason.phase, Phase::tls);
    EXPECT_EQ(reason.code, ReasonCode::tls_failure);
    EXPECT_EQ(reason.detail, given.tls_error);
}

TEST(PgFailure, FindsTheServersErrorInWhatLibpqSays) {
    struct Case {
        const char* message;
        const char* sqlstate;  // null: none
        const char* text;
    };
    const Case cases[] = {
        {"connection to server at \"db\" (192.0.2.1), port 5432 failed: FATAL:  28P01: password "
         "authentication failed for user \"x\"\nLOCATION:  auth_failed, auth.c:331\n",
         "28P01", "password authentication failed for user \"x\""},
        {"connection to server failed: FATAL:  28000: first\nconnection to server failed: FATAL:  "
         "3D000: second\n",
         "28000", "first"},
        {"FATAL:  something else:  57P03: late", "57P03", "late"},
        {"FATAL:  no state", nullptr, ""},
        {"FATAL:  28p01: lower case", nullptr, ""},
        {"FATAL:  28P01", nullptr, ""},
        {"FATAL:  ", nullptr, ""},
        {"", nullptr, ""},
    };
    for (const Case& one : cases) {
        const std::optional<PgError> error = find_server_error(one.message);
        ASSERT_EQ(error.has_value(), one.sqlstate != nullptr) << one.message;
        if (!error) continue;
        EXPECT_EQ(error->sqlstate, one.sqlstate);
        EXPECT_EQ(error->text, one.text);
    }
}

TEST(PgFailure, KeepsTheLastLineOfWhatLibpqSays) {
    EXPECT_EQ(own_words("connection to server at \"127.0.0.1\", port 1 failed: SSL error: x\n"),
              "SSL error: x");
    EXPECT_EQ(own_words("one\ntwo\n\n"), "two");
    EXPECT_EQ(own_words(""), "");
}

TEST(PgFailure, ShortensWhatTheServerSays) {
    PgFacts given = facts(Phase::query);
    given.server = {"XX000", std::string(100'000, 'x'), ""};
    EXPECT_EQ(classify(given).detail.size(), kMaxServerText);
}

}  // namespace
}  // namespace vigia
