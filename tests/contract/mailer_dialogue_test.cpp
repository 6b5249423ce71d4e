// CurlMailer: what it says to a mail server that behaves, and what arrives.

#include "tests/contract/real_mail.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using At = SmtpServer::At;
using What = SmtpServer::What;
using Verbs = std::vector<std::string>;

enum class Mode { plain, starttls, tls };

/// A server of that mode, and a mailer that is told of it.
class MailerDialogue : public ::testing::Test {
protected:
    std::unique_ptr<RealMail> make(Mode mode, const std::string& mechanisms) {
        SmtpServer::Options options;
        if (mode != Mode::plain) {
            options.tls = std::make_shared<asio::ssl::context>(server_context(own_));
        }
        options.implicit_tls = mode == Mode::tls;
        options.mechanisms = mechanisms;
        auto real = std::make_unique<RealMail>(std::move(options));
        real->server.security = mode == Mode::tls        ? SmtpSecurity::tls
                                : mode == Mode::starttls ? SmtpSecurity::starttls
                                                         : SmtpSecurity::none;
        real->server.ca_file = directory_.file("own.pem");
        return real;
    }

    void SetUp() override { directory_.write("own.pem", own_.certificate_pem()); }

    Certificate own_{loopback_spec("mail"), nullptr};
    TemporaryDirectory directory_;
};

TEST_F(MailerDialogue, EveryKindOfServerIsServed) {
    for (const Mode mode : {Mode::plain, Mode::starttls, Mode::tls}) {
        for (const char* mechanisms : {"", "PLAIN", "LOGIN", "XYZ GSSAPI LOGIN PLAIN"}) {
            const auto real = make(mode, mechanisms);
            const bool login = *mechanisms != '\0';
            real->server.user = "ana";
            if (login) real->server.password = Secret("clave");
            EXPECT_EQ(brief(real->send()), "accepted") << static_cast<int>(mode) << mechanisms;
            ASSERT_EQ(real->smtp.mails().size(), 1U);
            const ReceivedMail& mail = real->smtp.mails().front();
            EXPECT_EQ(mail.from, "vigia@example.org");
            EXPECT_EQ(mail.to, Verbs{"ana@example.org"});
            EXPECT_EQ(mail.encrypted, mode != Mode::plain);
            EXPECT_EQ(mail.authenticated, login);
        }
    }
}

TEST_F(MailerDialogue, WhatArrivesIsWhatWasSent) {
    const auto real = make(Mode::plain, "");
    EXPECT_EQ(brief(real->send()), "accepted");
    const std::string& data = real->smtp.mails().at(0).data;
    EXPECT_TRUE(data.starts_with("From: vigia <vigia@example.org>\r\nTo: ana@example.org\r\n"));
    EXPECT_NE(data.find("\r\nMessage-ID: <1.ana@example.org>\r\n"), std::string::npos);
    EXPECT_NE(data.find("\r\n.\r\n..dos puntos\r\nFin\r\n"), std::string::npos) << data;
}

TEST_F(MailerDialogue, APasswordWhereNoAuthCanBeUsedIsAnErrorAndNothingIsSent) {
    for (const Mode mode : {Mode::plain, Mode::starttls, Mode::tls}) {
        for (const char* mechanisms : {"", "XYZ", "GSSAPI NTLM"}) {
            const auto real = make(mode, mechanisms);
            real->server.user = "ana";
            real->server.password = Secret("clave");
            EXPECT_EQ(brief(real->send()), "auth no_authentication");
            EXPECT_FALSE(real->smtp.saw("MAIL"));
            EXPECT_TRUE(real->smtp.mails().empty());
        }
    }
}

TEST_F(MailerDialogue, AnEmptyPasswordMeansNoAuth) {
    const auto real = make(Mode::plain, "PLAIN LOGIN");
    real->server.user = "ana";
    EXPECT_EQ(brief(real->send()), "accepted");
    EXPECT_FALSE(real->smtp.saw("AUTH"));
}

TEST_F(MailerDialogue, StarttlsIsRequiredWhereItIsAskedFor) {
    const auto real = make(Mode::plain, "PLAIN");
    real->server.security = SmtpSecurity::starttls;
    real->server.user = "ana";
    real->server.password = Secret("clave");
    const DeliveryOutcome outcome = real->send();
    EXPECT_EQ(outcome.failure, DeliveryFailure::tls);
    EXPECT_EQ(outcome.phase, DeliveryPhase::tls);
    EXPECT_NE(outcome.detail.find("STARTTLS"), std::string::npos);
    EXPECT_FALSE(real->smtp.saw("AUTH") || real->smtp.saw("MAIL"));
}

TEST_F(MailerDialogue, AnOldServerIsGreetedWithHelo) {
    SmtpServer::Options options;
    options.helo_only = true;
    RealMail real(options);
    EXPECT_EQ(brief(real.send()), "accepted");
    const Verbs expected = {"EHLO", "HELO", "MAIL", "RCPT", "DATA"};
    EXPECT_EQ(real.smtp.commands(), expected);
}

