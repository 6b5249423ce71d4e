#include "tests/unit/config/reading.hpp"

namespace vigia {
namespace {

using namespace std::chrono_literals;
using testing::expect_mistakes;
using testing::FakeSources;
using testing::good;
using testing::http;
using testing::in_website;
using testing::website;

TEST(Website, HasAShortForm) {
    const Config config = good(R"({"websites": {"Web uno": "https://www.direccionwebuno.com"},
                                   "monitor_settings": {"timeout": 2}})");
    ASSERT_EQ(config.monitors.size(), 1U);
    const Monitor& monitor = *config.monitors[0];
    EXPECT_EQ(monitor.name, "Web uno");
    EXPECT_EQ(monitor.id.str(), "site-web-uno");
    EXPECT_EQ(monitor.category, MonitorCategory::website);
    EXPECT_TRUE(monitor.enabled);
    EXPECT_EQ(monitor.policy.timeout, 2s);
    HttpTarget expected;
    expected.url = "https://www.direccionwebuno.com";
    EXPECT_EQ(http(monitor), expected);
}

TEST(Website, HasALongFormWithTheSameDefaults) {
    const Monitor monitor = website(R"("_": 0)");
    HttpTarget expected;
    expected.url = "https://x.example";
    EXPECT_EQ(http(monitor), expected);
    EXPECT_EQ(monitor.policy, Policy{});
}

TEST(Website, ReadsEveryKey) {
    FakeSources world;
    world.files = {{"/etc/vigia/ca", ""}, {"/etc/vigia/c", ""}, {"/k", ""}};
    const Config config = good(R"({"websites": {"Shop": {
        "url": "https://shop.example/a", "method": "POST",
        "headers": {"X-A": "1", "_odd": "", "$x": "t\tab"}, "body": "{}",
        "auth": {"bearer": "tok.en"}, "expected_status": [204, "3xx"], "follow_redirects": false,
        "proxy": "http://u:p@proxy:3128/",
        "tls": {"verify": false, "ca_file": "ca", "server_name": "other.example",
                "cert_file": "c", "key_file": "/k"},
        "check_interval": 5, "retry_attempts": 1, "retry_delay": "1s", "alert_threshold": 9,
        "recovery_threshold": 8, "alert_repeat_interval": 0, "timeout": 0.5,
        "enabled": false, "id": "Shop.1", "tags": ["a", "b", "a"], "group": "G",
        "description": "D"}}})",
                               world);
    EXPECT_TRUE(config.warnings.empty()) << testing::shown(config.warnings);
    const Monitor& m = *config.monitors.at(0);
    EXPECT_EQ(m.id.str(), "Shop.1");
    EXPECT_FALSE(m.enabled);
    EXPECT_EQ(config.enabled_monitors(), 0U);
    EXPECT_EQ(m.tags, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(m.group, "G");
    EXPECT_EQ(m.description, "D");
    EXPECT_EQ(m.policy, (Policy{5s, 1, 1s, 9, 8, 0s, 500ms}));
    HttpTarget t;
    t.url = "https://shop.example/a";
    t.method = "POST";
    t.headers = {{"X-A", Secret("1")}, {"_odd", Secret("")}, {"$x", Secret("t\tab")}};
    t.body = Secret("{}");
    t.auth = BearerAuth{Secret("tok.en")};
    t.expected_status = {{204, 204}, {300, 399}};
    t.follow_redirects = false;
    t.proxy = {"http://proxy:3128", "u", Secret("p")};
    t.tls = {false, "/etc/vigia/ca", "other.example", "/etc/vigia/c", "/k"};
    EXPECT_EQ(http(m), t);
}

TEST(Website, OverridesTheDefaultsKeyByKey) {
    const Config config = good(R"({"monitor_settings": {"timeout": 3, "retry_attempts": 5},
        "websites": {"W": {"url": "http://x", "timeout": 1}}})");
    EXPECT_EQ(config.monitors.at(0)->policy.timeout, 1s);
    EXPECT_EQ(config.monitors.at(0)->policy.retry_attempts, 5);
}

TEST(Website, FindsTheDefaultsEvenWhenTheyComeLater) {
    const Config config = good(R"({"websites": {"W": "http://x"},
                                   "monitor_settings": {"timeout": 3}})");
    EXPECT_EQ(config.monitors.at(0)->policy.timeout, 3s);
}

