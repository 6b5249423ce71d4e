#include "tests/contract/real_mail.hpp"

#include "tests/support/tcp_peer.hpp"

#include <array>

namespace vigia::test {

namespace {

std::string_view name_of(DeliveryFailure failure) {
    constexpr std::array<std::string_view, 10> kNames = {
        "none", "rejected_recipient", "deferred",          "unreachable",  "timeout",
        "tls",  "authentication",     "no_authentication", "server_error", "own_fault"};
    return kNames.at(static_cast<std::size_t>(failure));
}

std::string_view name_of(DeliveryPhase phase) {
    constexpr std::array<std::string_view, 10> kNames = {
        "none", "resolve", "connect",   "greeting", "tls",
        "auth", "sender",  "recipient", "content",  "acknowledgement"};
    return kNames.at(static_cast<std::size_t>(phase));
}

class RealMailWorld final : public MailWorld {
public:
    RealMailWorld() : real_(with_auth(), without_reuse()) {
        real_.server.user = "ana";
        real_.server.password = Secret("clave");
    }

    void set(PostOfficeMood mood) override {
        using At = SmtpServer::At;
        using What = SmtpServer::What;
        real_.smtp.clear_faults();
        real_.server.port = real_.smtp.port();
        switch (mood) {
            case PostOfficeMood::accepts:
                return;
            case PostOfficeMood::deferred:
                return real_.smtp.fault(At::rcpt, {What::reply, "451 later"});
            case PostOfficeMood::rejected:
                return real_.smtp.fault(At::rcpt, {What::reply, "550 5.1.1 no such user"});
            case PostOfficeMood::refused:
                real_.server.port = refused_port(real_.io);
                return;
            case PostOfficeMood::stalled:
                return real_.smtp.fault(At::greeting, {What::stall, {}});
            case PostOfficeMood::authentication:
                return real_.smtp.fault(At::auth, {What::reply, "535 5.7.8 no"});
            case PostOfficeMood::unwilling:
                return real_.smtp.fault(At::greeting, {What::reply, "421 too busy"});
            case PostOfficeMood::lost_acknowledgement:
                return real_.smtp.fault(At::acknowledgement, {What::drop, {}});
        }
    }

    MonoTime now() const override { return real_.clock.now().mono; }
    DeliveryOutcome send(MailMessage message) override { return real_.send(std::move(message)); }
    int taken() const override { return static_cast<int>(real_.smtp.mails().size()); }

private:
    static SmtpServer::Options with_auth() {
        SmtpServer::Options options;
        options.mechanisms = "PLAIN LOGIN";
        return options;
    }

    static MailerOptions without_reuse() {
        MailerOptions options = short_deadlines();
        options.idle_connections = 0;  // the mood shows from the greeting on
        return options;
    }

    RealMail real_;
};

}  // namespace

std::string brief(const DeliveryOutcome& outcome) {
    if (outcome.accepted()) return "accepted";
    std::string text(name_of(outcome.phase));
    text.append(" ").append(name_of(outcome.failure));
    if (outcome.reply_code != 0) text += " " + std::to_string(outcome.reply_code);
    return text;
}

std::unique_ptr<MailWorld> make_real_mail_world() {
    return std::make_unique<RealMailWorld>();
}

}  // namespace vigia::test
