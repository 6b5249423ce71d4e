#include "core/delivery.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace vigia {
namespace {

constexpr std::size_t kMaxDetail = 200;

std::string_view sentence(DeliveryFailure failure) {
    switch (failure) {
        case DeliveryFailure::none:
            return N_("accepted by the mail server");
        case DeliveryFailure::rejected_recipient:
            return N_("refused by the mail server for good");
        case DeliveryFailure::deferred:
            return N_("put off by the mail server");
        case DeliveryFailure::unreachable:
            return N_("the mail server cannot be reached");
        case DeliveryFailure::timeout:
            return N_("the mail server did not answer in time");
        case DeliveryFailure::tls:
            return N_("no secure connection to the mail server");
        case DeliveryFailure::authentication:
            return N_("the mail server refused the login");
        case DeliveryFailure::no_authentication:
            return N_("there is a password, but the mail server offers no login");
        case DeliveryFailure::server_error:
            return N_("the mail server is not willing");
        case DeliveryFailure::own_fault:
            return N_("this machine could not send the mail");
    }
    assertion_failed("a DeliveryFailure without a sentence");
}

std::string_view phase_text(DeliveryPhase phase) {
    switch (phase) {
        case DeliveryPhase::none:
            return {};
        case DeliveryPhase::resolve:
            return N_("phase: resolve");
        case DeliveryPhase::connect:
            return N_("phase: connect");
        case DeliveryPhase::greeting:
            return N_("phase: greeting");
        case DeliveryPhase::tls:
            return N_("phase: TLS");
        case DeliveryPhase::auth:
            return N_("phase: login");
        case DeliveryPhase::sender:
            return N_("phase: sender");
        case DeliveryPhase::recipient:
            return N_("phase: recipient");
        case DeliveryPhase::content:
            return N_("phase: content");
        case DeliveryPhase::acknowledgement:
            return N_("phase: acknowledgement");
    }
    assertion_failed("a DeliveryPhase without a text");
}

/// "550 5.1.1 User unknown": the code is left out where the server's text begins with it.
std::string reply_of(const DeliveryOutcome& outcome) {
    std::string text = shorten(escape_line(outcome.detail), kMaxDetail);
    if (outcome.reply_code == 0) return text;
    const std::string code = fmt::format("{}", outcome.reply_code);
    if (text.starts_with(code)) return text;
    return text.empty() ? code : fmt::format("{} {}", code, text);
}

}  // namespace

std::string describe(const DeliveryOutcome& outcome, const Catalog& catalog) {
    std::string text(catalog.text(sentence(outcome.failure)));
    if (outcome.accepted()) return text;
    if (outcome.cause != ReasonCode::none) {
        Reason cause;
        cause.code = outcome.cause;
        text += ": " + describe(cause, catalog);
    }
    if (const std::string reply = reply_of(outcome); !reply.empty()) {
        text += ": " + reply;
    }
    if (outcome.phase != DeliveryPhase::none) {
        text += fmt::format(" ({})", catalog.text(phase_text(outcome.phase)));
    }
    return text;
}

}  // namespace vigia
