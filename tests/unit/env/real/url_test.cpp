#include "env/real/url.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using namespace std::literals;

/// "text host port secure", or "none".
std::string parsed(std::string_view text) {
    const std::optional<Url> url = Url::parse(text);
    if (!url) return "none";
    return url->text() + " " + url->host() + " " + std::to_string(url->port()) +
           (url->secure() ? " secure" : "");
}

TEST(Url, TakesHttpAndHttpsApart) {
    EXPECT_EQ(parsed("http://example.org"), "http://example.org/ example.org 80");
    EXPECT_EQ(parsed("HTTPS://Example.ORG/a?b"), "https://Example.ORG/a?b example.org 443 secure");
    EXPECT_EQ(parsed("http://example.org:8080/#part"), "http://example.org:8080/ example.org 8080");
    EXPECT_EQ(parsed("http://ana:clave@example.org/"), "http://example.org/ example.org 80");
    EXPECT_EQ(parsed("http://[2001:db8::1]:81/"), "http://[2001:db8::1]:81/ [2001:db8::1] 81");
    EXPECT_EQ(parsed("http://0x7f.1/"), "http://127.0.0.1/ 127.0.0.1 80");
}

TEST(Url, WritesInternationalNamesInAscii) {
    EXPECT_EQ(parsed("http://café.test/ñ"), "http://xn--caf-dma.test/%c3%b1 xn--caf-dma.test 80");
}

/// What libcurl's parser, which with_host() always asks, makes of a URL that it is given.
TEST(Url, MeansToUsWhatItMeansToLibcurl) {
    for (const char* const text : {
             "http://127.0.0.1:8080/m/17",
             "http://0.0.0.0/",
             "http://127.0.0.1.2/",
             "http://127.0.0.01/",
             "http://127.0.0.256/",
             "http://127.1/x",
             "http://1.2.3.4.test/",
             "http://test.7/",
             "http://7/",
             "http://0/",
             "http://0x7f.1/",
             "http://a.0x7f/",
             "http://-a.test/",
             "http://a..test/",
             "http://a.test./",
             "http://a_b.test/",
             "https://a.test/",
             "https://a.test:443/",
             "http://a.test:80/",
             "http://a.test:080/",
             "http://a.test:/x",
             "http://a.test:65535/x",
             "http://a.test/a//b/c.d;e=f,g&h:i@j~k_l+m",
             "http://a.test/a/.b",
             "http://a.test/a/../b",
             "http://a.test/a/..",
             "http://a.test/a..b",
             "http://a.test/x?y=z",
             "http://a.test/x?",
             "http://a.test?x",
             "http://a.test/%41",
             "http://a.test/x#y",
             "http://u:p@a.test/",
             "HTTP://a.test/",
         }) {
        SCOPED_TRACE(text);
        const std::optional<Url> url = Url::parse(text);
        ASSERT_TRUE(url);
        const Url again = url->with_host(url->host());
        EXPECT_EQ(url->text(), again.text());
        EXPECT_EQ(url->host(), again.host());
        EXPECT_EQ(url->port(), again.port());
        EXPECT_EQ(url->secure(), again.secure());
    }
}

TEST(Url, IsNoneOfAnythingElse) {
    for (const char* text :
         {"", "example", "ftp://example.org/", "file:///etc/passwd", "http://", "http://host:0/",
          "http://host:65536/", "http://[::1/", "http://a b/", "javascript:alert(1)"}) {
        EXPECT_EQ(parsed(text), "none") << text;
    }
}

TEST(Url, KnowsItsOrigin) {
    const Url home = *Url::parse("https://example.org/a");
    EXPECT_TRUE(home.same_origin(*Url::parse("https://EXAMPLE.org:443/b?c")));
    EXPECT_FALSE(home.same_origin(*Url::parse("http://example.org/a")));
    EXPECT_FALSE(home.same_origin(*Url::parse("https://example.org:444/a")));
    EXPECT_FALSE(home.same_origin(*Url::parse("https://www.example.org/a")));
}

TEST(Url, NamesItsAuthority) {
    EXPECT_EQ(Url::parse("https://example.org:443/")->authority(), "example.org");
    EXPECT_EQ(Url::parse("https://example.org:80/")->authority(), "example.org:80");
    EXPECT_EQ(Url::parse("http://[::1]/")->authority(), "[::1]");
    EXPECT_EQ(Url::parse("http://a.test:81/x")->with_host("b.test").text(), "http://b.test:81/x");
}

