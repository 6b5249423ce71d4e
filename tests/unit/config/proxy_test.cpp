#include "config/proxy.hpp"

#include <gtest/gtest.h>
#include <map>
#include <string>

namespace vigia {
namespace {

UrlParts url(std::string_view text) {
    return parse_url(text, "http https").url;
}

Environment environment(std::map<std::string, std::string> variables) {
    return [variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
}

TEST(ProxyFromEnvironment, ChoosesByScheme) {
    const Environment both = environment({{"http_proxy", "http://h:1"}, {"HTTPS_PROXY", "s:2"}});
    EXPECT_EQ(proxy_from_environment(url("http://x"), both), "http://h:1");
    EXPECT_EQ(proxy_from_environment(url("https://x"), both), "http://s:2");
    const Environment all = environment({{"all_proxy", "socks5://a:3"}, {"https_proxy", ""}});
    EXPECT_EQ(proxy_from_environment(url("http://x"), all), "socks5://a:3");
    EXPECT_EQ(proxy_from_environment(url("https://x"), all), "socks5://a:3");
    EXPECT_EQ(proxy_from_environment(url("https://x"), environment({})), "");
    EXPECT_EQ(proxy_from_environment(url("https://x"), Environment{}), "");
}

TEST(ProxyFromEnvironment, IgnoresWhatAClientOfACgiCanSet) {
    EXPECT_EQ(proxy_from_environment(url("http://x"), environment({{"HTTP_PROXY", "http://h:1"}})),
              "");
}

TEST(ProxyFromEnvironment, HonoursExceptions) {
    const Environment world = environment({{"https_proxy", "http://p:1"}, {"no_proxy", "x"}});
    EXPECT_EQ(proxy_from_environment(url("https://x"), world), "");
    EXPECT_EQ(proxy_from_environment(url("https://y"), world), "http://p:1");
}

TEST(IsNoProxy, MatchesNamesDomainsAddressesAndBlocks) {
    struct Row {
        const char* url;
        const char* list;
        bool exempt;
    };
    const Row rows[] = {
        {"http://a.example", "", false},
        {"http://a.example", "*", true},
        {"http://a.example", "a.example", true},
        {"http://A.Example.", "a.EXAMPLE", true},
        {"http://a.example", "b.example, a.example", true},
        {"http://a.example", "b.example a.example", true},
        {"http://a.example", "example", true},
        {"http://a.example", ".example", true},
        {"http://a.example", "example.", true},
        {"http://aexample", "example", false},
        {"http://example.org", "example", false},
        {"http://a.example:8080", "a.example:8080", true},
        {"http://a.example:8080", "a.example:80", false},
        {"http://a.example", "a.example:80", true},
        {"https://a.example", "a.example:80", false},
        {"http://10.1.2.3", "10.1.2.3", true},
        {"http://10.1.2.3", "10.0.0.0/8", true},
        {"http://10.1.2.3", "10.1.2.4/31", false},
        {"http://10.1.2.3", "10.1.2.2/31", true},
        {"http://10.1.2.3", "0.0.0.0/0", true},
        {"http://10.1.2.3", "10.0.0.0/33", false},
        {"http://10.1.2.3", "10.0.0.0/x", false},
        {"http://10.1.2.3", "1.2.3", false},
        {"http://10.1.2.3", "2.3", false},
        {"http://a.example", "10.0.0.0/8", false},
        {"http://[2001:db8::1]", "2001:db8::1", true},
        {"http://[2001:db8::1]", "[2001:DB8:0::1]", true},
        {"http://[2001:db8::1]", "[2001:db8::1]:80", true},
        {"http://[2001:db8::1]", "[2001:db8::1]:81", false},
        {"http://[2001:db8::1]", "2001:db8::/32", true},
        {"http://[2001:db9::1]", "2001:db8::/32", false},
        {"http://[::1]", "127.0.0.0/8", false},
        {"http://a.example", ",, ,.,:80,[", false},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(is_no_proxy(url(row.url), row.list), row.exempt) << row.url << " " << row.list;
    }
}

}  // namespace
}  // namespace vigia
