// What every DbClient promises, whoever implements it.

#include "tests/contract/db_world.hpp"
#include "tests/contract/mysql_world.hpp"
#include "tests/contract/pg_world.hpp"
#include "tests/contract/sim_worlds.hpp"
#include "tests/contract/tds_world.hpp"
#include "tests/support/fault_table.hpp"
#include "tests/support/without_descriptors.hpp"

#include <gtest/gtest.h>
#include <memory>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;

DbRequest request(DbTarget target, MonoTime deadline) {
    DbRequest request;
    request.target = std::make_shared<const DbTarget>(std::move(target));
    request.deadline = deadline;
    return request;
}

/// The kind as docs/databases.md writes it; empty for what has no place there.
std::string_view document_name(std::string_view world) {
    if (world == "postgresql") return "PostgreSQL";
    if (world == "mariadb") return "MariaDB";
    if (world == "mysql") return "MySQL 8";
    if (world == "sqlserver") return "SQL Server";
    if (world == "odbc") return "ODBC";
    return {};
}

class DbClientContract : public ::testing::TestWithParam<DbWorldFactory> {
protected:
    /// Of the simulated one nothing is written down.
    void document(const std::string& fault, const DbAnswer& answer) {
        const std::string_view kind = document_name(GetParam().name);
        if (!kind.empty()) expect_documented(kind, fault, brief(answer));
    }

    DbAnswer ask(DbPlace place, Duration within = 10s) {
        return world_->ask(request(world_->target(place), world_->now() + within));
    }

    std::unique_ptr<DbWorld> world_ = GetParam().make();
};

TEST_P(DbClientContract, AnswersTheDefaultQueryWithOne) {
    const DbAnswer answer = ask(DbPlace::answers);
    ASSERT_EQ(answer.failure, std::nullopt) << answer.failure->detail;
    EXPECT_EQ(answer.result.rows, 1U);
    EXPECT_EQ(answer.result.value, "1");
    EXPECT_FALSE(answer.server_version.empty());
    EXPECT_FALSE(answer.remote_address.empty());
    document("names and a password with every special character", answer);
}

TEST_P(DbClientContract, TellsTheReasonAndThePhaseOfAFailure) {
    const DbAnswer refused = ask(DbPlace::refuses);
    EXPECT_EQ(brief(refused), "connect connection_refused");
    document("port closed", refused);
    const DbAnswer unknown = ask(DbPlace::unknown_name);
    EXPECT_EQ(brief(unknown), "resolve name_not_found");
    document("unknown name", unknown);
}

TEST_P(DbClientContract, CompletesByTheDeadlineWithThePhaseThatHung) {
    const MonoTime before = world_->now();
    const DbAnswer answer = ask(DbPlace::hangs, 200ms);
    const Duration taken = world_->now() - before;
    ASSERT_TRUE(answer.failure);
    EXPECT_EQ(to_string(answer.failure->code), to_string(ReasonCode::timeout));
    EXPECT_NE(answer.failure->phase, Phase::none);
    EXPECT_GE(taken, 200ms);
    EXPECT_LT(taken, 2s);
    EXPECT_GE(answer.timings.total, 190ms);  // which begins a little after ours
    document("accepts and is silent", answer);
}

TEST_P(DbClientContract, HasTheTotalOfAllPhases) {
    const Timings timings = ask(DbPlace::answers).timings;
    EXPECT_GT(timings.total, Duration::zero());
    EXPECT_LE(timings.dns + timings.connect + timings.tls + timings.login + timings.ttfb +
                  timings.transfer,
              timings.total);
}

TEST_P(DbClientContract, CompletesSoonWithSomeFailureWhenCancelled) {
    const MonoTime before = world_->now();
    const DbAnswer answer =
        world_->ask_cancelled(request(world_->target(DbPlace::hangs), world_->now() + 1h));
    EXPECT_TRUE(answer.failure);
    EXPECT_LT(world_->now() - before, 1min);
}

INSTANTIATE_TEST_SUITE_P(, DbClientContract,
                         ::testing::Values(DbWorldFactory{"postgresql", &make_pg_world},
                                           DbWorldFactory{"mariadb", &make_mariadb_world},
                                           DbWorldFactory{"mysql", &make_mysql_world},
                                           DbWorldFactory{"sqlserver", &make_tds_world},
                                           DbWorldFactory{"odbc", &make_psqlodbc_world},
                                           DbWorldFactory{"sim", &make_sim_db_world}),
                         [](const auto& one) { return std::string(one.param.name); });