TEST(Website, MovesTheUserOfTheUrlIntoTheAuthentication) {
    const Config config = good(R"({"websites": {"W": "https://u:p%40ss@x.example/a#part"}})");
    const HttpTarget& target = http(*config.monitors.at(0));
    EXPECT_EQ(target.url, "https://x.example/a");
    EXPECT_EQ(std::get<BasicAuth>(target.auth), (BasicAuth{"u", Secret("p@ss")}));
}

TEST(Website, ReadsAuthenticationInEachForm) {
    FakeSources world;
    world.files = {{"/p", "from file\n"}, {"/t", "token\n"}};
    const auto auth = [&world](const std::string& value) {
        return http(website("\"auth\": " + value, world)).auth;
    };
    EXPECT_EQ(auth(R"({"basic": {"user": "u", "password": "p"}})"),
              HttpAuth(BasicAuth{"u", Secret("p")}));
    EXPECT_EQ(auth(R"({"basic": {"user": "u", "password": ""}})"),
              HttpAuth(BasicAuth{"u", Secret("")}));
    EXPECT_EQ(auth(R"({"basic": {"user": "u", "password_file": "/p"}})"),
              HttpAuth(BasicAuth{"u", Secret("from file")}));
    EXPECT_EQ(auth(R"({"bearer": "token"})"), HttpAuth(BearerAuth{Secret("token")}));
    EXPECT_EQ(auth(R"({"bearer_file": "/t"})"), HttpAuth(BearerAuth{Secret("token")}));
}

TEST(Website, ReadsBodyHeadersAndProxyFromFiles) {
    FakeSources world;
    world.files = {{"/b", "{\n}\n"}, {"/h", "key\n"}, {"/p", "http://proxy:1\n"}};
    const HttpTarget target = http(website(
        R"("body_file": "/b", "headers_file": {"X-Key": "/h"}, "proxy_file": "/p")", world));
    EXPECT_EQ(target.body, Secret("{\n}"));
    EXPECT_EQ(target.headers, (std::vector<RequestHeader>{{"X-Key", Secret("key")}}));
    EXPECT_EQ(target.proxy.url, "http://proxy:1");
}

TEST(Website, ReadsExpectedStatusInEachForm) {
    using Ranges = std::vector<StatusRange>;
    const auto status = [](const std::string& value) {
        return http(website("\"expected_status\": " + value)).expected_status;
    };
    EXPECT_EQ(status("404"), (Ranges{{404, 404}}));
    EXPECT_EQ(status("\"2xx\""), (Ranges{{200, 299}}));
    EXPECT_EQ(status("\"200-204\""), (Ranges{{200, 204}}));
    EXPECT_EQ(status("[200, \"3xx\", \"401-403\", 999]"),
              (Ranges{{200, 200}, {300, 399}, {401, 403}, {999, 999}}));
}

TEST(Website, ReadsTheProxyInEachForm) {
    const auto proxy = [](const std::string& value, const FakeSources& world = {}) {
        return http(website("\"proxy\": \"" + value + "\"", world)).proxy;
    };
    EXPECT_EQ(proxy(""), Proxy{});
    EXPECT_EQ(proxy("http://p:3128"), (Proxy{"http://p:3128", "", Secret()}));
    EXPECT_EQ(proxy("socks5h://u:%3A@[::1]:1"), (Proxy{"socks5h://[::1]:1", "u", Secret(":")}));
    EXPECT_EQ(proxy("env"), Proxy{}) << "nothing in the environment";
    FakeSources world;
    world.variables = {{"https_proxy", "u:secret@p:8"}};
    EXPECT_EQ(proxy("env", world), (Proxy{"http://p:8", "u", Secret("secret")}));
    world.variables["no_proxy"] = ".example";
    EXPECT_EQ(proxy("env", world), Proxy{});
}

TEST(Website, UsesTheEnvironmentsProxyOnlyWhenAsked) {
    FakeSources world;
    world.variables = {{"https_proxy", "http://p:8"}, {"all_proxy", "http://p:8"}};
    EXPECT_EQ(http(website(R"("_": 0)", world)).proxy, Proxy{});
}

TEST(Website, WarnsAboutFilesThatCannotBeRead) {
    const Config config = good(R"({"language": "en", "websites": {"W": {"url": "https://x",
"tls": {"ca_file": "ca.pem"}}}})");
    ASSERT_EQ(config.warnings.size(), 1U);
    EXPECT_EQ(format_problem("f", config.warnings[0]),
              "f:2:20: /websites/W/tls/ca_file: the file cannot be read at present");
}

