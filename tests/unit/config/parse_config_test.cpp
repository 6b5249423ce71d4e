#include "config/problems.hpp"
#include "tests/unit/config/reading.hpp"

#include <algorithm>

namespace vigia {
namespace {

using testing::bad;
using testing::expect_mistakes;
using testing::FakeSources;
using testing::good;
using testing::http;
using testing::read;
using testing::shown;

TEST(ParseConfig, AcceptsCommentsTrailingCommasAndABom) {
    const Config config = good(
        "\xef\xbb\xbf// a\n{ /* b */ \"websites\": {\"A\": \"http://a\", /* c // */ },\r\n"
        "\"language\" : \"en\",} // end");
    EXPECT_EQ(config.monitors.size(), 1U);
    EXPECT_EQ(config.language, Language::en);
}

TEST(ParseConfig, CountsColumnsInCharactersAndNotTheBom) {
    expect_mistakes({
        {"BOM", "\xef\xbb\xbf{\"x\": 1}", 1, 2, "/x", "clave desconocida \"x\""},
        {"accents", "{\"_ñandú€🔴\": 1, \"x\": 1}", 1, 17, "/x", "clave desconocida \"x\""},
        {"CRLF", "{\r\n  \"x\": 1}", 2, 3, "/x", "clave desconocida \"x\""},
        {"after a comment", "/* ñ\nñ */ {\"x\": 1}", 2, 7, "/x", "clave desconocida \"x\""},
        {"tab", "{\t\"x\": 1}", 1, 3, "/x", "clave desconocida \"x\""},
    });
}

TEST(ParseConfig, ReportsASyntaxErrorWithoutAPointer) {
    expect_mistakes({
        {"empty", "", 1, 1, "", "the file is empty: at least {} is required"},
        {"comment only", "// x\n", 2, 1, "", "the file is empty"},
        {"missing comma", "{\n \"a\": 1\n \"b\": 2\n}", 3, 2, "",
         "a comma or \"}\" is expected here"},
        {"unclosed", "{\n \"a\": {\n", 3, 1, "", "a key in double quotes"},
        {"single quotes", "{'a': 1}", 1, 2, "", "in double quotes"},
        {"line break in a string", "{\"a\": \"b\n\"}", 1, 9, "", "is the closing quote missing?"},
        {"unclosed string", "{\n\"a\": \"b}", 2, 6, "", "the string that begins here"},
        {"deep", std::string(40, '['), 1, 33, "", "nested more than 32 levels deep"},
        {"Latin-1",
         "{\n\"a\": \"ca\xf1"
         "a\"}",
         2, 9, "", "not UTF-8"},
        {"NUL", std::string("{}\0", 3), 1, 3, "", "NUL"},
        {"large number", "{\"a\": 1e400}", 1, 7, "", "too large"},
        {"open comment", "{} /*", 1, 6, "", "a comment that is not closed"},
    });
}

TEST(ParseConfig, ReportsARootThatIsNoObjectWithoutAPointer) {
    for (const char* text : {"[]", "1", "\"x\"", "null", "true"}) {
        const auto errors = bad(text);
        ASSERT_EQ(errors.size(), 1U) << text;
        EXPECT_EQ(errors[0].pointer, "");
        EXPECT_EQ(errors[0].column, 1U);
        EXPECT_NE(errors[0].message.find("expected an object"), std::string::npos);
    }
}

TEST(ParseConfig, ReportsDuplicateKeysAtTheLaterKey) {
    expect_mistakes({
        {"section", "{\"websites\": {},\n \"websites\": {}, \"language\": \"en\"}", 2, 2,
         "/websites", "duplicate key \"websites\": already in line 1"},
        {"monitor",
         "{\"language\": \"en\", \"websites\": {\"A\": \"http://a\",\n\"A\": \"http://b\"}}", 2, 1,
         "/websites/A", "already in line 1"},
        {"escaped", "{\"language\": \"en\", \"_a\": 1,\n\n\"\\u005fa\": 1}", 3, 1, "/_a",
         "already in line 1"},
        {"ignored place", "{\"language\": \"en\", \"_a\": {\"b\": 1, \"b\": 2}}", 1, 35, "/_a/b",
         "duplicate key \"b\""},
    });
}

TEST(ParseConfig, IgnoresKeysThatBeginWithAnUnderscoreOrADollar) {
    const Config config = good(R"({"$schema": "./schema.json", "_": {"any": ["thing", null]},
        "websites": {"_site": "http://a", "$x": {"url": "http://b", "_note": 1, "$y": []}},
        "monitor_settings": {"_timeout": "nonsense"}})");
    ASSERT_EQ(config.monitors.size(), 2U) << "where names are free, they are names";
    EXPECT_EQ(config.monitors[0]->name, "_site");
    EXPECT_EQ(config.monitors[1]->name, "$x");
}

TEST(ParseConfig, SuggestsTheNearestKey) {
    expect_mistakes({
        {"one letter", R"({"language": "en", "website": {}})", 1, 20, "/website",
         "unknown key \"website\"; did you mean \"websites\"?"},
        {"swapped", R"({"language": "en", "emial": {}})", 1, 20, "/emial", "\"email\""},
        {"capitals", R"({"language": "en", "WebSites": {}})", 1, 20, "/WebSites", "\"websites\""},
        {"dashes", R"({"language": "en", "monitor-settings": {}})", 1, 20, "/monitor-settings",
         "\"monitor_settings\""},
        {"control characters", "{\"language\": \"en\", \"a\\n\\u202eb\": 1}", 1, 20, "/a\n\u202eb",
         R"(unknown key "a\n\u202eb")"},
    });
}

TEST(ParseConfig, ReportsEveryErrorAtOnceInTheOrderOfTheirPlaces) {
    const ConfigOutcome outcome = read(R"({
  "language": "en",
  "monitor_settings": {"timeout": "soon", "retry_atempts": 3},
  "logging_settings": {"level": 5},
  "web": {"listen": "0.0.0.0:1"},
  "websites": {"a": "x", "b": {"timeout": 0, "id": "?"}, "c": "http://c", "c": 5},
  "email": {"smtp_port": 0},
  "surprise": {}
})");
    const char* expected =
        "f:3:35: /monitor_settings/timeout: not a duration: write a number with its unit, such as "
        "\"500ms\", \"10s\", \"5m\", \"2h\" or \"1d\"\n"
        "f:3:43: /monitor_settings/retry_atempts: unknown key \"retry_atempts\"; did you mean "
        "\"retry_attempts\"?\n"
        "f:4:33: /logging_settings/level: wrong type: expected a string, found a number\n"
        "f:5:21: /web/listen: listening beyond this machine without authentication: configure "
        "\"auth\", listen on 127.0.0.1, or set \"allow_unauthenticated\" to true\n"
        "f:6:21: /websites/a: not a complete URL: it must begin with a scheme such as "
        "\"https://\"\n"
        "f:6:31: /websites/b: the required key \"url\" is missing\n"
        "f:6:43: /websites/b/timeout: out of range: must be from 10ms to 366d\n"
        "f:6:52: /websites/b/id: not an id: 1 to 64 characters out of letters, digits, \".\", "
        "\"_\" and \"-\"\n"
        "f:6:75: /websites/c: duplicate key \"c\": already in line 6\n"
        "f:6:80: /websites/c: wrong type: expected a URL or an object with a \"url\", found a "
        "number\n"
        "f:7:12: /email: the required key \"smtp_server\" is missing\n"
        "f:7:12: /email: the required key \"sender_email\" is missing\n"
        "f:7:12: /email: the required key \"recipient_emails\" is missing\n"
        "f:7:26: /email/smtp_port: out of range: must be from 1 to 65535\n"
        "f:8:3: /surprise: unknown key \"surprise\"\n";
    EXPECT_EQ(shown(outcome.errors), expected);
    EXPECT_FALSE(outcome.config.has_value());
}

