// OdbcClient with a driver that hangs.

#include "env/real/asio_clock.hpp"
#include "env/real/odbc_client.hpp"
#include "env/real/process.hpp"
#include "tests/contract/real_db.hpp"
#include "tests/support/fault_table.hpp"
#include "tests/support/run_awaitable.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr Duration kShort = 200ms;

/// The environment as main() has it, and the drivers of the tests, whatever this machine has;
/// unixODBC remembers where it read of them first, so this is for all tests of the process.
class Drivers final : public ::testing::Environment {
public:
    void SetUp() override {
        directory_.write("odbcinst.ini",
                         "[FreeTDS]\nDriver=libtdsodbc.so\n"
                         "[PostgreSQL Unicode]\nDriver=psqlodbcw.so\n"
                         "[Hanging]\nDriver=" VIGIA_HANGING_DRIVER "\n");
        ::setenv("ODBCSYSINI", directory_.path().c_str(), 1);
        prepare_environment();
    }

private:
    TemporaryDirectory directory_;
};

const ::testing::Environment* const kDrivers = ::testing::AddGlobalTestEnvironment(new Drivers);

class OdbcHanging : public ::testing::Test {
protected:
    OdbcHanging() { directory_.write("hangs", ""); }
    ~OdbcHanging() override { release(); }

    DbRequest request(const std::string& place, Duration within = kShort) {
        DbTarget target;
        target.kind = DbKind::odbc;
        target.driver = "Hanging";
        target.options = {{"APP", place}, {"WSID", directory_.file("hangs")}};
        DbRequest request;
        request.target = std::make_shared<const DbTarget>(std::move(target));
        request.deadline = clock_.now().mono + within;
        return request;
    }

    DbAnswer ask(OdbcClient& client, const std::string& place, Duration within = kShort) {
        return run(io_, client.ask(request(place, within)));
    }

    /// Every driver returns.
    void release() { std::filesystem::remove(directory_.file("hangs")); }

    bool within(Duration limit, const std::function<bool()>& condition) {
        const MonoTime end = clock_.now().mono + limit;
        while (!condition() && clock_.now().mono < end) {
            io_.restart();
            run(io_, clock_.sleep_until(clock_.now().mono + 5ms));
        }
        return condition();
    }

    TemporaryDirectory directory_;
    asio::io_context io_{1};
    AsioClock clock_{io_};
};

OdbcOptions limits(std::size_t workers, std::size_t max_hanging) {
    OdbcOptions options;
    options.workers = workers;
    options.max_hanging = max_hanging;
    return options;
}

TEST_F(OdbcHanging, AnswersWhereTheDriverDoesNotHang) {
    OdbcClient client(io_, clock_, limits(1, 1));
    const DbAnswer answer = ask(client, "nowhere", 10s);
    ASSERT_EQ(brief(answer), "good") << answer.failure->detail;
    EXPECT_EQ(answer.result.value, "1");
    EXPECT_EQ(answer.server_version, "Hanging 03.00");
    const DbAnswer refused = ask(client, "refuse", 10s);
    EXPECT_EQ(brief(refused), "login login_failed");
    EXPECT_EQ(refused.failure->detail, "28000: not you");
}

TEST_F(OdbcHanging, IsATimeoutInThePhaseWhereItHangs) {
    OdbcClient client(io_, clock_, limits(2, 8));
    for (const auto& [place, expected] :
         {std::pair("connect", "connect timeout"), std::pair("execute", "query timeout"),
          std::pair("fetch", "query timeout"), std::pair("disconnect", "query timeout")}) {
        const MonoTime before = clock_.now().mono;
        EXPECT_EQ(brief(ask(client, place)), expected) << place;
        EXPECT_LT(clock_.now().mono - before, 2s) << place;
    }
    EXPECT_EQ(brief(ask(client, "nowhere", 10s)), "good");
    release();
    EXPECT_TRUE(within(10s, [&client] { return client.hanging() == 0; }));
}

