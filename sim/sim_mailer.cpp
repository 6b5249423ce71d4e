#include "sim/sim_mailer.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace vigia::sim {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

DeliveryOutcome outcome(DeliveryFailure failure, DeliveryPhase phase, int code = 0) {
    DeliveryOutcome result;
    result.failure = failure;
    result.phase = phase;
    result.reply_code = code;
    return result;
}

const DeliveryOutcome kAccepted{};

}  // namespace

std::optional<MailFault> PostOffice::trouble_at(Duration at, const std::string& recipient) const {
    std::optional<MailFault> general;
    for (const MailTrouble& trouble : troubles_) {
        if (!trouble.when.holds(at)) continue;
        if (trouble.recipient == recipient) return trouble.fault;
        if (trouble.recipient.empty()) general = trouble.fault;
    }
    return general;
}

Duration PostOffice::troubled_until(Duration at) const {
    Duration until{};
    for (const MailTrouble& trouble : troubles_) {
        if (trouble.when.from <= at) until = std::max(until, trouble.when.to);
    }
    return until;
}

class SimMailer::Scope {
public:
    explicit Scope(SimMailer& mailer) : mailer_(mailer) {
        ++mailer_.in_flight_;
        mailer_.most_in_flight_ = std::max(mailer_.most_in_flight_, mailer_.in_flight_);
    }
    ~Scope() { --mailer_.in_flight_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

private:
    SimMailer& mailer_;
};

asio::awaitable<DeliveryOutcome> SimMailer::send(std::shared_ptr<const MailServer> server,
                                                 MailMessage message) {
    VIGIA_ASSERT(server != nullptr);
    const Scope scope(*this);
    DeliveryOutcome result = co_await dialogue(message);
    if (!severed_) observer_.mail_reported(clock_.moment(), message.message_id, result);
    co_return result;
}

asio::awaitable<DeliveryOutcome> SimMailer::dialogue(const MailMessage& message) {
    const DeliveryOutcome cut_off = outcome(DeliveryFailure::unreachable, DeliveryPhase::content);
    const auto fault = office_.trouble_at(clock_.moment().elapsed, message.to);
    if (fault == MailFault::stalled) {
        co_await pause(seconds(30), seconds(30));
        co_return outcome(DeliveryFailure::timeout, DeliveryPhase::greeting);
    }
    if (!co_await pause(milliseconds(20), milliseconds(400))) co_return cut_off;
    if (severed_) co_return cut_off;
    if (!fault) co_return co_await hand_over(message, true);
    switch (*fault) {
        case MailFault::deferred:
            co_return outcome(DeliveryFailure::deferred, DeliveryPhase::recipient, 451);
        case MailFault::rejected:
            co_return outcome(DeliveryFailure::rejected_recipient, DeliveryPhase::recipient, 550);
        case MailFault::authentication:
            co_return outcome(DeliveryFailure::authentication, DeliveryPhase::auth, 535);
        case MailFault::unwilling:
            co_return outcome(DeliveryFailure::server_error, DeliveryPhase::greeting, 421);
        case MailFault::lost_acknowledgement:
            co_return co_await hand_over(message, false);
        case MailFault::refused:
        case MailFault::stalled:
            break;
    }
    co_return outcome(DeliveryFailure::unreachable, DeliveryPhase::connect);
}

/// The end of the data: the server has the message from here on, whatever becomes of its answer.
asio::awaitable<DeliveryOutcome> SimMailer::hand_over(const MailMessage& message, bool answered) {
    const Moment& moment = clock_.moment();
    AcceptedMail mail{moment.elapsed, message.to, message.message_id, message.in_reply_to,
                      message.subject};
    office_.take(mail);
    observer_.mail_accepted(moment, mail);
    const bool waited = co_await pause(milliseconds(5), milliseconds(80));
    if (!waited || !answered) {
        co_return outcome(DeliveryFailure::unreachable, DeliveryPhase::acknowledgement);
    }
    co_return kAccepted;
}

asio::awaitable<bool> SimMailer::pause(Duration shortest, Duration longest) {
    const Duration spread = longest - shortest;
    const Duration more(
        static_cast<Duration::rep>(rng_.uniform() * static_cast<double>(spread.count())));
    co_return co_await clock_.sleep_until(clock_.now().mono + shortest + more);
}

}  // namespace vigia::sim