TEST(ParseConfig, BoundsTheNumberOfErrors) {
    std::string text = "{\"language\": \"en\", \"monitor_settings\": {";
    for (int i = 0; i < 20'000; ++i) text += "\"unknown" + std::to_string(i) + "\": 0,\n";
    const auto errors = bad(text + "}}");
    ASSERT_EQ(errors.size(), Problems::kMaxProblems + 1);
    EXPECT_EQ(errors.back().message, "10000 more problems are not shown");
    // Few errors with very long pointers are bounded too.
    const std::string name(1'000'000, 'x');
    text = "{\"websites\": {\"" + name + "\": {";
    for (int i = 0; i < 1'000; ++i) text += "\"unknown" + std::to_string(i) + "\": 0,\n";
    EXPECT_LT(bad(text + "}}}").size(), 20U);
}

TEST(ParseConfig, SpeaksTheDocumentsLanguageAsSoonAsItIsKnown) {
    const auto language_and_text = [](std::string_view text, Language fallback) {
        const ConfigOutcome outcome = read(text, {}, fallback);
        return std::pair(outcome.language, shown(outcome.errors));
    };
    using Pair = std::pair<Language, std::string>;
    EXPECT_EQ(language_and_text(R"({"language": "en", "x": 1})", Language::es),
              (Pair{Language::en, "f:1:20: /x: unknown key \"x\"\n"}));
    EXPECT_EQ(language_and_text(R"({"x": 1, "language": "en"})", Language::es),
              (Pair{Language::en, "f:1:2: /x: unknown key \"x\"\n"}));
    EXPECT_EQ(language_and_text(R"({"x": 1})", Language::en),
              (Pair{Language::es, "f:1:2: /x: clave desconocida \"x\"\n"}))
        << "Spanish is the default";
    EXPECT_EQ(language_and_text(R"({"language": "es", "x")", Language::en),
              (Pair{Language::es, "f:1:23: aquí, tras la clave, se esperan dos puntos\n"}));
    EXPECT_EQ(language_and_text(R"({"x")", Language::en),
              (Pair{Language::en, "f:1:5: a colon is expected here, after the key\n"}));
    EXPECT_EQ(language_and_text(R"({"language": "xx"})", Language::en).first, Language::en);
    FakeSources world;
    world.variables["L"] = "en";
    EXPECT_EQ(good(R"({"language": "${L}"})", world).language, Language::en);
}

TEST(ParseConfig, ReplacesVariables) {
    FakeSources world;
    world.variables = {{"HOST", "h.example"}, {"EMPTY", ""}, {"_x1", "${HOST}"}};
    const auto expanded = [&world](const std::string& text) {
        return website("\"description\": \"" + text + "\"", world).description;
    };
    EXPECT_EQ(expanded("plain"), "plain");
    EXPECT_EQ(expanded("${HOST}"), "h.example");
    EXPECT_EQ(expanded("a${HOST}b${HOST}c${EMPTY}"), "ah.examplebh.examplec");
    EXPECT_EQ(expanded("${_x1}"), "${HOST}") << "what comes out is not looked at again";
    EXPECT_EQ(expanded("$${HOST}"), "${HOST}");
    EXPECT_EQ(expanded("$$${HOST}"), "$${HOST}");
    EXPECT_EQ(expanded("$HOST $ $$ {HOST} $(x) 5$"), "$HOST $ $$ {HOST} $(x) 5$");
    EXPECT_EQ(expanded("\\u0024{HOST}"), "h.example");
    const Config config = good(R"({"websites": {"${HOST}": "https://${HOST}/"},
        "_": "${UNSET}", "monitor_settings": {"_x": "${UNSET}"}})",
                               world);
    EXPECT_EQ(http(*config.monitors.at(0)).url, "https://h.example/");
    EXPECT_EQ(config.monitors.at(0)->name, "${HOST}") << "keys are taken as they are";
}

