#include "tests/unit/config/reading.hpp"

namespace vigia {
namespace {

using namespace std::chrono_literals;
using testing::bad;
using testing::expect_mistakes;
using testing::good;
using testing::in_section;

TEST(Defaults, AreThoseOfTheSpecification) {
    const Config config = good("{}");
    EXPECT_EQ(config.defaults, (Policy{.check_interval = 60s,
                                       .retry_attempts = 3,
                                       .retry_delay = 6s,
                                       .alert_threshold = 3,
                                       .recovery_threshold = 2,
                                       .alert_repeat_interval = 20min,
                                       .timeout = 10s}));
    EXPECT_TRUE(config.logging.enable_file_logging);
    EXPECT_EQ(config.logging.log_file, "/etc/vigia/monitor_servicios.log");
    EXPECT_EQ(config.logging.max_bytes, 5242880U);
    EXPECT_EQ(config.logging.backup_count, 5U);
    EXPECT_EQ(config.logging.level, LogLevel::info);
    EXPECT_EQ(config.logging.format, LogFormat::text);
    EXPECT_EQ(config.language, Language::es);
    EXPECT_EQ(config.notifications, (NotificationSettings{5s, 300s, 24h}));
    EXPECT_EQ(config.uplink, (UplinkSettings{true, {}, 60s}));
    EXPECT_EQ(config.health, HealthSettings{});
    EXPECT_TRUE(config.health.notices);
    EXPECT_TRUE(config.health.ping_url.empty());
    EXPECT_EQ(config.health.ping_interval, 60s);
    EXPECT_EQ(config.storage.path, "");
    EXPECT_EQ(config.web, WebSettings{});
    EXPECT_FALSE(config.email.has_value());
    EXPECT_EQ(config.enabled_monitors(), 0U);
    EXPECT_TRUE(config.warnings.empty());
}

TEST(Defaults, AreTheSameForEmptySections) {
    const Config config = good(
        R"({"websites": {}, "databases": {}, "services": {}, "email": {}, "monitor_settings": {},
            "logging_settings": {}, "notifications": {}, "storage": {}})");
    const Config absent = good("{}");
    EXPECT_EQ(config.defaults, absent.defaults);
    EXPECT_EQ(config.logging, absent.logging);
    EXPECT_EQ(config.notifications, absent.notifications);
    EXPECT_EQ(config.storage, absent.storage);
    EXPECT_FALSE(config.email.has_value());
    EXPECT_TRUE(config.warnings.empty());
}

TEST(MonitorSettings, ReadsEveryKeyInItsUnit) {
    const Config config = good(R"({"monitor_settings": {"check_interval": 0.1, "retry_attempts": 1,
        "retry_delay": 0, "alert_threshold": 7, "recovery_threshold": 1.0e1,
        "alert_repeat_interval": 1.5, "timeout": "250ms"}})");
    EXPECT_EQ(config.defaults, (Policy{100ms, 1, 0s, 7, 10, 90s, 250ms}));
    EXPECT_EQ(good(R"({"monitor_settings": {"alert_repeat_interval": 0}})")
                  .defaults.alert_repeat_interval,
              0s);
    EXPECT_EQ(good(R"({"monitor_settings": {"alert_repeat_interval": "30s"}})")
                  .defaults.alert_repeat_interval,
              30s);
    EXPECT_EQ(good(R"({"monitor_settings": {"check_interval": "366d"}})").defaults.check_interval,
              24h * 366);
}

