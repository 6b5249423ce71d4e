#include "env/real/smtp_reply.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using State = SmtpReplyReader::State;

TEST(SmtpReply, LinesAreTakenApart) {
    const auto read = [](std::string_view line) -> std::string {
        const std::optional<SmtpReplyLine> reply = parse_reply_line(line);
        if (!reply) return "none";
        return std::to_string(reply->code) + (reply->last ? " last " : " more ") +
               std::string(reply->text);
    };
    EXPECT_EQ(read("250 ok\r\n"), "250 last ok");
    EXPECT_EQ(read("250-ok\r\n"), "250 more ok");
    EXPECT_EQ(read("250\r\n"), "250 last ");
    EXPECT_EQ(read("354 "), "354 last ");
    EXPECT_EQ(read("250-"), "250 more ");
    for (const char* bad :
         {"", "25", "2500 x", "abc d", "150 x", "650 x", "250x", "HTTP/1.1 200"}) {
        EXPECT_EQ(read(bad), "none") << bad;
    }
}

TEST(SmtpReply, IsReadWhateverThePieces) {
    const std::string whole = "250-first\r\n250-\r\n250 last\r\n";
    for (std::size_t size = 1; size <= whole.size(); ++size) {
        SmtpReplyReader reader;
        State state = State::incomplete;
        for (std::size_t at = 0; at < whole.size(); at += size) {
            EXPECT_EQ(state, State::incomplete);
            state = reader.feed(std::string_view(whole).substr(at, size));
        }
        EXPECT_EQ(state, State::complete);
        EXPECT_EQ(reader.reply().code, 250);
        EXPECT_EQ(reader.reply().text, "first last");
    }
}

TEST(SmtpReply, IsMalformedWhenItIsNone) {
    for (const char* bad : {"hello\r\n", "250-a\r\n251 b\r\n", "250 a\r\n250 b\r\n", "\r\n"}) {
        SmtpReplyReader reader;
        EXPECT_EQ(reader.feed(bad), State::malformed) << bad;
        EXPECT_EQ(reader.feed("250 ok\r\n"), State::malformed) << bad;
    }
}

TEST(SmtpReply, IsBounded) {
    SmtpReplyReader reader;
    State state = State::incomplete;
    std::size_t fed = 0;
    while (state == State::incomplete && fed < 10 * SmtpReplyReader::kMaxBytes) {
        const std::string line = "250-" + std::string(1000, 'x') + "\r\n";
        state = reader.feed(line);
        fed += line.size();
    }
    EXPECT_EQ(state, State::malformed);
    EXPECT_LE(reader.reply().text.size(), 512U);

    SmtpReplyReader endless_line;
    state = State::incomplete;
    for (int i = 0; i < 1000 && state == State::incomplete; ++i) {
        state = endless_line.feed(std::string(1000, '2'));
    }
    EXPECT_EQ(state, State::malformed);
}

TEST(SmtpReply, TextIsNotCutInsideACodePoint) {
    SmtpReplyReader reader;
    std::string text;
    while (text.size() < 1000) text += "ñ";
    reader.feed("550 " + text + "\r\n");
    EXPECT_TRUE(reader.reply().text.ends_with("…"));
}

TEST(SmtpReply, MeansWhatItsPhaseSays) {
    using P = DeliveryPhase;
    using F = DeliveryFailure;
    struct Case {
        P phase;
        int code;
        F expected;
    };
    const Case cases[] = {
        {P::sender, 250, F::none},
        {P::recipient, 251, F::none},
        {P::content, 354, F::none},
        {P::acknowledgement, 250, F::none},
        {P::content, 250, F::server_error},
        {P::sender, 450, F::server_error},
        {P::sender, 550, F::server_error},
        {P::recipient, 450, F::deferred},
        {P::recipient, 550, F::rejected_recipient},
        {P::content, 451, F::deferred},
        {P::content, 554, F::rejected_recipient},
        {P::acknowledgement, 452, F::deferred},
        {P::acknowledgement, 552, F::rejected_recipient},
        {P::acknowledgement, 354, F::server_error},
        {P::recipient, 421, F::server_error},
        {P::acknowledgement, 421, F::server_error},
        {P::auth, 535, F::authentication},
        {P::greeting, 554, F::server_error},
    };
    for (const Case& one : cases) EXPECT_EQ(judge_reply(one.phase, one.code), one.expected);
}

TEST(SmtpExtensions, AreTakenFromTheAnswerToEhlo) {
    SmtpExtensions extensions;
    extensions.take("smtputf8");
    extensions.take("8BITMIME");
    extensions.take("SIZE 1000");
    EXPECT_TRUE(extensions.smtp_utf8 && extensions.eight_bit_mime);
}

}  // namespace
}  // namespace vigia
