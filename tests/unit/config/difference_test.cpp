#include "config/difference.hpp"

#include "tests/unit/config/reading.hpp"

namespace vigia {
namespace {

using testing::good;

std::vector<MonitorPtr> monitors(const std::string& websites, const std::string& settings = "{}") {
    return good(R"({"websites": )" + websites + R"(, "monitor_settings": )" + settings + "}")
        .monitors;
}

/// "+a ~b -site-c =2"
std::string summary(const ConfigDifference& d) {
    std::string out;
    for (const MonitorPtr& m : d.added) out += "+" + m->name + " ";
    for (const MonitorPtr& m : d.changed) out += "~" + m->name + " ";
    for (const MonitorId& id : d.removed) out += "-" + id.str() + " ";
    return out + "=" + std::to_string(d.unchanged);
}

TEST(Difference, TellsAddedChangedRemovedAndUnchanged) {
    const auto before = monitors(R"({"a": "http://a", "b": "http://b", "c": "http://c"})");
    EXPECT_EQ(summary(difference(before, before)), "=3");
    EXPECT_EQ(summary(difference({}, before)), "+a +b +c =0");
    EXPECT_EQ(summary(difference(before, {})), "-site-a -site-b -site-c =0");
    EXPECT_EQ(summary(difference(before, monitors(R"({"d": "http://d", "b": "http://B/",
                                                     "c": "http://c"})"))),
              "+d ~b -site-a =1");
}

TEST(Difference, ComparesDefinitionsAndNotPointersOrOrder) {
    const auto before =
        monitors(R"({"a": "http://a", "b": {"url": "http://u:p@b", "tags": ["x"]}})");
    const auto same =
        monitors(R"({"b": {"tags": ["x"], "url": "http://u:p@b#f"}, "a": "http://a"})");
    EXPECT_EQ(summary(difference(before, same)), "=2");
}

TEST(Difference, SeesEveryPartOfADefinition) {
    const std::string base = R"("url": "http://a")";
    const auto before = monitors("{\"a\": {" + base + "}}");
    for (const char* member :
         {R"("timeout": 9)", R"("method": "HEAD")", R"("headers": {"A": "b"})", R"("body": "x")",
          R"("auth": {"bearer": "t"})", R"("expected_status": 204)", R"("follow_redirects": false)",
          R"("proxy": "http://p")", R"("tls": {"verify": false})", R"("tags": ["x"])",
          R"("group": "g")", R"("description": "d")"}) {
        EXPECT_EQ(summary(difference(before, monitors("{\"a\": {" + base + ", " + member + "}}"))),
                  "~a =0")
            << member;
    }
    EXPECT_EQ(summary(difference(before, monitors("{\"a\": {" + base + "}}", R"({"timeout": 9})"))),
              "~a =0")
        << "a changed default changes whoever uses it";
}

TEST(Difference, FollowsTheIdAndNotTheName) {
    const auto before = monitors(R"({"a": {"url": "http://a", "id": "x"}})");
    EXPECT_EQ(summary(difference(before, monitors(R"({"b": {"url": "http://a", "id": "x"}})"))),
              "~b =0");
    EXPECT_EQ(summary(difference(before, monitors(R"({"a": {"url": "http://a", "id": "y"}})"))),
              "+a -x =0");
}

TEST(Difference, TakesDisabledMonitorsForAbsent) {
    const auto on = monitors(R"({"a": {"url": "http://a"}})");
    const auto off = monitors(R"({"a": {"url": "http://a", "enabled": false}})");
    EXPECT_EQ(summary(difference(on, off)), "-site-a =0");
    EXPECT_EQ(summary(difference(off, on)), "+a =0");
    EXPECT_EQ(summary(difference(off, off)), "=0");
}

}  // namespace
}  // namespace vigia