/// What those promise that have a server to talk to.
class DbServerContract : public ::testing::TestWithParam<DbServerFactory> {
protected:
    DbRequest question(DbQuestion question, Duration within = 20s) {
        DbTarget target = world_->target(DbPlace::answers);
        target.query = world_->sql(question);
        return request(std::move(target), world_->now() + within);
    }

    void document(const std::string& fault, const DbAnswer& answer) {
        expect_documented(document_name(GetParam().name), fault, brief(answer));
    }

    DbAnswer ask(DbQuestion what, Duration within = 20s) {
        return world_->ask(question(what, within));
    }

    DbAnswer ask(DbTarget target, Duration within = 20s) {
        return world_->ask(request(std::move(target), world_->now() + within));
    }

    std::unique_ptr<DbServerWorld> world_ = GetParam().make();
};

TEST_P(DbServerContract, ReadsTheFirstValueAndCountsTheRows) {
    struct Case {
        DbQuestion question;
        std::uint64_t rows;
        std::optional<std::string> value;
    };
    const Case cases[] = {
        {DbQuestion::text, 1, "vigía ☂"},
        {DbQuestion::null, 1, std::nullopt},
        {DbQuestion::no_rows, 0, std::nullopt},
        {DbQuestion::three_rows, 3, "1"},
    };
    for (const Case& one : cases) {
        const DbAnswer answer = ask(one.question);
        ASSERT_FALSE(answer.failure) << static_cast<int>(one.question) << answer.failure->detail;
        EXPECT_EQ(answer.result.rows, one.rows) << static_cast<int>(one.question);
        EXPECT_EQ(answer.result.value, one.value) << static_cast<int>(one.question);
    }
}

TEST_P(DbServerContract, ReadsNoMoreThanTheLimits) {
    const DbAnswer rows = ask(DbQuestion::endless_rows);
    ASSERT_FALSE(rows.failure) << rows.failure->detail;
    EXPECT_EQ(rows.result.rows, kMaxDbRows);
    EXPECT_EQ(rows.result.value, "1");

    const DbAnswer bytes = ask(DbQuestion::wide_rows);
    ASSERT_FALSE(bytes.failure) << bytes.failure->detail;
    EXPECT_GE(bytes.result.rows, 1U);
    EXPECT_LE(bytes.result.rows, 16U);
    ASSERT_TRUE(bytes.result.value);
    EXPECT_LE(bytes.result.value->size(), kMaxDbValue);
    constexpr std::size_t kLongestOfTds = 4000;
    EXPECT_GE(bytes.result.value->size(), kLongestOfTds);
    EXPECT_EQ(bytes.result.value->find_first_not_of('x'), std::string::npos);

    const DbAnswer gigabyte = ask(DbQuestion::gigabyte);
    EXPECT_LE(gigabyte.result.rows, kMaxDbBytes / 4000 + 1);
    document("a result of a gigabyte", gigabyte);
    EXPECT_TRUE(world_->within(5s, [this] { return world_->connections() == 0; }));
}

TEST_P(DbServerContract, TellsWhatTheServerRefuses) {
    DbTarget stranger = world_->target(DbPlace::answers);
    stranger.password = Secret("not the canary");
    const DbAnswer login = ask(stranger);
    EXPECT_EQ(brief(login), "login login_failed");
    ASSERT_TRUE(login.failure);
    EXPECT_EQ(login.failure->detail.find("canary"), std::string::npos) << login.failure->detail;
    EXPECT_NE(login.failure->detail.find(": "), std::string::npos) << login.failure->detail;

    DbTarget elsewhere = world_->target(DbPlace::answers);
    elsewhere.database = "absent";
    const DbAnswer database = ask(elsewhere);
    EXPECT_EQ(brief(database), "login no_such_database");

    const DbAnswer forbidden = ask(DbQuestion::forbidden);
    EXPECT_EQ(brief(forbidden), "query permission_denied");
    const DbAnswer mistake = ask(DbQuestion::mistake);
    EXPECT_EQ(brief(mistake), "query query_failed");
    document("wrong password", login);
    document("no such database", database);
    document("no permission for the table", forbidden);
    document("no such table", mistake);
}

