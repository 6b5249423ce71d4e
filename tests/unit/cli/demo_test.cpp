#include "cli/demo/demo.hpp"

#include "base/text.hpp"
#include "cli/demo/demo_site.hpp"
#include "cli/demo/mail_view.hpp"
#include "cli/demo/smtp_dialogue.hpp"
#include "tests/unit/cli/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <vector>

namespace vigia {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr WallTime kNow{seconds(1'734'603'323)};

TEST(DemoSite, IsOutOfOrderOnSchedule) {
    const struct {
        Duration at;
        bool out;
    } rows[] = {
        {seconds(0), false},          {milliseconds(7'999), false}, {seconds(8), true},
        {milliseconds(27'999), true}, {seconds(28), false},         {seconds(127), false},
        {seconds(128), true},         {seconds(148), false},        {seconds(8 + 1200), true}};
    for (const auto& row : rows) EXPECT_EQ(in_demo_outage(row.at), row.out) << row.at.count();
}

TEST(DemoSite, AnswersRequests) {
    const struct {
        std::string head;
        bool out;
        std::string start;
        bool body;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", false, "HTTP/1.1 200 OK\r\n", true},
        {"GET / HTTP/1.1\r\n\r\n", true, "HTTP/1.1 503 Service Unavailable\r\n", true},
        {"HEAD / HTTP/1.0\r\n\r\n", false, "HTTP/1.1 200 OK\r\n", false},
        {"POST / HTTP/1.1\r\n\r\n", false, "HTTP/1.1 405 Method Not Allowed\r\n", true},
        {"GET\r\n\r\n", false, "HTTP/1.1 400 Bad Request\r\n", true},
        {"GET / FTP/1.1\r\n\r\n", false, "HTTP/1.1 400 Bad Request\r\n", true},
        {"\x16\x03\x01", false, "HTTP/1.1 400 Bad Request\r\n", true},
    };
    for (const auto& row : rows) {
        const std::string answer = http_answer(row.head, row.out, kNow);
        EXPECT_THAT(answer, StartsWith(row.start));
        EXPECT_THAT(answer, HasSubstr("\r\nDate: Thu, 19 Dec 2024 10:15:23 GMT\r\n"));
        const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
        EXPECT_EQ(!body.empty(), row.body);
        if (row.body) {
            EXPECT_THAT(answer, HasSubstr("Content-Length: " + std::to_string(body.size())));
        }
    }
}

TEST(DemoConfiguration, IsValidInBothLanguages) {
    const std::vector<DemoWebsite> sites{{"Tienda \"ñ\"", "http://127.0.0.1:81/", 2}};
    for (const Language language : {Language::es, Language::en}) {
        const Config config = cli_test::config_of(demo_configuration(sites, 2525, language));
        EXPECT_EQ(config.language, language);
        EXPECT_TRUE(config.warnings.empty());
        ASSERT_EQ(config.monitors.size(), 1U);
        EXPECT_EQ(config.monitors[0]->name, "Tienda \"ñ\"");
        EXPECT_EQ(config.monitors[0]->policy.check_interval, seconds(2));
        EXPECT_EQ(config.email->server.port, 2525);
        EXPECT_FALSE(config.logging.enable_file_logging);
    }
}

/// Plays the client's lines and returns the codes of the replies; the last mail goes to `mail`.
std::string play(const std::vector<std::string>& lines, std::optional<ReceivedMail>& mail) {
    SmtpDialogue dialogue;
    std::string codes;
    for (const std::string& line : lines) {
        SmtpDialogue::Step step = dialogue.line(line);
        codes += step.reply.empty() ? "- " : step.reply.substr(0, 3) + " ";
        if (step.mail) mail = std::move(step.mail);
        if (step.close) codes += "closed";
    }
    return codes;
}

TEST(SmtpDialogue, TakesAMessage) {
    std::optional<ReceivedMail> mail;
    EXPECT_EQ(play({"EHLO me", "mail from:<a@b.c> SIZE=10", "RCPT TO:<d@e.f>", "RCPT TO: <g@h.i>",
                    "DATA", "Subject: x", "", "..stuffed", ".", "QUIT"},
                   mail),
              "250 250 250 250 354 - - - 250 221 closed");
    EXPECT_EQ(mail, (ReceivedMail{"a@b.c", {"d@e.f", "g@h.i"}, "Subject: x\r\n\r\n.stuffed\r\n"}));
}

TEST(SmtpDialogue, KeepsTheOrderOfCommands) {
    std::optional<ReceivedMail> mail;
    EXPECT_EQ(play({"MAIL FROM:<a@b.c>", "HELO me", "RCPT TO:<d@e.f>", "DATA", "MAIL FROM:<>",
                    "MAIL FROM:<a@b.c>", "RCPT TO:<>", "RCPT TO:nobody", "DATA", "RSET", "DATA",
                    "NOOP", "VRFY x", "STARTTLS", "", "MAIL"},
                   mail),
              "503 250 503 503 250 503 501 501 503 250 503 250 252 500 500 501 ");
    EXPECT_FALSE(mail.has_value());
}

TEST(SmtpDialogue, RefusesMoreThanItsBounds) {
    SmtpDialogue dialogue;
    dialogue.line("EHLO me");
    dialogue.line("MAIL FROM:<a@b.c>");
    for (std::size_t i = 0; i < SmtpDialogue::kMaxRecipients; ++i) {
        ASSERT_THAT(dialogue.line("RCPT TO:<d@e.f>").reply, StartsWith("250"));
    }
    EXPECT_THAT(dialogue.line("RCPT TO:<d@e.f>").reply, StartsWith("452"));
    dialogue.line("DATA");
    const std::string line(SmtpDialogue::kMaxLine, 'x');
    for (std::size_t i = 0; i < SmtpDialogue::kMaxContent / line.size() + 2; ++i) {
        dialogue.line(line);
    }
    const SmtpDialogue::Step end = dialogue.line(".");
    EXPECT_THAT(end.reply, StartsWith("552"));
    EXPECT_FALSE(end.mail.has_value());
    EXPECT_THAT(dialogue.line("MAIL FROM:<a@b.c>").reply, StartsWith("250"));
}

TEST(DecodeWords, DecodesWhatItKnows) {
    const struct {
        std::string header;
        std::string text;
    } rows[] = {
        {"", ""},
        {"plain =? text", "plain =? text"},
        {"=?UTF-8?Q?=F0=9F=94=B4_ALERTA?=", "🔴 ALERTA"},
        {"=?utf-8?B?8J+UtCBBTEVSVEE=?=", "🔴 ALERTA"},
        {"=?UTF-8?Q?ca=C3?= =?UTF-8?Q?=ADdo?= x", "caído x"},
        {"a =?UTF-8?Q?b?= c", "a b c"},
        {"=?ISO-8859-1?Q?=E9?=", "=?ISO-8859-1?Q?=E9?="},
        {"=?UTF-8?X?a?=", "=?UTF-8?X?a?="},
        {"=?UTF-8?Q?=ZZ=?=", "=ZZ="},
        {"=?UTF-8?Q?unfinished", "=?UTF-8?Q?unfinished"},
    };
    for (const auto& row : rows) EXPECT_EQ(decode_words(row.header), row.text);
}

constexpr std::string_view kAlternative =
    "Subject: =?UTF-8?Q?ca=C3=ADdo?=\r\n"
    "X-Long: one\r\n two\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/alternative;\r\n boundary=\"b=1\"\r\n"
    "\r\n"
    "preamble\r\n"
    "--b=1\r\n"
    "Content-Type: text/html\r\n\r\n<p>no</p>\r\n"
    "--b=1\r\n"
    "Content-Type: text/plain; charset=UTF-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "Sitio ca=C3=ADdo, una l=\r\n=C3=ADnea\r\n\r\n  | eco\r\n"
    "--b=1--\r\n";

TEST(ReadMail, FindsTheTextPartAndTheHeaders) {
    const ReadableMail mail = read_mail(kAlternative);
    EXPECT_EQ(mail.text, "Sitio caído, una línea\r\n\r\n  | eco");
    EXPECT_EQ(mail.headers[0], (std::pair<std::string, std::string>("Subject", "caído")));
    EXPECT_EQ(mail.headers[1].second, "one two");
}

TEST(ReadMail, ReadsPlainAndBase64Messages) {
    EXPECT_EQ(read_mail("A: b\r\n\r\nhola\r\n").text, "hola\r\n");
    EXPECT_EQ(read_mail("Content-Transfer-Encoding: base64\r\n\r\naG9s\r\nYQ==\r\n").text, "hola");
}

TEST(ReadMail, SurvivesEveryCutOfAMessage) {
    for (std::size_t size = 0; size <= kAlternative.size(); ++size) {
        read_mail(kAlternative.substr(0, size));
    }
    read_mail("Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n--\r\n");
    std::string nested = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
    for (int i = 0; i < 200; ++i)
        nested += "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
    EXPECT_EQ(read_mail(nested).text, "");
}

TEST(FramedMail, FramesHeadersAndText) {
    ReceivedMail mail;
    mail.content = kAlternative;
    EXPECT_EQ(framed_mail(mail, Catalog(Language::en), 40),
              "\n"
              "┌── Mail received ──────────────────────\n"
              "│ Subject: caído\n"
              "│ X-Long: one two\n"
              "│\n"
              "│ Sitio caído, una línea\n"
              "│\n"
              "│   | eco\n"
              "└───────────────────────────────────────\n"
              "\n");
}

TEST(FramedMail, EscapesWhatCouldDisguiseIt) {
    ReceivedMail mail;
    mail.content = "Subject: \x1b[2J\xff\r\n\r\nbody \x07\r\n";
    const std::string framed = framed_mail(mail, Catalog(Language::en), 60);
    EXPECT_THAT(framed, HasSubstr("│ Subject: \\x1b[2J\\xff\n"));
    EXPECT_THAT(framed, HasSubstr("│ body \\x07\n"));
    EXPECT_TRUE(is_utf8(framed));
}

}  // namespace
}  // namespace vigia
