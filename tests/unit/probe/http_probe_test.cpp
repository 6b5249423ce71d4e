#include "probe/http_probe.hpp"

#include "probe/hide_secrets.hpp"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace vigia {
namespace {

HttpExchange answer(int status, std::string body = {}) {
    HttpExchange exchange;
    exchange.status = status;
    exchange.body = std::move(body);
    return exchange;
}

HttpExchange broken(ReasonCode code) {
    HttpExchange exchange;
    exchange.failure = Reason{};
    exchange.failure->code = code;
    return exchange;
}

TEST(HttpProbe, IsUpExactlyWithAnExpectedStatus) {
    HttpTarget target;
    target.expected_status = {{200, 299}, {304, 304}};
    for (const auto& [status, expected] :
         std::vector<std::pair<int, Outcome>>{{199, Outcome::down},
                                              {200, Outcome::up},
                                              {204, Outcome::up},
                                              {299, Outcome::up},
                                              {300, Outcome::down},
                                              {304, Outcome::up},
                                              {503, Outcome::down}}) {
        const ProbeResult result = judge(target, answer(status));
        EXPECT_EQ(result.outcome, expected) << status;
        EXPECT_EQ(result.http_status, status);
        if (expected == Outcome::down) {
            EXPECT_EQ(result.reason.code, ReasonCode::unexpected_status);
            EXPECT_EQ(result.reason.value, status);
            EXPECT_EQ(result.reason.phase, Phase::status);
        }
    }
}

TEST(HttpProbe, TellsOurOwnFaultFromTheTargets) {
    for (int value = 1; value <= static_cast<int>(ReasonCode::internal); ++value) {
        const auto code = static_cast<ReasonCode>(value);
        EXPECT_EQ(judge(HttpTarget{}, broken(code)).outcome,
                  is_own_fault(code) ? Outcome::unknown : Outcome::down)
            << to_string(code);
    }
}

TEST(HttpProbe, KeepsTheStartOfABadAnswerOnly) {
    EXPECT_EQ(judge(HttpTarget{}, answer(200, "fine")).evidence, "");
    EXPECT_EQ(judge(HttpTarget{}, answer(500, "broken")).evidence, "broken");
    EXPECT_EQ(judge(HttpTarget{}, answer(500, std::string(5000, 'x'))).evidence.size(),
              kMaxEvidence);
}

TEST(HttpProbe, KeepsTheHeadersOfABadAnswerWithoutItsCookies) {
    HttpTarget target;
    target.auth = BearerAuth{Secret("canary-token")};
    const auto headers_of = [&](int status, std::string headers) {
        HttpExchange exchange = answer(status, "");
        exchange.headers = std::move(headers);
        return judge(target, std::move(exchange)).headers;
    };
    EXPECT_EQ(headers_of(200, "HTTP/1.1 200 OK\r\n"), "");
    EXPECT_EQ(headers_of(
                  500,
                  "HTTP/1.1 500 Oh\r\nServer: nginx\r\nsEt-cOOkie: session=1\r\n"
                  "X-Echo: canary-token\r\nSet-Cookie2:b\r\n more=c\r\nVia: set-cookie: c\r\n\r\n"),
              "HTTP/1.1 500 Oh\r\nServer: nginx\r\nsEt-cOOkie: ***\r\n"
              "X-Echo: ***\r\nSet-Cookie2: ***\r\nVia: set-cookie: c\r\n\r\n");
    EXPECT_EQ(headers_of(500, "Set-Cookie: cut"), "Set-Cookie: ***");
    EXPECT_EQ(headers_of(500, std::string(5000, 'x')).size(), kMaxEvidence);
}

TEST(HttpProbe, ShowsNoSecretThatTheTargetEchoes) {
    HttpTarget target;
    target.auth = BasicAuth{"ana", Secret("canary-password")};
    target.headers.push_back({"Authorization", Secret("Token canary-token")});
    target.body = Secret("canary-body");
    target.proxy.password = Secret("canary-proxy");
    const std::string echo =
        "canary-password canary-token canary-body canary-proxy "
        "Basic YW5hOmNhbmFyeS1wYXNzd29yZA== end";  // base64 of ana:canary-password
    EXPECT_EQ(judge(target, answer(500, echo)).evidence, "*** *** *** *** Basic *** end");
}

TEST(HttpProbe, HidesASecretThatTheCutWouldHalve) {
    HttpTarget target;
    target.auth = BearerAuth{Secret("canary-token")};
    const std::string body = std::string(kMaxEvidence - 5, 'x') + "canary-token";
    EXPECT_EQ(judge(target, answer(500, body)).evidence.find("can"), std::string::npos);
}

TEST(HideSecrets, EncodesEveryPaddingOfBasic) {
    for (const auto& [password, encoded] : std::vector<std::pair<std::string, std::string>>{
             {"abcd", "dTphYmNk"}, {"abcde", "dTphYmNkZQ=="}, {"abcdef", "dTphYmNkZWY="}}) {
        HttpTarget target;
        target.auth = BasicAuth{"u", Secret(password)};
        EXPECT_EQ(hide_secrets("<" + encoded + ">", target), "<***>");
    }
}

TEST(HideSecrets, LeavesWhatIsTooShortToBeOne) {
    HttpTarget target;
    target.headers.push_back({"X-Version", Secret("1")});
    EXPECT_EQ(hide_secrets("error 1 of 11", target), "error 1 of 11");
}

}  // namespace
}  // namespace vigia