TEST_F(OdbcHanging, TakesOneWorkerAndNoMoreThanTheBound) {
    OdbcClient client(io_, clock_, limits(2, 3));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(brief(ask(client, "connect")), "connect timeout") << i;
    // Three beside the two workers, and one of those: one is left.
    EXPECT_EQ(client.hanging(), 4U);
    EXPECT_EQ(brief(ask(client, "nowhere", 10s)), "good");
    EXPECT_EQ(brief(ask(client, "connect")), "connect timeout");
    const MonoTime before = clock_.now().mono;
    const DbAnswer without_room = ask(client, "nowhere", 10s);
    EXPECT_EQ(brief(without_room), "none no_driver_room");
    EXPECT_LT(clock_.now().mono - before, 1s);
    expect_documented("ODBC", "no driver room", brief(without_room));

    release();
    EXPECT_TRUE(within(10s, [&client] { return client.hanging() == 0; }));
    EXPECT_EQ(brief(ask(client, "nowhere", 10s)), "good");
}

TEST_F(OdbcHanging, WaitingForAWorkerIsNoTimeoutOfTheTarget) {
    OdbcClient client(io_, clock_, limits(1, 8));
    std::vector<std::string> answers;
    const auto note = [&answers](std::exception_ptr, const DbAnswer& answer) {
        answers.push_back(brief(answer));
    };
    asio::co_spawn(io_, client.ask(request("connect", 10s)), note);
    asio::co_spawn(io_, client.ask(request("nowhere")), note);
    run_until(io_, [&answers] { return !answers.empty(); });
    EXPECT_EQ(answers, (std::vector<std::string>{"none no_driver_room"}));
    release();
    run_until(io_, [&answers] { return answers.size() == 2; });
    EXPECT_EQ(answers.back(), "good");
}

TEST_F(OdbcHanging, WhatBeganLateBehindAnotherIsNoTimeoutOfTheTargetEither) {
    OdbcClient client(io_, clock_, limits(1, 8));
    std::vector<std::string> answers;
    const auto note = [&answers](std::exception_ptr, const DbAnswer& answer) {
        answers.push_back(brief(answer));
    };
    // The second gets its worker when the first is given up, with little of its own time left.
    asio::co_spawn(io_, client.ask(request("connect", 800ms)), note);
    asio::co_spawn(io_, client.ask(request("execute", 1s)), note);
    run_until(io_, [&answers] { return answers.size() == 2; });
    EXPECT_EQ(answers, (std::vector<std::string>{"connect timeout", "none no_driver_room"}));
}

TEST_F(OdbcHanging, OutlivesItsClientWithoutHoldingItUp) {
    auto client = std::make_unique<OdbcClient>(io_, clock_, limits(2, 2));
    EXPECT_EQ(brief(ask(*client, "connect")), "connect timeout");
    EXPECT_EQ(brief(ask(*client, "execute")), "query timeout");
    const MonoTime before = clock_.now().mono;
    client.reset();
    EXPECT_LT(clock_.now().mono - before, 5s);
}

/// Looks, as a monitor does, every 100 ms; notes by how much it was late.
asio::awaitable<void> beat(Clock& clock, MonoTime end, Duration phase,
                           std::vector<Duration>& late) {
    MonoTime due = clock.now().mono + phase;
    while (due < end) {
        co_await clock.sleep_until(due);
        late.push_back(clock.now().mono - due);
        due += 100ms;
    }
}

TEST_F(OdbcHanging, LeavesTheScheduleOfOthersAlone) {
    OdbcClient client(io_, clock_, limits(8, 32));
    const MonoTime end = clock_.now().mono + 2s;
    std::vector<Duration> late;
    constexpr int kMonitors = 1000;
    int ended = 0;
    for (int i = 0; i < kMonitors; ++i) {
        asio::co_spawn(io_, beat(clock_, end, i * 100us, late),
                       [&ended](std::exception_ptr) { ++ended; });
    }
    int hung = 0;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(io_, client.ask(request(i % 2 == 0 ? "connect" : "execute", 1s)),
                       [&hung](std::exception_ptr, const DbAnswer&) { ++hung; });
    }
    run_until(io_, [&] { return ended == kMonitors && hung == 20; });
    ASSERT_GE(late.size(), std::size_t{kMonitors} * 19);
    std::ranges::sort(late);
    RecordProperty("p99_us", static_cast<int>(late[late.size() * 99 / 100] / 1us));
    RecordProperty("max_us", static_cast<int>(late.back() / 1us));
    // A loop that waited for a driver would be late by a second.
    EXPECT_LT(late.back(), 900ms);
}

}  // namespace
}  // namespace vigia::test
