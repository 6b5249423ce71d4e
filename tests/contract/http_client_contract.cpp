// What every HttpClient promises, whoever implements it.

#include "tests/contract/http_world.hpp"
#include "tests/contract/real_http.hpp"
#include "tests/contract/sim_worlds.hpp"

#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;

class HttpClientContract : public ::testing::TestWithParam<HttpWorldFactory> {
protected:
    HttpFetch request(Site site, Duration within = 10s) {
        auto target = std::make_shared<HttpTarget>();
        target->url = world_->url(site);
        HttpFetch fetch;
        fetch.target = std::move(target);
        fetch.deadline = world_->now() + within;
        return fetch;
    }

    HttpExchange fetch(Site site, Duration within = 10s) {
        return world_->fetch(request(site, within));
    }

    std::unique_ptr<HttpWorld> world_ = GetParam().make();
};

TEST_P(HttpClientContract, ReportsTheStatusOfACompleteAnswer) {
    const HttpExchange exchange = fetch(Site::answers);
    EXPECT_EQ(exchange.failure, std::nullopt);
    EXPECT_EQ(exchange.status, 200);
    EXPECT_EQ(exchange.redirects, 0);
    EXPECT_FALSE(exchange.remote_address.empty());
}

TEST_P(HttpClientContract, JudgesNoStatus) {
    const HttpExchange exchange = fetch(Site::answers_503);
    EXPECT_EQ(exchange.failure, std::nullopt);
    EXPECT_EQ(exchange.status, 503);
}

TEST_P(HttpClientContract, TellsTheReasonAndThePhaseOfAFailure) {
    struct Case {
        Site site;
        Phase phase;
        ReasonCode code;
    };
    const Case cases[] = {
        {Site::refuses, Phase::connect, ReasonCode::connection_refused},
        {Site::resets, Phase::first_byte, ReasonCode::connection_reset},
        {Site::truncates, Phase::body, ReasonCode::body_truncated},
        {Site::unknown_name, Phase::resolve, ReasonCode::name_not_found},
    };
    for (const Case& one : cases) {
        const HttpExchange exchange = fetch(one.site);
        ASSERT_TRUE(exchange.failure) << static_cast<int>(one.site);
        EXPECT_EQ(to_string(exchange.failure->code), to_string(one.code));
        EXPECT_EQ(to_string(exchange.failure->phase), to_string(one.phase));
    }
}

TEST_P(HttpClientContract, CompletesByTheDeadlineWithThePhaseThatHung) {
    const MonoTime before = world_->now();
    const HttpExchange exchange = fetch(Site::hangs, 200ms);
    const Duration taken = world_->now() - before;
    ASSERT_TRUE(exchange.failure);
    EXPECT_EQ(exchange.failure->code, ReasonCode::timeout);
    EXPECT_NE(exchange.failure->phase, Phase::none);
    EXPECT_EQ(exchange.status, 0);
    EXPECT_GE(taken, 200ms);
    EXPECT_GE(exchange.timings.total, 190ms);  // which begins a little after ours
}

TEST_P(HttpClientContract, HasTheTotalOfAllPhases) {
    const Timings timings = fetch(Site::answers).timings;
    EXPECT_GT(timings.total, Duration::zero());
    EXPECT_LE(timings.dns + timings.connect + timings.tls + timings.ttfb + timings.transfer,
              timings.total);
}

TEST_P(HttpClientContract, CompletesSoonWithSomeFailureWhenCancelled) {
    const MonoTime before = world_->now();
    const HttpExchange exchange = world_->fetch_cancelled(request(Site::hangs, 1h));
    EXPECT_TRUE(exchange.failure);
    EXPECT_LT(world_->now() - before, 1min);
}

INSTANTIATE_TEST_SUITE_P(, HttpClientContract,
                         ::testing::Values(HttpWorldFactory{"libcurl", &make_real_http_world},
                                           HttpWorldFactory{"sim", &make_sim_http_world}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace vigia::test
