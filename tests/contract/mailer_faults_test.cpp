// CurlMailer against mail servers that refuse, stall or break, phase by phase.

#include "tests/contract/real_mail.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using At = SmtpServer::At;
using What = SmtpServer::What;

/// An authority, and servers that speak TLS with a certificate of its own.
class MailerFaults : public ::testing::Test {
protected:
    MailerFaults() { directory_.write("ca.pem", authority_.certificate_pem()); }

    SmtpServer::Options secure(bool implicit = false) const {
        return secure_with(Certificate(loopback_spec("mail"), &authority_), implicit);
    }
    static SmtpServer::Options secure_with(const Certificate& leaf, bool implicit = false) {
        SmtpServer::Options options;
        options.tls = std::make_shared<asio::ssl::context>(server_context(leaf));
        options.implicit_tls = implicit;
        options.mechanisms = "PLAIN LOGIN";
        return options;
    }

    /// Sends over STARTTLS (or TLS from the start), with a login.
    std::unique_ptr<RealMail> secure_mail(SmtpServer::Options options) const {
        const bool implicit = options.implicit_tls;
        auto real = std::make_unique<RealMail>(std::move(options));
        real->server.security = implicit ? SmtpSecurity::tls : SmtpSecurity::starttls;
        real->server.ca_file = directory_.file("ca.pem");
        real->server.user = "ana";
        real->server.password = Secret("clave");
        return real;
    }

    TemporaryDirectory directory_;
    Certificate authority_{authority_spec("test authority"), nullptr};
};

TEST_F(MailerFaults, EachPhaseTellsItsOwnWhenItStallsOrBreaks) {
    struct Case {
        At at;
        const char* phase;
    };
    const Case cases[] = {
        {At::connect, "greeting"}, {At::greeting, "greeting"},
        {At::ehlo, "greeting"},    {At::starttls, "tls"},
        {At::handshake, "tls"},    {At::auth, "auth"},
        {At::mail, "sender"},      {At::rcpt, "recipient"},
        {At::data, "content"},     {At::acknowledgement, "acknowledgement"},
    };
    for (const Case& one : cases) {
        for (const What what : {What::stall, What::drop, What::reset}) {
            if (one.at <= At::greeting && what == What::reset) continue;  // connect may see it
            const auto real = secure_mail(secure());
            real->smtp.fault(one.at, {what, {}});
            const MonoTime before = real->clock.now().mono;
            const DeliveryOutcome outcome = real->send();
            std::string expected =
                std::string(one.phase) + (what == What::stall ? " timeout" : " unreachable");
            if (one.at == At::handshake && what != What::stall) expected = "tls tls";
            EXPECT_EQ(brief(outcome), expected) << static_cast<int>(what) << outcome.detail;
            EXPECT_TRUE(real->smtp.mails().empty());
            if (what == What::stall) {
                EXPECT_GE(real->clock.now().mono - before, 190ms) << one.phase;
            }
            EXPECT_LT(real->clock.now().mono - before, 3s) << one.phase;
        }
    }
}

TEST_F(MailerFaults, RepliesAreJudgedByTheirPhase) {
    struct Case {
        At at;
        const char* reply;
        const char* expected;
    };
    const Case cases[] = {
        {At::greeting, "421 busy", "greeting server_error 421"},
        {At::greeting, "554 no", "greeting server_error 554"},
        {At::ehlo, "421 busy", "greeting server_error 421"},
        {At::ehlo, "550 who are you", "greeting server_error 550"},
        {At::starttls, "454 TLS not available", "tls tls 454"},
        {At::auth, "535 5.7.8 bad", "auth authentication 535"},
        {At::auth, "454 4.7.0 later", "auth authentication 454"},
        {At::auth, "421 bye", "auth server_error 421"},
        {At::mail, "421 bye", "sender server_error 421"},
        {At::mail, "451 later", "sender server_error 451"},
        {At::mail, "530 log in first", "sender server_error 530"},
        {At::rcpt, "450 greylisted", "recipient deferred 450"},
        {At::rcpt, "421 bye", "recipient server_error 421"},
        {At::rcpt, "550-5.1.1 no\r\n550 such user", "recipient rejected_recipient 550"},
        {At::data, "451 later", "content deferred 451"},
        {At::data, "554 no valid recipients", "content rejected_recipient 554"},
        {At::data, "250 what", "content server_error 250"},
        {At::acknowledgement, "452 full", "acknowledgement deferred 452"},
        {At::acknowledgement, "552 too big", "acknowledgement rejected_recipient 552"},
        {At::acknowledgement, "421 bye", "acknowledgement server_error 421"},
        {At::mail, "this is no reply", "sender server_error"},
        {At::rcpt, "250 ok\r\n250 and more", "recipient server_error 250"},
    };
    for (const Case& one : cases) {
        const auto real = secure_mail(secure());
        real->smtp.fault(one.at, {What::reply, one.reply});
        const DeliveryOutcome outcome = real->send();
        EXPECT_EQ(brief(outcome), one.expected) << one.reply << " / " << outcome.detail;
        EXPECT_TRUE(real->smtp.mails().empty());
    }
}

