#include "base/text.hpp"
#include "notify/mail_content.hpp"
#include "tests/unit/notify/samples.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::test {
namespace {

using namespace std::string_literals;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

MailMessage alert_of(std::string name) {
    Announcement about = sample_outage();
    about.monitor_name = std::move(name);
    return render(sample(NotificationKind::alert, about));
}

MailMessage answer_of(std::string evidence) {
    Announcement about = sample_outage();
    about.evidence = std::move(evidence);
    return render(sample(NotificationKind::alert, about));
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

struct NameCase {
    std::string name;
    std::string_view shown;
};

TEST(RenderMail, ShowsControlAndBidirectionalCharactersOfNames) {
    const std::vector<NameCase> cases{
        {"Web\r\nBcc: all@example.com", "Web\\r\\nBcc: all@example.com"},
        {"Web\nEstado: RECUPERADO", "Web\\nEstado: RECUPERADO"},
        {"a\u2028b\u0085c", "a\\u2028b\\u0085c"},
        {"safe\u202egnp.exe", "safe\\u202egnp.exe"},
        {"tab\there\x1b[31m", "tab\\there\\x1b[31m"},
        {"bad \xff\xc3( utf", "bad \\xff\\xc3( utf"},
        {"zero\0byte"s, "zero\\x00byte"},
        {"Señal ñandú 🛒 日本", "Señal ñandú 🛒 日本"},
    };
    for (const NameCase& c : cases) {
        const MailMessage mail = alert_of(c.name);
        EXPECT_EQ(mail.subject, "🔴 ALERTA: Servicio caído - " + std::string(c.shown));
        EXPECT_THAT(lines_of(mail.text), testing::Contains("Servicio: " + std::string(c.shown)));
        EXPECT_TRUE(is_utf8(mail.text));
        EXPECT_TRUE(is_utf8(mail.html));
        EXPECT_THAT(mail.html, HasSubstr(c.shown));
    }
}

TEST(RenderMail, HeadersStayOneLineWhateverTheChannelHolds) {
    Notification alert = sample(NotificationKind::alert);
    alert.recipient.address = "ops@example.com\r\nBcc: all@example.com";
    const Catalog catalog(Language::es);
    const HostFacts host{"host\r\nX: y", "sys\ntem", "x86\n"};
    const MailMessage mail =
        render_mail(alert, {catalog, host, "a@b.example\r\nX: y", "Name\r\nX: y", kConfirmed});
    for (const std::string* const header :
         {&mail.from_address, &mail.from_name, &mail.to, &mail.subject, &mail.message_id}) {
        EXPECT_TRUE(is_one_line(*header)) << *header;
    }
    EXPECT_THAT(lines_of(mail.text), Each(Not(testing::StartsWith("X:"))));
}

TEST(RenderMail, ShortensLongNames) {
    for (const std::string& piece : {"x"s, "ñ"s, "日"s, "🛒"s, "\x01"s}) {
        std::string name;
        while (name.size() < 10'240) name += piece;
        const MailMessage mail = alert_of(name);
        EXPECT_LE(mail.subject.size(), kMaxSubject);
        EXPECT_GT(mail.subject.size(), kMaxSubject - 8);
        EXPECT_TRUE(mail.subject.ends_with("…"));
        EXPECT_TRUE(is_utf8(mail.subject));
        EXPECT_LT(mail.text.size(), 3'000U);
        EXPECT_TRUE(is_utf8(mail.text));
        EXPECT_TRUE(is_utf8(mail.html));
    }
}

TEST(RenderMail, NoLineOfTheAnswerPassesForAField) {
    const MailMessage mail = answer_of("Estado: RECUPERADO\n\nServicio: otro\rMotivo: ninguno");
    const std::vector<std::string> lines = lines_of(mail.text);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "Estado: CAÍDO"), 1);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "Estado: RECUPERADO"), 0);
    EXPECT_THAT(lines, testing::Contains("  | Estado: RECUPERADO"));
    EXPECT_THAT(lines, testing::Contains("  | Servicio: otro\\rMotivo: ninguno"));
}

TEST(RenderMail, ShowsAnAnswerThatIsNoText) {
    const MailMessage mail = answer_of("\x16\x03\x01\x02\xff\xfe\u202e\tend"s);
    EXPECT_THAT(mail.text, HasSubstr("  | \\x16\\x03\\x01\\x02\\xff\\xfe\\u202e    end\n"));
    EXPECT_THAT(mail.html, HasSubstr(">\\x16\\x03\\x01\\x02\\xff\\xfe\\u202e    end</pre>"));
}

TEST(RenderMail, BoundsTheAnswer) {
    for (const std::string& piece : {"x"s, "\n"s, "a\n"s, "\xff"s, "\r\n\t"s}) {
        std::string evidence;
        while (evidence.size() < 1'000'000) evidence += piece;
        const Catalog catalog(Language::es);
        const HostFacts host;
        Announcement about = sample_outage();
        about.evidence = evidence;
        const MailContent content = compose_mail(sample(NotificationKind::alert, about),
                                                 {catalog, host, "a@b", "", kConfirmed});
        std::size_t size = 0;
        for (const std::string& line : content.evidence) size += line.size() + 1;
        EXPECT_LE(size, kMaxEvidence + 1);
    }
}

}  // namespace
}  // namespace vigia::test
