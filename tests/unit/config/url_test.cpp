#include "config/url.hpp"

#include <gtest/gtest.h>
#include <string>

namespace vigia {
namespace {

constexpr const char* kHttp = "http https";

struct Good {
    const char* text;
    const char* url;  ///< without the userinfo
    std::string host;
    std::uint16_t port;
};

TEST(ParseUrl, TakesAUrlApart) {
    const Good rows[] = {
        {"https://www.direccionwebuno.com", "https://www.direccionwebuno.com",
         "www.direccionwebuno.com", 0},
        {"HTTP://Example.COM/Path?Q=1", "http://Example.COM/Path?Q=1", "Example.COM", 0},
        {"http://localhost:8080", "http://localhost:8080", "localhost", 8080},
        {"http://127.0.0.1:65535/", "http://127.0.0.1:65535/", "127.0.0.1", 65535},
        {"http://[::1]:80/x", "http://[::1]:80/x", "::1", 80},
        {"http://[fe80::1%25eth0]/", "http://[fe80::1%25eth0]/", "fe80::1%25eth0", 0},
        {"https://a.example?x=1", "https://a.example?x=1", "a.example", 0},
        {"https://a.example/p#frag?not", "https://a.example/p", "a.example", 0},
        {"https://a.example#frag", "https://a.example", "a.example", 0},
        {"https://a.example/?u=http://b@c:1/", "https://a.example/?u=http://b@c:1/", "a.example",
         0},
        {"https://user:pass@a.example:1/x@y", "https://a.example:1/x@y", "a.example", 1},
        {"https://@a.example/", "https://a.example/", "a.example", 0},
        {"https://under_score.internal./", "https://under_score.internal./",
         "under_score.internal.", 0},
        {"https://españa.example/año?ñ=ü", "https://españa.example/a%C3%B1o?%C3%B1=%C3%BC",
         "españa.example", 0},
        {"https://a.example/{id}|\"q\"<x>^`", "https://a.example/%7Bid%7D%7C%22q%22%3Cx%3E%5E%60",
         "a.example", 0},
        {"https://a.example/%20%zz", "https://a.example/%20%zz", "a.example", 0},
    };
    for (const Good& row : rows) {
        const ParsedUrl parsed = parse_url(row.text, kHttp);
        ASSERT_EQ(parsed.fault, UrlFault::none) << row.text;
        EXPECT_EQ(without_user_info(parsed.url), row.url);
        EXPECT_EQ(parsed.url.host, row.host);
        EXPECT_EQ(parsed.url.port, row.port);
    }
}

TEST(ParseUrl, DecodesTheUserInfo) {
    struct Row {
        const char* text;
        bool has;
        const char* user;
        const char* password;
    };
    const Row rows[] = {
        {"http://u:p@h", true, "u", "p"},     {"http://u@h", true, "u", ""},
        {"http://u:@h", true, "u", ""},       {"http://:p@h", true, "", "p"},
        {"http://@h", false, "", ""},         {"http://u%40x:p%3a%2F%C3%B1@h", true, "u@x", "p:/ñ"},
        {"http://u:p:q@h", true, "u", "p:q"}, {"http://u:a@b@h", true, "u", "a@b"},
        {"http://u:ñ@h", true, "u", "ñ"},
    };
    for (const Row& row : rows) {
        const ParsedUrl parsed = parse_url(row.text, kHttp);
        ASSERT_EQ(parsed.fault, UrlFault::none) << row.text;
        EXPECT_EQ(parsed.url.has_user_info, row.has) << row.text;
        EXPECT_EQ(parsed.url.user, row.user) << row.text;
        EXPECT_EQ(parsed.url.password, row.password) << row.text;
        EXPECT_EQ(parsed.url.host, "h") << row.text;
    }
}

TEST(ParseUrl, NamesWhatIsWrong) {
    using std::string_literals::operator""s;
    const std::pair<std::string, UrlFault> rows[] = {
        {"", UrlFault::no_scheme},
        {"www.example.com", UrlFault::no_scheme},
        {"://x", UrlFault::no_scheme},
        {"http:/x", UrlFault::no_scheme},
        {"ftp://x", UrlFault::scheme},
        {"file:///etc/passwd", UrlFault::scheme},
        {"javascript://x", UrlFault::scheme},
        {"httpss://x", UrlFault::scheme},
        {"http", UrlFault::no_scheme},
        {"http://", UrlFault::no_host},
        {"http:///path", UrlFault::no_host},
        {"http://:80", UrlFault::no_host},
        {"http://u@", UrlFault::no_host},
        {"http://?x", UrlFault::no_host},
        {"http://a..b", UrlFault::host},
        {"http://.a", UrlFault::host},
        {"http://a%2eb", UrlFault::host},
        {"http://a*b", UrlFault::host},
        {"http://" + std::string(64, 'a'), UrlFault::host},
        {"http://" + std::string(127, 'a') + "." + std::string(127, 'b'), UrlFault::host},
        {"http://[::1", UrlFault::host},
        {"http://[]", UrlFault::host},
        {"http://[::1]x", UrlFault::host},
        {"http://[127.0.0.1]", UrlFault::host},
        {"http://[fe80::1%]/", UrlFault::host},
        {"http://::1/", UrlFault::no_host},
        {"http://a:", UrlFault::port},
        {"http://a:0", UrlFault::port},
        {"http://a:65536", UrlFault::port},
        {"http://a:-1", UrlFault::port},
        {"http://a:8o", UrlFault::port},
        {"http://a:80:80", UrlFault::port},
        {" http://a", UrlFault::characters},
        {"http://a ", UrlFault::characters},
        {"http://a/b c", UrlFault::characters},
        {"http://a/\r\nX: y", UrlFault::characters},
        {"http://a/\0"s, UrlFault::characters},
        {"http://a/\x7f", UrlFault::characters},
        {"http://a/\u0085", UrlFault::characters},
        {"http://a/\u00a0", UrlFault::characters},
        {"http://a\\@b", UrlFault::characters},
        {"http://u%zz@a", UrlFault::user_info},
        {"http://u%4@a", UrlFault::user_info},
        {"http://u%00@a", UrlFault::user_info},
        {"http://u:%0d%0aX@a", UrlFault::user_info},
        {"http://u%3ax:p@a", UrlFault::user_info},
        {"http://u:%ff@a", UrlFault::user_info},
    };
    for (const auto& [text, fault] : rows) {
        EXPECT_EQ(parse_url(text, kHttp).fault, fault) << text;
        EXPECT_FALSE(message_of(fault).empty());
    }
}

TEST(ParseUrl, KnowsThePortsOfSchemes) {
    const std::pair<const char*, std::uint16_t> rows[] = {
        {"http://h", 80}, {"https://h", 443}, {"socks5://h", 1080}, {"https://h:8443", 8443}};
    for (const auto& [text, port] : rows) {
        EXPECT_EQ(effective_port(parse_url(text, "http https socks5").url), port) << text;
    }
}

TEST(IsHost, AcceptsNamesAndAddresses) {
    for (const char* text : {"a", "a.b", "a-b.c", "_srv.x", "10.0.0.1", "::1", "fe80::1%eth0",
                             "ñandú.example", "a."}) {
        EXPECT_TRUE(is_host(text)) << text;
    }
    for (const char* text : {"", ".", "a b", "a/b", "a:1", "http://a", "[::1]", "a@b", "a..b",
                             ":::", "fe80::1%", "fe80::1%a b", "a\n"}) {
        EXPECT_FALSE(is_host(text)) << text;
    }
}

}  // namespace
}  // namespace vigia
