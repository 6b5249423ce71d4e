#include "notify/mail_content.hpp"
#include "tests/unit/notify/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr NotificationKind kKinds[] = {NotificationKind::alert,    NotificationKind::reminder,
                                       NotificationKind::recovery, NotificationKind::test,
                                       NotificationKind::offline,  NotificationKind::trouble};

/// Empty if the tags of `html` are balanced as in XML, else the tag that is out of place.
std::string first_unbalanced_tag(std::string_view html) {
    std::vector<std::string> open;
    for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
        const std::size_t end = html.find('>', at);
        if (end == std::string_view::npos) return "<";
        const std::string_view tag = html.substr(at + 1, end - at - 1);
        at = end;
        if (tag.starts_with('!') || tag.ends_with('/')) continue;
        const bool closing = tag.starts_with('/');
        const std::string name(tag.substr(closing ? 1 : 0, tag.find(' ') - (closing ? 1 : 0)));
        if (!closing) {
            open.push_back(name);
        } else if (open.empty() || open.back() != name) {
            return std::string(tag);
        } else {
            open.pop_back();
        }
    }
    return open.empty() ? std::string() : open.back();
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else if (c == '"') {
            out += "&quot;";
        } else {
            out += c;
        }
    }
    return out;
}

TEST(HtmlPart, HoldsTheFieldsOfTheTextPart) {
    for (const NotificationKind kind : kKinds) {
        for (const Language language : {Language::es, Language::en}) {
            const Catalog catalog(language);
            const HostFacts host{"watcher-01", "Linux 6.1.0", "x86_64"};
            const MailContent content =
                compose_mail(sample(kind), {catalog, host, "monitor@example.com", "", kConfirmed});
            const std::string html = html_part(content, language);
            std::size_t at = 0;
            for (const auto* fields : {&content.fields, &content.host}) {
                for (const MailContent::Field& field : *fields) {
                    at = html.find(">" + escaped(field.label) + "</th>", at);
                    ASSERT_NE(at, std::string::npos) << field.label;
                    at = html.find(">" + escaped(field.value) + "</td>", at);
                    ASSERT_NE(at, std::string::npos) << field.value;
                }
            }
            EXPECT_THAT(html, HasSubstr(content.closing));
        }
    }
}

TEST(HtmlPart, NamesItsLanguage) {
    EXPECT_THAT(render(sample(NotificationKind::alert)).html, HasSubstr("<html lang=\"es\">"));
    EXPECT_THAT(render(sample(NotificationKind::alert), Language::en).html,
                HasSubstr("<html lang=\"en\">"));
}

TEST(HtmlPart, IsWellFormedAndLoadsNothing) {
    for (const NotificationKind kind : kKinds) {
        const std::string html = render(sample(kind)).html;
        EXPECT_EQ(first_unbalanced_tag(html), "");
        for (const char* const loader : {"http:", "https:", "url(", "src=", "href=", "@import"}) {
            EXPECT_THAT(html, Not(HasSubstr(loader)));
        }
    }
}

TEST(HtmlPart, KeepsTheLinesOfTheAnswer) {
    EXPECT_THAT(render(sample(NotificationKind::alert)).html,
                HasSubstr("\">&lt;h1&gt;503&lt;/h1&gt;\n"
                          "&lt;p&gt;come back &quot;later&quot; &amp; rest&lt;/p&gt;</pre>"));
}

TEST(HtmlPart, EscapesWhatComesFromOutside) {
    Announcement about = sample_outage();
    about.monitor_name = "<script>alert(1)</script>\" onload='x' &amp;";
    about.evidence = "</pre></td><img src=x onerror=alert(1)>";
    about.reason = {Phase::tls, ReasonCode::tls_failure, 0, "<b>bold</b>"};
    const std::string html = render(sample(NotificationKind::alert, about)).html;
    EXPECT_EQ(first_unbalanced_tag(html), "");
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("<img")));
    EXPECT_THAT(html, Not(HasSubstr("<b>")));
    EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; "
                                "&amp;amp;"));
    EXPECT_THAT(html, HasSubstr("&lt;/pre&gt;&lt;/td&gt;&lt;img src=x onerror=alert(1)&gt;"));
}

}  // namespace
}  // namespace vigia::test