TEST(MonitorSettings, RefusesWrongTypesAndRanges) {
    expect_mistakes(in_section(
        "monitor_settings",
        {
            {"too short", R"({"check_interval": 0.09})", 1, 20, "/check_interval", "100ms to 366d"},
            {"zero", R"({"check_interval": 0})", 1, 20, "/check_interval", "out of range"},
            {"negative", R"({"check_interval": -60})", 1, 20, "/check_interval", "out of range"},
            {"too long", R"({"check_interval": "367d"})", 1, 20, "/check_interval", "out of range"},
            {"huge", R"({"check_interval": 1e300})", 1, 20, "/check_interval", "out of range"},
            {"infinite", R"({"check_interval": 1.8e308})", 1, 20, "/check_interval",
             "out of range"},
            {"no unit", R"({"check_interval": "60"})", 1, 20, "/check_interval", "not a duration"},
            {"boolean", R"({"check_interval": true})", 1, 20, "/check_interval",
             "expected a duration (a number, or a string such as \"10s\"), found a boolean"},
            {"null", R"({"timeout": null})", 1, 13, "/timeout", "found null"},
            {"list", R"({"timeout": [1]})", 1, 13, "/timeout", "found a list"},
            {"timeout too short", R"({"timeout": 0.009})", 1, 13, "/timeout", "10ms to 366d"},
            {"negative delay", R"({"retry_delay": -0.1})", 1, 17, "/retry_delay", "0s to 366d"},
            {"negative repeat", R"({"alert_repeat_interval": "-1m"})", 1, 27,
             "/alert_repeat_interval", "not a duration"},
            {"no attempt", R"({"retry_attempts": 0})", 1, 20, "/retry_attempts",
             "from 1 to 1000000"},
            {"many attempts", R"({"retry_attempts": 1000001})", 1, 20, "/retry_attempts",
             "out of range"},
            {"half an attempt", R"({"retry_attempts": 2.5})", 1, 20, "/retry_attempts",
             "must be a whole number"},
            {"text for a number", R"({"alert_threshold": "3"})", 1, 21, "/alert_threshold",
             "expected a whole number, found a string"},
            {"boolean for a number", R"({"recovery_threshold": false})", 1, 24,
             "/recovery_threshold", "found a boolean"},
            {"beyond 64 bits", R"({"alert_threshold": 99999999999999999999})", 1, 21,
             "/alert_threshold", "out of range"},
            {"misspelt", R"({"chek_interval": 60})", 1, 2, "/chek_interval",
             "unknown key \"chek_interval\"; did you mean \"check_interval\"?"},
            {"capitals", R"({"Timeout": 60})", 1, 2, "/Timeout", "did you mean \"timeout\"?"},
            {"nothing like it", R"({"zzzzzz": 60})", 1, 2, "/zzzzzz", "unknown key \"zzzzzz\""},
            {"no object", "[]", 1, 1, "", "expected an object, found a list"},
        }));
}

TEST(LoggingSettings, ReadsEveryKey) {
    const LoggingSettings logging = good(R"({"logging_settings": {"enable_file_logging": false,
        "log_file": "/var/log/vigia.log", "max_bytes": 0, "backup_count": 0, "level": "DEBUG",
        "format": "json"}})")
                                        .logging;
    EXPECT_EQ(logging, (LoggingSettings{false, "/var/log/vigia.log", 0, 0, LogLevel::debug,
                                        LogFormat::json}));
    const std::pair<const char*, LogLevel> levels[] = {{"INFO", LogLevel::info},
                                                       {"WARNING", LogLevel::warning},
                                                       {"ERROR", LogLevel::error},
                                                       {"CRITICAL", LogLevel::critical}};
    for (const auto& [word, level] : levels) {
        EXPECT_EQ(
            good(std::string(R"({"logging_settings": {"level": ")") + word + "\"}}").logging.level,
            level);
    }
}

TEST(LoggingSettings, ResolvesTheFileAgainstTheConfiguration) {
    EXPECT_EQ(good(R"({"logging_settings": {"log_file": "logs/a.log"}})").logging.log_file,
              "/etc/vigia/logs/a.log");
    EXPECT_EQ(good(R"({"logging_settings": {"level": "INFO"}})").logging.log_file,
              "/etc/vigia/monitor_servicios.log");
    testing::FakeSources world;
    world.base_directory = "";
    EXPECT_EQ(good("{}", world).logging.log_file, "monitor_servicios.log");
    world.base_directory = "/";
    EXPECT_EQ(good("{}", world).logging.log_file, "/monitor_servicios.log");
}

TEST(LoggingSettings, RefusesWrongValues) {
    expect_mistakes(in_section(
        "logging_settings",
        {
            {"text for a boolean", R"({"enable_file_logging": "yes"})", 1, 25,
             "/enable_file_logging", "expected true or false, found a string"},
            {"number for a boolean", R"({"enable_file_logging": 1})", 1, 25, "/enable_file_logging",
             "found a number"},
            {"empty file", R"({"log_file": ""})", 1, 14, "/log_file", "not a path"},
            {"line break", R"({"log_file": "a\nb"})", 1, 14, "/log_file", "not a path"},
            {"NUL", R"({"log_file": "a\u0000b"})", 1, 14, "/log_file", "not a path"},
            {"negative size", R"({"max_bytes": -1})", 1, 15, "/max_bytes", "out of range"},
            {"negative count", R"({"backup_count": -1})", 1, 18, "/backup_count",
             "from 0 to 10000"},
            {"level", R"({"level": "TRACE"})", 1, 11, "/level",
             R"(allowed are "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")"},
            {"level in small letters", R"({"level": "info"})", 1, 11, "/level", "unknown value"},
            {"format", R"({"format": "xml"})", 1, 12, "/format", R"("text", "json")"},
        }));
}