TEST_F(MailerDialogue, ABurstSharesAConnection) {
    const auto real = make(Mode::starttls, "PLAIN");
    real->server.user = "ana";
    real->server.password = Secret("clave");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(brief(real->send()), "accepted");
    EXPECT_EQ(real->smtp.connections(), 1);
    EXPECT_EQ(real->smtp.mails().size(), 5U);
    // After a while of idleness it is closed, with a QUIT.
    run_until(real->io, [&real] { return real->smtp.open_connections() == 0; });
    EXPECT_EQ(real->smtp.commands().back(), "QUIT");
    EXPECT_EQ(brief(real->send()), "accepted");
    EXPECT_EQ(real->smtp.connections(), 2);
}

TEST_F(MailerDialogue, ARefusedRecipientDoesNotStopTheNext) {
    const auto real = make(Mode::plain, "");
    real->smtp.fault(At::rcpt, {What::reply, "550 no such user"});
    EXPECT_EQ(brief(real->send()), "recipient rejected_recipient 550");
    real->smtp.clear_faults();
    EXPECT_EQ(brief(real->send()), "accepted");
    EXPECT_EQ(real->smtp.connections(), 1);
    const Verbs expected = {"EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"};
    EXPECT_EQ(real->smtp.commands(), expected);
}

TEST_F(MailerDialogue, AConnectionThatDiedIdleIsReplacedUnnoticed) {
    for (const auto& fault : {SmtpServer::Fault{What::drop, {}},
                              SmtpServer::Fault{What::reply, "421 idle for too long"}}) {
        const auto real = make(Mode::plain, "");
        EXPECT_EQ(brief(real->send()), "accepted");
        real->smtp.fault(At::mail, fault);
        std::optional<DeliveryOutcome> second;
        asio::co_spawn(
            real->io,
            real->mailer->send(std::make_shared<const MailServer>(real->server), sample_mail()),
            [&second](std::exception_ptr, DeliveryOutcome outcome) { second = outcome; });
        run_until(real->io, [&real] {
            return std::count(real->smtp.commands().begin(), real->smtp.commands().end(), "MAIL") ==
                   2;
        });
        real->smtp.clear_faults();
        run_until(real->io, [&second] { return second.has_value(); });
        EXPECT_EQ(brief(*second), "accepted");
        EXPECT_EQ(real->smtp.connections(), 2);
    }
}

TEST_F(MailerDialogue, SendsAtOnceUseConnectionsOfTheirOwn) {
    const auto real = make(Mode::plain, "");
    int accepted = 0;
    for (int i = 0; i < 6; ++i) {
        asio::co_spawn(
            real->io,
            real->mailer->send(std::make_shared<const MailServer>(real->server), sample_mail()),
            [&accepted](std::exception_ptr, DeliveryOutcome outcome) {
                if (outcome.accepted()) ++accepted;
            });
    }
    run_until(real->io, [&accepted] { return accepted == 6; });
    EXPECT_EQ(real->smtp.connections(), 6);
    EXPECT_EQ(real->smtp.mails().size(), 6U);
}

TEST_F(MailerDialogue, AddressesThatAreNoneNeverReachTheServer) {
    const auto real = make(Mode::plain, "");
    for (const char* address :
         {"", "ana", "ana@", "@example.org", "ana@example.org\r\nRCPT TO:<x@y>",
          "ana@example.org> SIZE=1", "a b@example.org"}) {
        MailMessage message = sample_mail();
        message.to = address;
        EXPECT_EQ(brief(real->send(message)), "recipient rejected_recipient") << address;
    }
    EXPECT_EQ(real->smtp.connections(), 0);
}

TEST_F(MailerDialogue, InternationalAddressesNeedAServerThatKnowsThem) {
    const auto real = make(Mode::plain, "");
    MailMessage domain = sample_mail();
    domain.to = "ana@café.test";
    EXPECT_EQ(brief(real->send(domain)), "accepted");
    EXPECT_EQ(real->smtp.mails().at(0).to, Verbs{"ana@xn--caf-dma.test"});
    MailMessage local = sample_mail();
    local.to = "muñoz@example.org";
    EXPECT_EQ(brief(real->send(local)), "recipient rejected_recipient");

    SmtpServer::Options options;
    options.smtp_utf8 = true;
    RealMail wide(options);
    EXPECT_EQ(brief(wide.send(local)), "accepted");
    EXPECT_EQ(wide.smtp.mails().at(0).to, Verbs{"muñoz@example.org"});
}

TEST_F(MailerDialogue, ALargeMessageArrivesWhole) {
    for (const Mode mode : {Mode::plain, Mode::tls}) {
        const auto real = make(mode, "");
        MailMessage message = sample_mail();
        for (int i = 0; i < 8'000; ++i) message.text += ".line " + std::to_string(i) + "\n";
        EXPECT_EQ(brief(real->send(message)), "accepted");
        const std::string& data = real->smtp.mails().at(0).data;
        EXPECT_NE(data.find("\r\n.line 7999\r\n"), std::string::npos);
        EXPECT_EQ(data.find("\r\n..line"), std::string::npos);
    }
}

TEST_F(MailerDialogue, ThePasswordNeverComesBackInADetail) {
    const auto real = make(Mode::plain, "PLAIN");
    real->server.user = "ana";
    real->server.password = Secret("canary-password");
    real->smtp.fault(At::auth, {What::reply, "535 canary-password is wrong"});
    const DeliveryOutcome outcome = real->send();
    EXPECT_EQ(outcome.failure, DeliveryFailure::authentication);
    EXPECT_EQ(outcome.detail.find("canary"), std::string::npos);
}

}  // namespace
}  // namespace vigia::test
