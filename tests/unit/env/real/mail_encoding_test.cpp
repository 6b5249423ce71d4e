#include "env/real/mail_encoding.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <sstream>
#include <vector>

namespace vigia {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t end = text.find("\r\n"); end != std::string::npos;
         end = text.find("\r\n", begin)) {
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 2;
    }
    lines.push_back(text.substr(begin));
    return lines;
}

std::string from_base64(std::string_view text) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned block = 0;
    int bits = 0;
    for (const char c : text) {
        const std::size_t value = kAlphabet.find(c);
        if (value == std::string_view::npos) break;
        block = block << 6U | static_cast<unsigned>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>(block >> bits & 0xffU);
        }
    }
    return out;
}

/// Undoes encode_header_text(), as a mail reader does.
std::string read_header(const std::string& value) {
    std::string out;
    std::string pending = value;
    for (std::size_t at; (at = pending.find("=?UTF-8?B?")) != std::string::npos;) {
        const std::size_t end = pending.find("?=", at + 10);
        out += from_base64(std::string_view(pending).substr(at + 10, end - at - 10));
        pending.erase(0, end + 2);
    }
    return out + (out.empty() ? pending : "");
}

TEST(MailEncoding, LeavesShortAsciiAsItIs) {
    EXPECT_EQ(encode_header_text("Server down - web", 9), "Server down - web");
    EXPECT_EQ(encode_header_text("", 9), "");
}

TEST(MailEncoding, EncodesTheRestInWordsOfAtMost75Characters) {
    const std::vector<std::string> texts = {
        "🔴 ALERTA: Servicio caído - Web uno",
        "ñ",
        std::string(300, 'x'),
        "looks like =?UTF-8?B?one?=",
        [] {
            std::string many;
            for (int i = 0; i < 200; ++i) many += i % 3 == 0 ? "🐦" : i % 3 == 1 ? "ñ" : "x";
            return many;
        }(),
    };
    for (const std::string& text : texts) {
        for (const std::size_t used : {std::size_t{4}, std::size_t{9}, std::size_t{40}}) {
            const std::string encoded = encode_header_text(text, used);
            EXPECT_EQ(read_header(encoded), text);
            std::size_t before = used;
            for (const std::string& line : lines_of(encoded)) {
                EXPECT_LE(before + line.size(), 76U) << encoded;
                EXPECT_TRUE(before == used || line.starts_with(" ")) << encoded;
                EXPECT_EQ(line.find_first_not_of(" ") == std::string::npos, line.empty());
                const std::size_t word = line.find("=?");
                if (word != std::string::npos) {
                    EXPECT_LE(line.size() - word, 75U);
                    EXPECT_TRUE(is_utf8(read_header(line.substr(word)))) << "cut code point";
                }
                before = 0;
            }
        }
    }
}

TEST(MailEncoding, ALineBreakNeverBecomesAHeader) {
    for (const char* bad :
         {"a\r\nBcc: eva@example.org", "a\nb", "a\rb", "\r\n\r\nbody", "a\x7f\x01"}) {
        MailMessage message;
        message.from_address = "v@example.org";
        message.to = "a@example.org";
        message.subject = message.from_name = message.message_id = message.in_reply_to = bad;
        const std::string mail = render_mail(message);
        for (const std::string& line : lines_of(mail.substr(0, mail.find("\r\n\r\n")))) {
            EXPECT_FALSE(line.starts_with("Bcc")) << mail;
            EXPECT_TRUE(line.starts_with(" ") || line.find(':') != std::string::npos) << line;
        }
    }
    EXPECT_EQ(header_safe("a\r\nb\tc\x7f"), "a  b c ");
    EXPECT_EQ(header_safe("\xff"), "\xef\xbf\xbd");
    EXPECT_EQ(header_safe("caí\xc3"), "caí\xef\xbf\xbd");
}

TEST(MailEncoding, WritesMailboxes) {
    EXPECT_EQ(encode_mailbox("", "a@x.org", 6), "a@x.org");
    EXPECT_EQ(encode_mailbox("Ana Bel", "a@x.org", 6), "Ana Bel <a@x.org>");
    EXPECT_EQ(encode_mailbox("Bel, Ana \"x\"", "a@x.org", 6), "\"Bel, Ana \\\"x\\\"\" <a@x.org>");
    EXPECT_EQ(encode_mailbox("Ñu", "a@x.org", 6), "=?UTF-8?B?w5F1?= <a@x.org>");
    EXPECT_EQ(encode_mailbox(std::string(65, 'x'), "a@x.org", 6),
              std::string(65, 'x') + "\r\n <a@x.org>");
}

