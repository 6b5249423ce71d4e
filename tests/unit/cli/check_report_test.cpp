#include "cli/check_report.hpp"

#include "base/text.hpp"
#include "tests/unit/cli/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <sstream>
#include <string>
#include <vector>

namespace vigia {
namespace {

using cli_test::checked;
using ::testing::HasSubstr;
using ::testing::Not;

const Catalog kEnglish(Language::en);
const Catalog kSpanish(Language::es);
constexpr WallTime kNow{std::chrono::seconds(1'734'603'400)};

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::string table(const std::vector<CheckedMonitor>& monitors, std::size_t width,
                  bool colours = false, const Catalog& catalog = kEnglish) {
    return check_table(monitors, catalog, {width, colours, false}, kNow);
}

TEST(CheckTable, ShowsARowThePhasesAndTheSums) {
    const std::string shown =
        table({checked("Web uno", Outcome::up), checked("Web dos", Outcome::down)}, 120);
    EXPECT_EQ(shown,
              "NAME     TYPE  STATE   TIME  REASON\n"
              "Web uno  http  up     23 ms\n"
              "  connection 1.5 ms · total 23 ms\n"
              "Web dos  http  down   23 ms  unexpected status code 503 (phase: status)\n"
              "  connection 1.5 ms · total 23 ms\n"
              "\n"
              "Checked: 2 · up: 1 · down: 1\n");
}

TEST(CheckTable, SpeaksSpanish) {
    const std::string shown = table({checked("Web", Outcome::unknown)}, 120, false, kSpanish);
    EXPECT_THAT(shown, HasSubstr("desconocido"));
    EXPECT_THAT(shown, HasSubstr("ningún servidor de nombres responde a esta máquina"));
    EXPECT_THAT(shown, HasSubstr("Comprobados: 1"));
}

TEST(CheckTable, FitsEveryWidth) {
    std::vector<CheckedMonitor> monitors;
    for (const char* name : {"x", "Ñandú Ñandú Ñandú Ñandú Ñandú Ñandú Ñandú",
                             "日本語日本語日本語日本語日本語", "🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦🐦"}) {
        for (const Outcome outcome : {Outcome::up, Outcome::down, Outcome::unknown}) {
            monitors.push_back(checked(name, outcome));
            TlsSummary tls;
            tls.not_after = kNow + std::chrono::days(90);
            monitors.back().result.probe.tls = tls;
            monitors.back().result.probe.timings.dns = std::chrono::milliseconds(3);
            monitors.back().result.probe.timings.tls = std::chrono::milliseconds(30);
            monitors.back().result.probe.timings.ttfb = std::chrono::seconds(3);
        }
    }
    monitors.back().result.probe.reason = {Phase::none, ReasonCode::internal, 0,
                                           std::string(190, 'w')};
    for (std::size_t width = kNarrowestTable; width < 200; ++width) {
        for (const std::string& line : lines_of(table(monitors, width, false, kSpanish))) {
            ASSERT_LE(display_width(line), width) << line;
        }
    }
    EXPECT_EQ(table(monitors, 1), table(monitors, kNarrowestTable));
}

TEST(CheckTable, KeepsTheWholeReasonInMoreLines) {
    const std::vector<CheckedMonitor> monitors{checked(std::string(60, 'n'), Outcome::down)};
    std::string words;
    for (const std::string& line : lines_of(table(monitors, 60))) words += line;
    for (const char* word : {"unexpected", "status", "code", "503", "(phase:", "status)"}) {
        EXPECT_THAT(words, HasSubstr(word));
    }
}

TEST(CheckTable, ColoursAreOnlyWhereTheyAreWanted) {
    const std::vector<CheckedMonitor> monitors{checked("Web", Outcome::down)};
    EXPECT_THAT(table(monitors, 80), Not(HasSubstr("\x1b")));
    EXPECT_THAT(table(monitors, 80, true), HasSubstr("\x1b[1;31mdown"));
}

TEST(CheckTable, TellsWhenTheCertificateEnds) {
    std::vector<CheckedMonitor> monitors{checked("Web", Outcome::up)};
    TlsSummary tls;
    tls.not_after = kNow + std::chrono::days(12) + std::chrono::hours(5);
    monitors[0].result.probe.tls = tls;
    EXPECT_THAT(table(monitors, 120), HasSubstr("(12 days)"));
    monitors[0].result.probe.tls->not_after = kNow - std::chrono::hours(1);
    EXPECT_THAT(table(monitors, 120), HasSubstr("certificate expired on 2024-12-"));
}

TEST(CheckTable, TellsWhatADatabaseSaidOfItself) {
    std::vector<CheckedMonitor> monitors{checked("Base", Outcome::up)};
    monitors[0].result.probe.database = DbFacts{"PostgreSQL 15.18\x1b[2J", "TLSv1.3", 1, "a\nb"};
    EXPECT_THAT(table(monitors, 120),
                HasSubstr("PostgreSQL 15.18\\x1b[2J · TLSv1.3 · value a\\nb"));
    monitors[0].result.probe.database = DbFacts{"MariaDB 10.11", "", 0, std::nullopt};
    EXPECT_THAT(table(monitors, 120), HasSubstr("MariaDB 10.11 · not encrypted · rows 0"));
    monitors[0].result.probe.outcome = Outcome::down;
    EXPECT_THAT(table(monitors, 120), Not(HasSubstr("rows")));
}

TEST(CheckJson, TellsWhatADatabaseSaidOfItself) {
    std::vector<CheckedMonitor> monitors{checked("Base", Outcome::up)};
    EXPECT_THAT(check_json(monitors, kEnglish), HasSubstr(R"("database":null)"));
    monitors[0].result.probe.database = DbFacts{"MariaDB 10.11", "", 3, "1"};
    EXPECT_THAT(check_json(monitors, kEnglish),
                HasSubstr(R"("database":{"server_version":"MariaDB 10.11","tls_version":null,)"
                          R"("rows":3,"value":"1"})"));
}

TEST(CheckTable, HostileNamesStayOnTheirLine) {
    const std::string shown = table({checked("a\nb\x1b[2J\u202e", Outcome::up)}, 120);
    EXPECT_EQ(lines_of(shown).size(), 5U);
    EXPECT_THAT(shown, HasSubstr("a\\nb\\x1b[2J\\u202e"));
}

TEST(CheckJson, HoldsTheMonitorObject) {
    CheckedMonitor one = checked("Web \"uno\"", Outcome::down);
    one.result.attempts = 3;
    one.result.probe.remote_address = "127.0.0.1";
    TlsSummary tls;
    tls.version = "TLSv1.3";
    tls.subject = "bad \xff bytes";
    tls.not_after = kNow;
    one.result.probe.tls = tls;
    const std::string text = check_json(std::vector{one, checked("b", Outcome::up)}, kEnglish);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(text.find('\n'), text.size() - 1);

    rapidjson::Document json;
    json.Parse(text.c_str());
    ASSERT_TRUE(json.IsArray());
    const auto& down = json[0];
    EXPECT_STREQ(down["id"].GetString(), "site-x");
    EXPECT_STREQ(down["name"].GetString(), "Web \"uno\"");
    EXPECT_STREQ(down["type"].GetString(), "http");
    EXPECT_STREQ(down["state"].GetString(), "down");
    EXPECT_STREQ(down["outcome"].GetString(), "down");
    EXPECT_TRUE(down["since"].IsNull());
    EXPECT_STREQ(down["last_check"].GetString(), "2024-12-19T10:15:23.000Z");
    EXPECT_STREQ(down["reason"]["phase"].GetString(), "status");
    EXPECT_STREQ(down["reason"]["code"].GetString(), "unexpected_status");
    EXPECT_STREQ(down["reason"]["text"].GetString(), "unexpected status code 503 (phase: status)");
    EXPECT_DOUBLE_EQ(down["timings"]["connect"].GetDouble(), 0.0015);
    EXPECT_DOUBLE_EQ(down["timings"]["total"].GetDouble(), 0.023);
    EXPECT_DOUBLE_EQ(down["timings"]["dns"].GetDouble(), 0);
    EXPECT_EQ(down["http_status"].GetInt(), 503);
    EXPECT_EQ(down["attempts"].GetInt(), 3);
    EXPECT_STREQ(down["tls"]["subject"].GetString(), "bad \\xff bytes");
    EXPECT_STREQ(down["remote_address"].GetString(), "127.0.0.1");
    EXPECT_TRUE(json[1]["reason"].IsNull());
    EXPECT_TRUE(json[1]["tls"].IsNull());
}

TEST(CheckJson, OfNothingIsAnEmptyArray) {
    EXPECT_EQ(check_json({}, kEnglish), "[]\n");
}

}  // namespace
}  // namespace vigia