TEST(Website, RefusesWrongForms) {
    expect_mistakes(in_website({
        {"number", "5", 1, 1, "", "expected a URL or an object with a \"url\", found a number"},
        {"null", "null", 1, 1, "", "found null"},
        {"list", "[]", 1, 1, "", "found a list"},
        {"no url", R"({"timeout": 1})", 1, 1, "", "the required key \"url\" is missing"},
        {"no scheme", "\"www.example.com\"", 1, 1, "", "must begin with a scheme"},
        {"scheme", "\"ftp://x\"", 1, 1, "", "allowed are http, https"},
        {"long form", R"({"url": "file:///etc/passwd"})", 1, 9, "/url", "allowed are http, https"},
        {"empty", "\"\"", 1, 1, "", "must begin with a scheme"},
        {"no host", "\"https://\"", 1, 1, "", "no host"},
        {"port", "\"https://x:99999\"", 1, 1, "", "port"},
        {"space", "\"https://x/a b\"", 1, 1, "", "%20"},
        {"injection", R"("https://x/\r\nHost: y")", 1, 1, "", "control characters"},
        {"user", "\"https://u%:p@x\"", 1, 1, "", "percent-encoded"},
        {"unknown key", R"({"url": "https://x", "expected_statuses": 1})", 1, 22,
         "/expected_statuses", "did you mean \"expected_status\"?"},
        {"conditions", R"({"url": "https://x", "conditions": []})", 1, 22, "/conditions",
         "\"conditions\" are not available in this version"},
        {"user twice", R"({"url": "https://u:p@x", "auth": {"bearer": "t"}})", 1, 9, "/url",
         "keep one"},
    }));
}

TEST(Website, RefusesWrongRequests) {
    const auto with = [](const std::string& member) {
        return R"({"url": "https://x", )" + member + "}";
    };
    expect_mistakes(in_website({
        {"small letters", with(R"("method": "get")"), 1, 32, "/method", "in capitals"},
        {"empty method", with(R"("method": "")"), 1, 32, "/method", "in capitals"},
        {"injected method", with(R"("method": "GET /\r\n")"), 1, 32, "/method", "in capitals"},
        {"CONNECT", with(R"("method": "CONNECT")"), 1, 32, "/method", "proxies only"},
        {"headers", with(R"("headers": [])"), 1, 33, "/headers", "expected an object"},
        {"header value", with(R"("headers": {"A": 1})"), 1, 39, "/headers/A", "found a number"},
        {"header name", with(R"("headers": {"A B": ""})"), 1, 34, "/headers/A B",
         "not a header name"},
        {"empty header name", with(R"("headers": {"": ""})"), 1, 34, "/headers/",
         "not a header name"},
        {"injected header", with(R"("headers": {"A": "x\r\nB: y"})"), 1, 39, "/headers/A",
         "line breaks"},
        {"NUL header", with(R"("headers": {"A": "\u0000"})"), 1, 39, "/headers/A",
         "control characters"},
        {"header twice", with(R"("headers": {"Accept": "", "accept": ""})"), 1, 48,
         "/headers/accept", "twice"},
        {"header file", with(R"("headers_file": {"A": "/none"})"), 1, 44, "/headers_file/A",
         "cannot read the file \"/none\""},
        {"authorized twice", with(R"("headers": {"authorization": "x"}, "auth": {"bearer": "t"})"),
         1, 34, "/headers/authorization", "exclude each other"},
        {"body", with(R"("body": {})"), 1, 30, "/body", "expected a string"},
        {"body twice", with(R"("body": "", "body_file": "x")"), 1, 34, "/body_file",
         "exclude each other"},
        {"redirects", with(R"("follow_redirects": 1)"), 1, 42, "/follow_redirects",
         "true or false"},
    }));
}

TEST(Website, RefusesWrongAuthentication) {
    const auto with = [](const std::string& value) {
        return R"({"url": "https://x", "auth": )" + value + "}";
    };
    expect_mistakes(in_website({
        {"text", with("\"u:p\""), 1, 30, "/auth", "expected an object"},
        {"none", with("{}"), 1, 30, "/auth", "exactly one"},
        {"two", with(R"({"basic": {"user": "u", "password": "p"}, "bearer": "t"})"), 1, 30, "/auth",
         "exactly one"},
        {"no user", with(R"({"basic": {"password": "p"}})"), 1, 40, "/auth/basic", "\"user\""},
        {"no password", with(R"({"basic": {"user": "u"}})"), 1, 40, "/auth/basic", "\"password\""},
        {"colon", with(R"({"basic": {"user": "a:b", "password": "p"}})"), 1, 49, "/auth/basic/user",
         "colon"},
        {"line break", with(R"({"basic": {"user": "u", "password": "a\nb"}})"), 1, 66,
         "/auth/basic/password", "line breaks"},
        {"two passwords", with(R"({"basic": {"user": "u", "password": "", "password_file": ""}})"),
         1, 70, "/auth/basic/password_file", "exclude each other"},
        {"no file", with(R"({"basic": {"user": "u", "password_file": "x"}})"), 1, 71,
         "/auth/basic/password_file", "cannot read"},
        {"empty token", with(R"({"bearer": ""})"), 1, 41, "/auth/bearer", "cannot be empty"},
        {"spaced token", with(R"({"bearer": "a b"})"), 1, 41, "/auth/bearer", "spaces"},
        {"token with a line break", with(R"({"bearer": "a\r\nX: y"})"), 1, 41, "/auth/bearer",
         "line breaks"},
        {"unknown", with(R"({"bearer": "t", "digest": {}})"), 1, 46, "/auth/digest", "unknown key"},
    }));
}

TEST(Website, RefusesWrongStatuses) {
    const auto with = [](const std::string& value) {
        return R"({"url": "https://x", "expected_status": )" + value + "}";
    };
    std::vector<testing::Mistake> rows = {
        {"empty list", with("[]"), 1, 41, "/expected_status", "the list is empty"},
        {"low", with("99"), 1, 41, "/expected_status", "from 100 to 999"},
        {"high", with("1000"), 1, 41, "/expected_status", "from 100 to 999"},
        {"fraction", with("200.5"), 1, 41, "/expected_status", "whole number"},
        {"boolean", with("true"), 1, 41, "/expected_status", "expected a status such as 200"},
        {"in a list", with("[200, \"x\"]"), 1, 47, "/expected_status/1", "not a status"},
        {"nested", with("[[200]]"), 1, 42, "/expected_status/0", "found a list"},
    };
    for (const char* text : {"", "200", "2XX", "0xx", "2x", "xxx", "299-200", "099-200", "200-1000",
                             "200..299", "200 - 299", "-200-299", "200-299x"}) {
        rows.push_back({text, with("\"" + std::string(text) + "\""), 1, 41, "/expected_status",
                        "not a status"});
    }
    expect_mistakes(in_website(rows));
}

TEST(Website, RefusesWrongProxiesAndTls) {
    const auto with = [](const std::string& member) {
        return R"({"url": "https://x", )" + member + "}";
    };
    expect_mistakes(in_website({
        {"no scheme", with(R"("proxy": "proxy:3128")"), 1, 31, "/proxy", "scheme"},
        {"scheme", with(R"("proxy": "ftp://p")"), 1, 31, "/proxy",
         "allowed are http, https, socks5, socks5h"},
        {"path", with(R"("proxy": "http://p/path")"), 1, 31, "/proxy", "host and port"},
        {"TLS", with(R"("tls": false)"), 1, 29, "/tls", "expected an object"},
        {"verify", with(R"("tls": {"verify": "no"})"), 1, 40, "/tls/verify", "true or false"},
        {"server name", with(R"("tls": {"server_name": "a b"})"), 1, 45, "/tls/server_name",
         "host name"},
        {"TLS key", with(R"("tls": {"ca": "x"})"), 1, 30, "/tls/ca", "unknown key"},
    }));
    FakeSources world;
    world.files = {{"/k", ""}};
    world.variables = {{"all_proxy", "gopher://p"}};
    expect_mistakes(in_website({
                        {"key alone", with(R"("tls": {"key_file": "/k"})"), 1, 42, "/tls/key_file",
                         "add \"cert_file\""},
                        {"environment", with(R"("proxy": "env")"), 1, 31, "/proxy",
                         "the environment's proxy is not a valid URL"},
                    }),
                    world);
}

TEST(Website, RefusesWrongCommonKeys) {
    const auto with = [](const std::string& member) {
        return R"({"url": "https://x", )" + member + "}";
    };
    expect_mistakes(in_website({
        {"enabled", with(R"("enabled": "no")"), 1, 33, "/enabled", "true or false"},
        {"id", with(R"("id": "a b")"), 1, 28, "/id", "not an id"},
        {"empty id", with(R"("id": "")"), 1, 28, "/id", "not an id"},
        {"tags", with(R"("tags": "a")"), 1, 30, "/tags", "a list of strings"},
        {"tag", with(R"("tags": ["a", 1])"), 1, 36, "/tags/1", "expected a string"},
        {"empty tag", with(R"("tags": [""])"), 1, 31, "/tags/0", "cannot be empty"},
        {"group", with(R"("group": [])"), 1, 31, "/group", "expected a string"},
        {"override", with(R"("timeout": 0)"), 1, 33, "/timeout", "out of range"},
    }));
}

}  // namespace
}  // namespace vigia