TEST(ParseConfig, RefusesVariablesThatAreUnsetOrBadlyWritten) {
    FakeSources world;
    world.variables = {{"LATIN1", "\xf1"}};
    std::vector<testing::Mistake> rows = {
        {"unset", "\"http://${NO_SUCH}/\"", 1, 1, "",
         "the environment variable \"NO_SUCH\" is not set"},
        {"not UTF-8", "\"http://${LATIN1}/\"", 1, 1, "",
         "the environment variable \"LATIN1\" does not hold UTF-8"},
    };
    for (const char* text : {"${", "${}", "${A", "${A B}", "${1A}", "${A-b}", "${ A}", "${A${B}}",
                             "${ñ}", "x$${a}${"}) {
        rows.push_back({text, "\"" + std::string(text) + "\"", 1, 1, "",
                        R"("${" must be followed by the name of an environment variable and "}")"});
    }
    expect_mistakes(testing::in_website(rows), world);
}

TEST(ParseConfig, ReportsEveryUnsetVariableOfAString) {
    EXPECT_EQ(bad(R"({"websites": {"W": "http://${A}${B}"}})").size(), 2U);
}

TEST(ParseConfig, SettlesIds) {
    const Config config = good(R"({"websites": {"Web uno": "http://a", "WEB UNO": "http://b",
        "X": {"url": "http://c", "id": "site-y"}, "Y": "http://d", "日本": "http://e"}})");
    std::vector<std::string> ids;
    for (const MonitorPtr& m : config.monitors) ids.push_back(m->id.str());
    ASSERT_EQ(ids.size(), 5U);
    EXPECT_EQ(ids[0], "site-web-uno");
    EXPECT_EQ(ids[1].substr(0, 13), "site-web-uno-");
    EXPECT_EQ(ids[1].size(), 17U);
    EXPECT_EQ(ids[2], "site-y");
    EXPECT_EQ(ids[3].substr(0, 7), "site-y-");
    EXPECT_EQ(ids[4].size(), 13U);
    expect_mistakes(
        {{"equal ids",
          "{\"language\": \"en\", \"websites\": {\"a\": {\"url\": \"http://a\", \"id\": "
          "\"x\"},\n\"b\": {\"url\": \"http://b\", \"id\": \"x\"}}}",
          2, 32, "/websites/b/id", "this id is already used in line 1"}});
}