/// The URL, "scheme NAME" or "malformed".
std::string resolved(const char* base, std::string_view reference) {
    const auto result = resolve_reference(*Url::parse(base), reference);
    if (const auto* url = std::get_if<Url>(&result)) return url->text();
    if (const auto* foreign = std::get_if<ForeignScheme>(&result)) {
        return "scheme " + foreign->scheme;
    }
    return "malformed";
}

TEST(Reference, IsResolvedAgainstItsBase) {
    constexpr const char* kBase = "https://example.org/a/b?c=d";
    EXPECT_EQ(resolved(kBase, "e"), "https://example.org/a/e");
    EXPECT_EQ(resolved(kBase, "/e"), "https://example.org/e");
    EXPECT_EQ(resolved(kBase, "../e"), "https://example.org/e");
    EXPECT_EQ(resolved(kBase, "?x=y"), "https://example.org/a/b?x=y");
    EXPECT_EQ(resolved(kBase, "//other.org/e"), "https://other.org/e");
    EXPECT_EQ(resolved(kBase, "http://other.org"), "http://other.org/");
    EXPECT_EQ(resolved(kBase, "HTTP://other.org"), "http://other.org/");
    EXPECT_EQ(resolved(kBase, "/a b"), "https://example.org/a%20b");
    EXPECT_EQ(resolved(kBase, "http://u:p@other.org/#x"), "http://other.org/");
    EXPECT_EQ(resolved(kBase, "e:f"), "scheme e");
    EXPECT_EQ(resolved(kBase, "./e:f"), "https://example.org/a/e:f");
}

TEST(Reference, ThatWouldLeadElsewhereWhenReadAgainIsRefused) {
    const Url base = *Url::parse("https://example.org/");
    for (const std::string_view text :
         {"//213070643%33/"sv, "//33733%33333/"sv, "http://127.0.0.%31x%2e1/\0.example"sv}) {
        EXPECT_TRUE(std::holds_alternative<MalformedReference>(resolve_reference(base, text)))
            << text;
    }
    EXPECT_FALSE(Url::parse("http://33733%33333/"));
    EXPECT_FALSE(Url::parse("http://example.org\0.example/"sv));
}

TEST(Reference, ToAnotherSchemeOrToNothingIsRefused) {
    constexpr const char* kBase = "http://example.org/";
    EXPECT_EQ(resolved(kBase, "file:///etc/passwd"), "scheme file");
    EXPECT_EQ(resolved(kBase, "FTP://x/"), "scheme ftp");
    EXPECT_EQ(resolved(kBase, "mailto:ana@example.org"), "scheme mailto");
    EXPECT_EQ(resolved(kBase, "http://"), "malformed");
    EXPECT_EQ(resolved(kBase, "http://x:y/"), "malformed");
    EXPECT_EQ(resolved(kBase, "/\x01"), "malformed");
}

TEST(Proxy, HasASchemeAndAPortAlways) {
    const auto url = [](std::string_view text) {
        const std::optional<ProxyAddress> proxy = parse_proxy(text);
        return proxy ? proxy->url + " " + proxy->host + " " + std::to_string(proxy->port)
                     : std::string("none");
    };
    EXPECT_EQ(url("http://Proxy.test:3128"), "http://Proxy.test:3128 proxy.test 3128");
    EXPECT_EQ(url("proxy.test:3128"), "http://proxy.test:3128 proxy.test 3128");
    EXPECT_EQ(url("http://proxy.test/"), "http://proxy.test:80 proxy.test 80");
    EXPECT_EQ(url("https://proxy.test"), "https://proxy.test:443 proxy.test 443");
    EXPECT_EQ(url("socks5://proxy.test"), "socks5h://proxy.test:1080 proxy.test 1080");
    EXPECT_EQ(url("http://[::1]:3128"), "http://[::1]:3128 [::1] 3128");
    EXPECT_EQ(url(""), "none");
    EXPECT_EQ(url("http://"), "none");
}

TEST(Host, IsWrittenInAscii) {
    EXPECT_EQ(ascii_host("Mail.Example.ORG"), "mail.example.org");
    EXPECT_EQ(ascii_host("CAFÉ.test"), "xn--caf-dma.test");
    EXPECT_TRUE(is_literal_host("192.0.2.1") && is_literal_host("::1") && is_literal_host("[::1]"));
    EXPECT_FALSE(is_literal_host("192.0.2.x") || is_literal_host("example.org"));
}

}  // namespace
}  // namespace vigia