TEST(Notifications, ReadsEveryKey) {
    EXPECT_EQ(good(R"({"notifications": {"retry_initial": 0.5, "retry_max": "1m", "expiry": 1.5}})")
                  .notifications,
              (NotificationSettings{500ms, 60s, 90min}));
    EXPECT_EQ(good(R"({"notifications": {"retry_initial": "10m"}})").notifications,
              (NotificationSettings{600s, 600s, 24h}))
        << "the longest pause is never shorter than the first";
}

TEST(Notifications, RefusesWrongValues) {
    expect_mistakes(in_section(
        "notifications",
        {
            {"no pause", R"({"retry_initial": 0})", 1, 19, "/retry_initial", "out of range"},
            {"no expiry", R"({"expiry": 0})", 1, 12, "/expiry", "10ms to 366d"},
            {"shrinking", R"({"retry_initial": 20, "retry_max": 10})", 1, 36, "/retry_max",
             "must not be less than \"retry_initial\" (20s)"},
        }));
}

TEST(LanguageSetting, IsSpanishOrEnglish) {
    EXPECT_EQ(good(R"({"language": "en"})").language, Language::en);
    EXPECT_EQ(good(R"({"language": "es"})").language, Language::es);
    expect_mistakes({
        {"French", R"({"language": "fr"})", 1, 14, "/language", R"(allowed are "es", "en")"},
        {"number", R"({"language": 1})", 1, 14, "/language", "found a number"},
    });
}

TEST(Storage, ReadsThePath) {
    const Config config = good(R"({"language": "en", "storage": {"path": "state/v.db"}})");
    EXPECT_EQ(config.storage.path, "/etc/vigia/state/v.db");
    EXPECT_EQ(config.storage.retention, Retention());
    expect_mistakes(
        in_section("storage", {{"empty", R"({"path": ""})", 1, 10, "/path", "not a path"},
                               {"unknown", R"({"file": "x"})", 1, 2, "/file", "unknown key"}}));
}

TEST(Storage, ReadsHowLongTheHistoryIsKeptInDays) {
    const Config config = good(R"({"storage": {"retention": {"five_minutes": 1.5, "hours": "36h",
        "days": 3650, "incidents": "400d", "notifications": 7}}})");
    const auto days = [](double n) { return from_seconds(n * 86'400); };
    EXPECT_EQ(config.storage.retention,
              (Retention{days(1.5), days(1.5), days(3650), days(400), days(7)}));
    EXPECT_TRUE(config.warnings.empty());
    expect_mistakes(in_section(
        "storage",
        {{"short", R"({"retention": {"hours": 0.5}})", 1, 25, "/retention/hours", "1d"},
         {"long", R"({"retention": {"days": 40000}})", 1, 24, "/retention/days", "36525d"},
         {"word", R"({"retention": {"days": true}})", 1, 24, "/retention/days", "duration"},
         {"unknown", R"({"retention": {"raw": 1}})", 1, 16, "/retention/raw", "unknown key"},
         {"type", R"({"retention": 7})", 1, 15, "/retention", "object"}}));
}

TEST(Web, IsCheckedAndSaysThatItHasNoEffect) {
    const Config config =
        good(R"({"language": "en", "web": {"enabled": true, "listen": "[::1]:9090",
        "base_path": "/vigia/", "tls": {"cert_file": "a.pem", "key_file": "b.pem"},
        "auth": {"whatever": "comes later"}, "allow_unauthenticated": false}})");
    EXPECT_EQ(config.web, (WebSettings{true, true, "[::1]:9090", "/vigia", false}));
    ASSERT_EQ(config.warnings.size(), 1U);
    EXPECT_EQ(config.warnings[0].pointer, "/web");
    EXPECT_NE(config.warnings[0].message.find("no effect yet"), std::string::npos);
}

TEST(Web, ListensBeyondTheMachineOnlyWithAuthentication) {
    expect_mistakes(in_section(
        "web",
        {
            {"open", R"({"listen": "0.0.0.0:80"})", 1, 12, "/listen", "without authentication"},
            {"IPv6", R"({"listen": "[::]:80"})", 1, 12, "/listen", "without authentication"},
            {"empty auth", R"({"listen": "10.0.0.1:80", "auth": {}})", 1, 12, "/listen",
             "without authentication"},
        }));
    for (const char* web : {R"({"listen": "0.0.0.0:80", "auth": {"x": 1}})",
                            R"({"listen": "0.0.0.0:80", "allow_unauthenticated": true})",
                            R"({"listen": "0.0.0.0:80", "enabled": false})"}) {
        EXPECT_EQ(good(std::string("{\"web\": ") + web + "}").web.listen, "0.0.0.0:80");
    }
}