TEST_P(DbServerContract, WritesNothing) {
    const DbAnswer written = ask(DbQuestion::writes);
    ASSERT_TRUE(written.failure);
    EXPECT_EQ(to_string(written.failure->code), "query_not_reading") << written.failure->detail;
    for (const DbQuestion question : {DbQuestion::two_statements, DbQuestion::escapes}) {
        const DbAnswer answer = ask(question);
        ASSERT_TRUE(answer.failure);
        EXPECT_TRUE(answer.failure->code == ReasonCode::query_not_reading ||
                    answer.failure->code == ReasonCode::query_failed)
            << to_string(answer.failure->code);
    }
    document("a statement that writes", written);
    document("two statements", ask(DbQuestion::two_statements));
    EXPECT_FALSE(world_->written());
}

TEST_P(DbServerContract, EndsAStatementThatSleepsPastTheDeadline) {
    const MonoTime before = world_->now();
    const DbAnswer answer = ask(DbQuestion::sleeps, 700ms);
    const Duration taken = world_->now() - before;
    ASSERT_TRUE(answer.failure);
    EXPECT_EQ(to_string(answer.failure->code), "timeout") << answer.failure->detail;
    EXPECT_EQ(to_string(answer.failure->phase), "query");
    document("a query that sleeps past the deadline", answer);
    EXPECT_LT(taken, 2s);
    EXPECT_TRUE(world_->within(1s, [this] { return world_->running() == 0; }));
}

TEST_P(DbServerContract, EndsAStatementWhoseQuestionIsCancelled) {
    const DbAnswer answer = world_->ask_cancelled_when(question(DbQuestion::sleeps, 1h),
                                                       [this] { return world_->running() == 1; });
    ASSERT_TRUE(answer.failure);
    EXPECT_TRUE(world_->within(1s, [this] { return world_->running() == 0; }));
}

TEST_P(DbServerContract, LeavesNoConnectionBehind) {
    std::vector<DbRequest> requests;
    for (int i = 0; i < 50; ++i) {
        DbTarget target = world_->target(DbPlace::answers);
        if (i % 2 == 1) target.query = world_->sql(DbQuestion::three_rows);
        requests.push_back(request(std::move(target), world_->now() + 20s));
    }
    for (const DbAnswer& answer : world_->ask_all(std::move(requests))) {
        EXPECT_FALSE(answer.failure) << answer.failure->detail;
        document("50 questions at once", answer);
    }
    EXPECT_TRUE(world_->within(5s, [this] { return world_->connections() == 0; }));
}

TEST_P(DbServerContract, TellsOfAServerThatStopsAndOfItsReturn) {
    const DbTarget target = world_->target(DbPlace::answers);
    EXPECT_EQ(brief(ask(target)), "good");
    world_->stop();
    const DbAnswer stopped = ask(target);
    world_->start();
    const DbAnswer started = ask(target);
    EXPECT_EQ(brief(stopped), "connect connection_refused");
    EXPECT_EQ(brief(started), "good");
    document("stopped", stopped);
    document("started again", started);
}

TEST_P(DbServerContract, TellsThatThereIsNoWay) {
    DbTarget target = world_->target(DbPlace::answers);
    target.host = "255.255.255.255";  // no packet ever leaves for it
    const DbAnswer answer = ask(target, 2s);
    EXPECT_EQ(brief(answer), "connect network_unreachable");
    document("unreachable", answer);
}

TEST_P(DbServerContract, KnowsItsOwnLackOfDescriptors) {
    const DbTarget target = world_->target(DbPlace::answers);
    EXPECT_EQ(brief(ask(target)), "good");  // what is opened once is open
    const DbAnswer answer = without_descriptors([&] { return ask(target); });
    EXPECT_EQ(brief(answer), "connect no_descriptors");
    document("out of descriptors", answer);
    EXPECT_EQ(brief(ask(target)), "good");
}

INSTANTIATE_TEST_SUITE_P(, DbServerContract,
                         ::testing::Values(DbServerFactory{"postgresql", &make_pg_world},
                                           DbServerFactory{"mariadb", &make_mariadb_world},
                                           DbServerFactory{"mysql", &make_mysql_world},
                                           DbServerFactory{"sqlserver", &make_tds_world},
                                           DbServerFactory{"odbc", &make_psqlodbc_world}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace vigia::test