TEST(ParseConfig, KeepsMonitorsInTheOrderOfTheFile) {
    const Config config =
        good(R"({"websites": {"z": "http://z", "a": "http://a", "m": "http://m"}})");
    std::string order;
    for (const MonitorPtr& m : config.monitors) order += m->name;
    EXPECT_EQ(order, "zam");
}

TEST(ParseConfig, TakesHostileNamesAsTheyAre) {
    const Config config = good(
        R"({"websites": {"a\r\nSubject: x": "http://a", "": "http://b",
                         "<b>&\u202e": "http://c"}})");
    EXPECT_EQ(config.monitors.at(0)->name, "a\r\nSubject: x");
    EXPECT_EQ(config.monitors.at(0)->id.str(), "site-a-subject-x");
    EXPECT_EQ(config.monitors.at(1)->id.str(), "site-e3b0c442");
    EXPECT_EQ(config.monitors.at(2)->name, "<b>&\u202e");
}

TEST(ParseConfig, WorksWithoutAWorld) {
    const ConfigOutcome outcome =
        parse_config(R"({"websites": {"a": {"url": "${X}", "body_file": "x", "proxy": "env"}}})",
                     ConfigSources{}, Language::en);
    EXPECT_EQ(outcome.errors.size(), 2U);
}

TEST(FormatProblem, PutsPlacePointerAndMessageOnOneLine) {
    EXPECT_EQ(format_problem("c.json", {3, 7, "/a", "wrong"}), "c.json:3:7: /a: wrong");
    EXPECT_EQ(format_problem("c.json", {3, 7, "", "wrong"}), "c.json:3:7: wrong");
    EXPECT_EQ(format_problem("c.json", {0, 0, "", "wrong"}), "c.json: wrong");
    EXPECT_EQ(format_problem("a\nb", {1, 1, "/\x1b[0m", "x\ny"}), "a\\nb:1:1: /\\x1b[0m: x\\ny");
}

TEST(Problems, CountColumnsOnOneLongLine) {
    const std::string text = "ñññ\nabcñdef";
    Problems problems(text);
    for (const std::size_t offset : {12U, 7U, 0U, 4U, 99U}) problems.add(offset, "", "m");
    const auto all = problems.take();
    ASSERT_EQ(all.size(), 5U);
    const std::pair<std::size_t, std::size_t> places[] = {{1, 1}, {1, 3}, {2, 1}, {2, 5}, {2, 8}};
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(std::pair(all[i].line, all[i].column), places[i]) << i;
    }
}

}  // namespace
}  // namespace vigia