TEST(Web, RefusesWrongValues) {
    expect_mistakes(in_section(
        "web",
        {
            {"no port", R"({"listen": "127.0.0.1"})", 1, 12, "/listen", "must be ADDRESS:PORT"},
            {"port only", R"({"listen": 8080})", 1, 12, "/listen", "expected a string"},
            {"relative base", R"({"base_path": "vigia"})", 1, 15, "/base_path",
             "begins with \"/\""},
            {"odd base", R"({"base_path": "/a?b"})", 1, 15, "/base_path", "plain characters"},
            {"half of TLS", R"({"tls": {"cert_file": "a"}})", 1, 9, "/tls",
             "the required key \"key_file\" is missing"},
            {"auth", R"({"auth": "basic"})", 1, 10, "/auth", "expected an object"},
        }));
}

TEST(LaterSections, MustBeEmpty) {
    expect_mistakes({
        {"services", R"({"language": "en", "services": {"a": 1}})", 1, 32, "/services",
         "service checks are not available in this version"},
        {"databases of a wrong type", R"({"language": "en", "databases": []})", 1, 33, "/databases",
         "expected an object"},
    });
}

TEST(HealthSection, ReadsEveryKey) {
    const Config config = good(R"({"health": {"notices": false, "ping_interval": "5m",
        "ping_url": "HTTPS://hc.example.com/ping/4f1c?a=b#c"}})");
    EXPECT_FALSE(config.health.notices);
    EXPECT_EQ(config.health.ping_url.reveal(), "https://hc.example.com/ping/4f1c?a=b");
    EXPECT_EQ(config.health.ping_interval, 5min);

    testing::FakeSources world;
    world.files = {{"/etc/vigia/ping", "http://hc.example.com/1\n"}};
    const Config from_file = good(R"({"health": {"ping_url_file": "ping"}})", world);
    EXPECT_EQ(from_file.health.ping_url.reveal(), "http://hc.example.com/1");
}

TEST(HealthSection, RefusesWhatCannotBePinged) {
    expect_mistakes(in_section(
        "health",
        {
            {"no URL", R"({"ping_url": "hc.example.com"})", 1, 14, "/ping_url", "must be a URL"},
            {"a scheme", R"({"ping_url": "ftp://hc.example.com"})", 1, 14, "/ping_url",
             "must be a URL"},
            {"a user", R"({"ping_url": "http://u:p@hc.example.com"})", 1, 14, "/ping_url",
             "without a user"},
            {"both", R"({"ping_url": "http://a", "ping_url_file": "x"})", 1, 26, "/ping_url_file",
             "exclude each other"},
            {"too often", R"({"ping_interval": 0.5})", 1, 19, "/ping_interval", "range"},
            {"unknown", R"({"pings": 1})", 1, 2, "/pings", "unknown key"},
        }));
}

TEST(UplinkSection, ReadsEveryKey) {
    const Config config = good(R"({"uplink": {"enabled": false, "notice_after": "5m",
        "canaries": ["192.0.2.1:443", "example.com:80", "[2001:db8::1]:53"]}})");
    EXPECT_EQ(
        config.uplink,
        (UplinkSettings{false, {"192.0.2.1:443", "example.com:80", "[2001:db8::1]:53"}, 5min}));
    EXPECT_EQ(good(R"({"uplink": {"notice_after": 0}})").uplink.notice_after, 0s);
}

TEST(UplinkSection, RefusesWhatIsNoPlace) {
    for (const char* const place :
         {"example.com", "example.com:", "example.com:0", "example.com:65536", ":443", "",
          "2001:db8::1:443", "[example.com]:80", "[2001:db8::1]", "a b:80", "http://a.b:80"}) {
        const auto text =
            std::string(R"({"language": "en", "uplink": {"canaries": [")") + place + R"("]}})";
        EXPECT_NE(testing::shown(bad(text)).find("must be HOST:PORT"), std::string::npos) << place;
    }
    expect_mistakes(in_section(
        "uplink", {
                      {"no list", R"({"canaries": "a:1"})", 1, 14, "/canaries", "a list of"},
                      {"no string", R"({"canaries": [1]})", 1, 15, "/canaries/0", "a string"},
                      {"negative", R"({"notice_after": -1})", 1, 18, "/notice_after", "range"},
                      {"unknown", R"({"canary": []})", 1, 2, "/canary", "unknown key"},
                  }));
    std::string many = R"({"language": "en", "uplink": {"canaries": ["a:1")";
    for (int i = 0; i < 16; ++i) many += R"(, "a:1")";
    EXPECT_NE(testing::shown(bad(many + "]}}")).find("more than 16"), std::string::npos);
}

}  // namespace
}  // namespace vigia
