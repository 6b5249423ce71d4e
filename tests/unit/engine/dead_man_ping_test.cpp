#include "engine/dead_man_ping.hpp"

#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace vigia {
namespace {

namespace asio = boost::asio;
using engine_test::Bench;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Somebody outside, who counts.
class Outside final : public HttpClient {
public:
    explicit Outside(Clock& clock) : clock_(clock) {}

    asio::awaitable<HttpExchange> fetch(HttpFetch request) override {
        urls.push_back(request.target->url);
        const bool in_time = co_await clock_.sleep_until(
            silent ? request.deadline : clock_.now().mono + std::chrono::milliseconds(20));
        HttpExchange exchange;
        exchange.status = status;
        if (silent || !in_time) {
            exchange.failure =
                Reason{Phase::first_byte, ReasonCode::timeout, 0, request.target->url};
            exchange.status = 0;
        }
        co_return exchange;
    }

    std::vector<std::string> urls;
    int status = 200;
    bool silent = false;

private:
    Clock& clock_;
};

class DeadManPingTest : public testing::Test {
protected:
    DeadManPingTest() { ping_.start(); }
    ~DeadManPingTest() override {
        bench_.tasks.spawn(ping_.stop());
        bench_.run_for(minutes(1));
    }
    void configure(const std::string& url, Duration interval = minutes(1)) {
        HealthSettings settings;
        settings.ping_url = Secret(url);
        settings.ping_interval = interval;
        ping_.configure(settings);
    }

    Bench bench_;
    Outside outside_{bench_.clock};
    Env env_{bench_.clock,    outside_,   bench_.db,  bench_.mailer,
             bench_.canaries, bench_.log, bench_.rng, bench_.env.host};
    bool well_ = true;
    DeadManPing ping_{bench_.io.get_executor(), env_, bench_.events, [this] { return well_; }};
};

constexpr const char* kUrl = "https://hc.sim/s3cr3t";

TEST_F(DeadManPingTest, PingsAtItsIntervalSoonAfterTheStart) {
    configure(kUrl);
    bench_.run_for(seconds(6));
    EXPECT_EQ(outside_.urls, std::vector<std::string>{kUrl});
    bench_.run_for(minutes(10));
    EXPECT_EQ(outside_.urls.size(), 11U);
    EXPECT_TRUE(bench_.lines.empty());
}

TEST_F(DeadManPingTest, NobodyIsAskedWithoutAnAddress) {
    bench_.run_for(hours(1));
    configure("");
    bench_.run_for(hours(1));
    EXPECT_TRUE(outside_.urls.empty());
}

TEST_F(DeadManPingTest, AMonitorThatIsNotWellFallsSilentAndSpeaksAgainSoonAfter) {
    configure(kUrl);
    bench_.run_for(minutes(3));
    const std::size_t before = outside_.urls.size();
    well_ = false;
    bench_.run_for(hours(1));
    EXPECT_EQ(outside_.urls.size(), before);
    well_ = true;
    bench_.run_for(DeadManPing::kSoon + seconds(1));
    EXPECT_EQ(outside_.urls.size(), before + 1);
}

TEST_F(DeadManPingTest, FailuresAreLoggedOncePerEpisodeWithoutTheAddress) {
    configure(kUrl);
    bench_.run_for(minutes(2));
    outside_.silent = true;
    bench_.run_for(minutes(10));
    outside_.silent = false;
    outside_.status = 500;
    bench_.run_for(minutes(10));
    outside_.status = 204;
    bench_.run_for(minutes(10));
    EXPECT_EQ(bench_.logged("WARNING The ping to the outside fails: no answer within the time"),
              1U);
    EXPECT_EQ(bench_.logged("INFO The ping to the outside works again"), 1U);
    EXPECT_EQ(bench_.lines.size(), 2U);
    EXPECT_EQ(bench_.logged("s3cr3t"), 0U);
}

TEST_F(DeadManPingTest, AReloadChangesWhereAndHowOften) {
    configure(kUrl);
    bench_.run_for(minutes(2));
    outside_.urls.clear();
    configure("https://other.sim/", seconds(10));
    bench_.run_for(minutes(1));
    EXPECT_EQ(outside_.urls, std::vector<std::string>(6, "https://other.sim/"));
}

TEST_F(DeadManPingTest, AStopCutsAPingOff) {
    outside_.silent = true;
    configure(kUrl);
    bench_.run_for(seconds(6));
    ASSERT_EQ(outside_.urls.size(), 1U);
    const std::size_t waiters = bench_.clock.waiters();
    bench_.tasks.spawn(ping_.stop());
    bench_.settle();
    EXPECT_LT(bench_.clock.waiters(), waiters);
    EXPECT_TRUE(bench_.lines.empty()) << "our own doing is no failure";
}

}  // namespace
}  // namespace vigia