TEST(MailEncoding, KnowsAddresses) {
    for (const char* good : {"a@b", "ana.bel+x@example.org", "ñ@example.org", "\"a@b\"@c"}) {
        EXPECT_TRUE(is_mail_address(good)) << good;
    }
    for (const char* bad : {"", "a", "@b", "a@", "a b@c", "a@b>", "<a@b>", "a\n@b", "\xff@b"}) {
        EXPECT_FALSE(is_mail_address(bad)) << bad;
    }
    EXPECT_FALSE(is_mail_address(std::string(250, 'a') + "@b.cd"));
}

TEST(MailEncoding, WritesQuotedPrintable) {
    EXPECT_EQ(quoted_printable(""), "\r\n");
    EXPECT_EQ(quoted_printable("abc"), "abc\r\n");
    EXPECT_EQ(quoted_printable("abc\n"), "abc\r\n");
    EXPECT_EQ(quoted_printable("a\r\nb\rc\n\nd"), "a\r\nb\r\nc\r\n\r\nd\r\n");
    EXPECT_EQ(quoted_printable("a=b"), "a=3Db\r\n");
    EXPECT_EQ(quoted_printable("caído"), "ca=C3=ADdo\r\n");
    EXPECT_EQ(quoted_printable("end \nend\t"), "end=20\r\nend=09\r\n");
    EXPECT_EQ(quoted_printable("a b\tc"), "a b\tc\r\n");
    EXPECT_EQ(quoted_printable(std::string("\0\x7f", 2)), "=00=7F\r\n");
    EXPECT_EQ(quoted_printable(std::string(76, 'x')), std::string(76, 'x') + "\r\n");
    EXPECT_EQ(quoted_printable(std::string(77, 'x')), std::string(75, 'x') + "=\r\nxx\r\n");
    std::string wide;
    for (int i = 0; i < 100; ++i) wide += "ñ";
    for (const std::string& line : lines_of(quoted_printable(wide))) EXPECT_LE(line.size(), 76U);
}

TEST(MailEncoding, StuffsDotsAndEndsTheData) {
    EXPECT_EQ(dot_stuffed("a\r\n.\r\n..b\r\nc.\r\n"), "a\r\n..\r\n...b\r\nc.\r\n.\r\n");
    EXPECT_EQ(dot_stuffed("a"), "a\r\n.\r\n");
    EXPECT_EQ(dot_stuffed(""), ".\r\n");
}

TEST(MailEncoding, RendersAWholeMessage) {
    MailMessage message;
    message.from_address = "vigia@example.org";
    message.from_name = "Vigía";
    message.to = "ana@example.org";
    message.subject = "Prueba";
    message.message_id = "<2@example.org>";
    message.in_reply_to = "<1@example.org>";
    message.date = WallTime(std::chrono::seconds(1734600000));
    message.text = "texto\n";
    message.html = "<p>texto</p>\n";
    const std::string mail = render_mail(message);
    for (const char* expected :
         {"From: =?UTF-8?B?Vmlnw61h?= <vigia@example.org>\r\n", "\r\nTo: ana@example.org\r\n",
          "\r\nSubject: Prueba\r\n", "\r\nMessage-ID: <2@example.org>\r\n",
          "\r\nIn-Reply-To: <1@example.org>\r\n", "\r\nReferences: <1@example.org>\r\n",
          "\r\nAuto-Submitted: auto-generated\r\n", "\r\nX-Auto-Response-Suppress: All\r\n",
          "\r\nMIME-Version: 1.0\r\n", "\r\nContent-Type: multipart/alternative;\r\n boundary=\"",
          "\r\nContent-Type: text/plain; charset=utf-8\r\n",
          "\r\nContent-Type: text/html; charset=utf-8\r\n"}) {
        EXPECT_NE(mail.find(expected), std::string::npos) << expected << mail;
    }
    EXPECT_NE(mail.find("\r\nDate: "), std::string::npos);
    const std::size_t at = mail.find("boundary=\"") + 10;
    const std::string boundary = mail.substr(at, mail.find('"', at) - at);
    EXPECT_TRUE(mail.ends_with("\r\n--" + boundary + "--\r\n"));
    for (const std::string& line : lines_of(mail)) {
        EXPECT_LE(line.size(), 78U);
        EXPECT_EQ(line.find('\n'), std::string::npos);
    }
    EXPECT_EQ(render_mail(message), mail) << "the same message, the same bytes";
}

}  // namespace
}  // namespace vigia
