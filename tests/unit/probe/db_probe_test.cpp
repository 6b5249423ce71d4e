#include "probe/db_probe.hpp"

#include <gtest/gtest.h>
#include <string>

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

}  // namespace
}  // namespace vigia
