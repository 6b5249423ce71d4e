#include "probe/db_probe.hpp"

#include "env/real/mysql_failure.hpp"
#include "env/real/odbc_failure.hpp"
#include "env/real/pg_failure.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace vigia {
namespace {

DbAnswer good_answer() {
    DbAnswer answer;
    answer.server_version = "PostgreSQL 15.18";
    answer.tls_version = "TLSv1.3";
    answer.remote_address = "192.0.2.1:5432";
    answer.result = {.rows = 1, .value = "1"};
    return answer;
}

DbAnswer broken(ReasonCode code) {
    DbAnswer answer;
    answer.failure = Reason{Phase::login, code, 0, "28P01: no such password: hunter22"};
    return answer;
}

TEST(DbProbe, IsUpWithAnAnswerAsExpected) {
    DbTarget target;
    target.expect.value.push_back({CompareOp::equal, 1.0});
    const ProbeResult result = judge(target, good_answer());
    EXPECT_EQ(result.outcome, Outcome::up);
    EXPECT_EQ(result.reason, Reason{});
    EXPECT_EQ(result.remote_address, "192.0.2.1:5432");
    ASSERT_TRUE(result.database);
    EXPECT_EQ(*result.database, (DbFacts{"PostgreSQL 15.18", "TLSv1.3", 1, "1"}));
}

TEST(DbProbe, IsDownWithAnAnswerThatIsNotAsExpected) {
    DbTarget target;
    target.expect.value.push_back({CompareOp::greater, 1.0});
    const ProbeResult result = judge(target, good_answer());
    EXPECT_EQ(result.outcome, Outcome::down);
    EXPECT_EQ(result.reason.code, ReasonCode::unexpected_value);
    EXPECT_TRUE(result.database) << "what the server said of itself is kept";
}

TEST(DbProbe, GivesThePhaseThatFailedWhatTheOthersLeaveOfTheTotal) {
    using std::chrono::milliseconds;
    DbAnswer answer = broken(ReasonCode::login_failed);
    answer.timings.dns = milliseconds(2);
    answer.timings.connect = milliseconds(3);
    answer.timings.total = milliseconds(12);
    EXPECT_EQ(judge(DbTarget{}, answer).timings.login, milliseconds(7));
    answer.failure->phase = Phase::query;
    EXPECT_EQ(judge(DbTarget{}, answer).timings.ttfb, milliseconds(7));
    answer.failure->phase = Phase::connect;
    EXPECT_EQ(judge(DbTarget{}, answer).timings, answer.timings) << "it was measured";
}

TEST(DbProbe, TellsOurOwnFaultFromTheTargets) {
    for (int value = 1; value <= static_cast<int>(ReasonCode::internal); ++value) {
        const auto code = static_cast<ReasonCode>(value);
        EXPECT_EQ(judge(DbTarget{}, broken(code)).outcome,
                  is_own_fault(code) ? Outcome::unknown : Outcome::down)
            << to_string(code);
    }
}

TEST(DbProbe, HidesThePasswordWhereverTheServerEchoesIt) {
    DbTarget target;
    target.password = Secret("hunter22");
    EXPECT_EQ(judge(target, broken(ReasonCode::login_failed)).reason.detail,
              "28P01: no such password: ***");
    DbAnswer answer = good_answer();
    answer.server_version = "I am hunter22";
    answer.result.value = "hunter22";
    const ProbeResult result = judge(target, answer);
    EXPECT_EQ(result.database->server_version, "I am ***");
    EXPECT_EQ(result.database->value, "***");
}

constexpr std::string_view kPassword = "canary;pass\"word";

/// Of the password there is at most what is too short to be told from an answer.
void expect_hidden(const std::string& text) {
    for (std::size_t at = 0; at + 4 <= kPassword.size(); ++at) {
        EXPECT_EQ(text.find(kPassword.substr(at, 4)), std::string::npos) << text;
    }
}

/// What servers say, with the password `before` bytes from the beginning.
std::string echo(std::size_t before) {
    return std::string(before, 'x') + std::string(kPassword) + std::string(40'000, 'y');
}

Reason said_by(DbKind kind, std::string text) {
    switch (kind) {
        case DbKind::postgresql: {
            PgFacts facts;
            facts.phase = Phase::login;
            facts.server = {"XX000", std::move(text), {}};
            return classify(facts);
        }
        case DbKind::mysql:
        case DbKind::mariadb: {
            MysqlFacts facts;
            facts.phase = Phase::login;
            facts.number = 9999;
            facts.sqlstate = "HY000";
            facts.text = std::move(text);
            return classify(facts);
        }
        case DbKind::sqlserver:
        case DbKind::odbc:
            break;
    }
    return classify({{"HY000", 3333, std::move(text)}}, OdbcNumbers::sql_server, Phase::login,
                    false);
}

TEST(DbProbe, HidesAPasswordBeforeLinesAreJoined) {
    DbTarget target;
    target.password = Secret("ab\tcdef\nghi");
    for (const DbKind kind :
         {DbKind::postgresql, DbKind::mysql, DbKind::mariadb, DbKind::sqlserver, DbKind::odbc}) {
        DbAnswer answer;
        answer.failure = said_by(kind, "no\n\"ab\tcdef\nghi\"\tcan be had");
        const std::string detail = judge(target, std::move(answer)).reason.detail;
        EXPECT_NE(detail.find("no \"***\" can be had"), std::string::npos) << detail;
    }
}

TEST(DbProbe, HidesAPasswordThatALimitWouldCut) {
    DbTarget target;
    target.password = Secret(std::string(kPassword));
    for (const DbKind kind :
         {DbKind::postgresql, DbKind::mysql, DbKind::mariadb, DbKind::sqlserver, DbKind::odbc}) {
        for (std::size_t before = 150; before < 560; ++before) {
            DbAnswer answer;
            answer.failure = said_by(kind, echo(before));
            const std::string detail = judge(target, std::move(answer)).reason.detail;
            expect_hidden(detail);
            EXPECT_LE(detail.size(), kMaxDbDetail);
        }
    }
    for (const std::size_t limit : {kMaxDbVersion, kMaxShownValue, kMaxDbValue}) {
        for (std::size_t before = limit - kPassword.size() - 5; before < limit + 5; ++before) {
            DbAnswer answer = good_answer();
            answer.server_version = echo(before);
            answer.result.value = echo(before).substr(0, kMaxDbValue);
            target.expect.value = {{CompareOp::equal, std::string("other")}};
            const ProbeResult result = judge(target, std::move(answer));
            expect_hidden(result.database->server_version);
            expect_hidden(*result.database->value);
            expect_hidden(result.reason.detail);
            EXPECT_LE(result.database->server_version.size(), kMaxDbVersion);
            EXPECT_LE(result.database->value->size(), kMaxShownValue);
        }
    }
}

TEST(DbProbe, HidesAPasswordThatTheServerCutItself) {
    DbTarget target;
    target.password = Secret(std::string(kPassword));
    DbAnswer answer;
    answer.failure = Reason{Phase::login, ReasonCode::login_failed, 0, "1045: near 'canary;pa"};
    EXPECT_EQ(judge(target, answer).reason.detail, "1045: near '***");
    answer.failure->detail = "1045: near canary…";
    EXPECT_EQ(judge(target, answer).reason.detail, "1045: near ***…");
    answer.failure->detail = "1045: there is no can";
    EXPECT_EQ(judge(target, answer).reason.detail, "1045: there is no can");
}

}  // namespace
}  // namespace vigia