TEST_F(MailerFaults, TheServersTextIsKept) {
    RealMail real;
    real.smtp.fault(At::rcpt, {What::reply, "550-5.1.1 No such\r\n550 user \x1b[31m"});
    EXPECT_EQ(real.send().detail, "5.1.1 No such user \x1b[31m");
}

TEST_F(MailerFaults, AServerThatIsNoMailServerIsToldAsSuch) {
    RealMail real;
    real.smtp.fault(At::greeting, {What::reply, "HTTP/1.1 400 Bad Request"});
    EXPECT_EQ(brief(real.send()), "greeting timeout");
    ScriptedServer web(real.io, [](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    real.server.port = web.port();
    EXPECT_EQ(brief(real.send()), "greeting server_error");
    ScriptedServer endless(real.io, [](TcpPeer& peer) -> asio::awaitable<void> {
        bool open = true;
        while (open) open = co_await peer.write("220-" + std::string(1000, 'x') + "\r\n");
    });
    real.server.port = endless.port();
    EXPECT_FALSE(real.send().accepted());
}

TEST_F(MailerFaults, AnEndlessReplyEndsTheSend) {
    RealMail real;
    std::string endless;
    while (endless.size() < 100'000) endless += "250-" + std::string(500, 'x') + "\r\n";
    real.smtp.fault(At::rcpt, {What::reply, endless});
    EXPECT_EQ(brief(real.send()), "recipient server_error 250");
}

TEST_F(MailerFaults, TheServerIsFoundByNameOrTheReasonIsTold) {
    RealMail real;
    real.server.host = "localhost";
    EXPECT_EQ(brief(real.send()), "accepted");
    real.server.host = "mail.test";
    EXPECT_EQ(brief(real.send()), "resolve unreachable");
    real.dns.address("mail.test", "127.0.0.1");
    EXPECT_EQ(brief(real.send()), "accepted");
    real.dns.set_dead(true);
    real.server.host = "other.test";
    const DeliveryOutcome outcome = real.send();
    EXPECT_EQ(outcome.phase, DeliveryPhase::resolve) << brief(outcome);
    EXPECT_TRUE(outcome.channel_trouble());
    real.server.host = "127.0.0.1";
    real.server.port = refused_port(real.io);
    EXPECT_EQ(brief(real.send()), "connect unreachable");
}

TEST_F(MailerFaults, ConnectHasItsOwnDeadline) {
    RealMail real;
    asio::ip::tcp::acceptor full(real.io);
    full.open(asio::ip::tcp::v4());
    full.bind({asio::ip::address_v4::loopback(), 0});
    full.listen(0);
    asio::ip::tcp::socket first(real.io);
    first.connect(full.local_endpoint());
    real.server.port = full.local_endpoint().port();
    const MonoTime before = real.clock.now().mono;
    EXPECT_EQ(brief(real.send()), "connect timeout");
    EXPECT_GE(real.clock.now().mono - before, 290ms);
    EXPECT_LT(real.clock.now().mono - before, 2s);
}

TEST_F(MailerFaults, TheNextSendBeginsAtAnotherAddress) {
    RealMail real;
    asio::ip::tcp::acceptor full(real.io);
    full.open(asio::ip::tcp::v4());
    full.bind({asio::ip::make_address("127.0.0.9"), real.smtp.port()});
    full.listen(0);
    asio::ip::tcp::socket first(real.io);
    first.connect(full.local_endpoint());
    DnsServer::Record both;
    both.addresses = {asio::ip::make_address("127.0.0.9"), asio::ip::make_address("127.0.0.1")};
    real.dns.set("mail.test", both);
    real.server.host = "mail.test";
    EXPECT_EQ(brief(real.send()), "connect timeout");
    EXPECT_EQ(brief(real.send()), "accepted");
}

TEST_F(MailerFaults, TheWholeSendHasADeadlineToo) {
    MailerOptions options = short_deadlines();
    options.reply = 10s;
    options.total = 200ms;
    RealMail real({}, options);
    real.smtp.fault(At::rcpt, {What::stall, {}});
    EXPECT_EQ(brief(real.send()), "recipient timeout");
}

TEST_F(MailerFaults, AStalledServerDelaysNothingElseOnTheLoop) {
    for (const At at : {At::acknowledgement, At::quit}) {
        MailerOptions options = short_deadlines();
        options.acknowledgement = 300ms;
        options.idle = 1ms;
        RealMail real({}, options);
        real.smtp.fault(at, {What::stall, {}});
        Duration worst{};
        bool done = false;
        asio::co_spawn(
            real.io,
            real.mailer->send(std::make_shared<const MailServer>(real.server), sample_mail()),
            [&done](std::exception_ptr, DeliveryOutcome) { done = true; });
        const MonoTime until = real.clock.now().mono + 400ms;
        while (real.clock.now().mono < until || !done) {
            const MonoTime due = real.clock.now().mono + 5ms;
            run(real.io, real.clock.sleep_until(due));
            worst = std::max(worst, real.clock.now().mono - due);
        }
        EXPECT_LT(worst, 100ms);
    }
}

TEST_F(MailerFaults, ASendIsCancelledSoonInEveryPhase) {
    for (const At at :
         {At::greeting, At::ehlo, At::handshake, At::auth, At::rcpt, At::acknowledgement}) {
        MailerOptions options = short_deadlines();
        options.connect = options.reply = options.acknowledgement = options.total = 1h;
        auto real = std::make_unique<RealMail>(secure(), options);
        real->server.security = SmtpSecurity::starttls;
        real->server.ca_file = directory_.file("ca.pem");
        real->server.user = "ana";
        real->server.password = Secret("clave");
        real->smtp.fault(at, {What::stall, {}});
        asio::cancellation_signal signal;
        std::optional<DeliveryOutcome> result;
        asio::co_spawn(
            real->io,
            real->mailer->send(std::make_shared<const MailServer>(real->server), sample_mail()),
            asio::bind_cancellation_slot(
                signal.slot(),
                [&result](std::exception_ptr, DeliveryOutcome outcome) { result = outcome; }));
        run(real->io, real->clock.sleep_until(real->clock.now().mono + 30ms));
        EXPECT_FALSE(result);
        signal.emit(asio::cancellation_type::terminal);
        run_until(real->io, [&result] { return result.has_value(); });
        EXPECT_FALSE(result->accepted()) << brief(*result);
    }
}

TEST_F(MailerFaults, BadCertificatesAreRefusedUnlessVerificationIsOff) {
    CertificateSpec expired = loopback_spec("mail");
    expired.from = -48h;
    expired.until = -24h;
    CertificateSpec elsewhere = loopback_spec("mail");
    elsewhere.alternative_names = "DNS:elsewhere.test";
    const Certificate bad[] = {Certificate(expired, &authority_),
                               Certificate(loopback_spec("mail"), nullptr),
                               Certificate(elsewhere, &authority_)};
    for (const Certificate& leaf : bad) {
        for (const bool implicit : {false, true}) {
            const auto real = secure_mail(secure_with(leaf, implicit));
            const DeliveryOutcome refused = real->send();
            EXPECT_EQ(brief(refused), "tls tls");
            EXPECT_FALSE(refused.detail.empty());
            EXPECT_FALSE(real->smtp.saw("AUTH")) << "no password over an untrusted connection";
            real->server.verify_certificate = false;
            EXPECT_EQ(brief(real->send()), "accepted");
        }
    }
}

TEST_F(MailerFaults, AnUnknownAuthorityAndAnUnusableCaFileAreRefused) {
    const auto real = secure_mail(secure());
    real->server.ca_file.clear();
    EXPECT_EQ(brief(real->send()), "tls tls");
    real->server.ca_file = directory_.file("absent.pem");
    EXPECT_EQ(brief(real->send()), "tls tls");
}

}  // namespace
}  // namespace vigia::test
