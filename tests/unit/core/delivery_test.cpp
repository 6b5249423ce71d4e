#include "core/delivery.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>
#include <string>

namespace vigia {
namespace {

constexpr int kLastFailure = static_cast<int>(DeliveryFailure::own_fault);
constexpr int kLastPhase = static_cast<int>(DeliveryPhase::acknowledgement);

const Catalog kEnglish(Language::en);
const Catalog kSpanish(Language::es);

DeliveryOutcome failed(DeliveryFailure failure) {
    DeliveryOutcome outcome;
    outcome.failure = failure;
    return outcome;
}

TEST(Delivery, TellsAnsweredMessagesFromTroubleOfTheChannel) {
    using F = DeliveryFailure;
    const struct {
        F failure;
        bool accepted;
        bool final_refusal;
        bool channel_trouble;
    } rows[] = {
        {F::none, true, false, false},           {F::rejected_recipient, false, true, false},
        {F::deferred, false, false, false},      {F::unreachable, false, false, true},
        {F::timeout, false, false, true},        {F::tls, false, false, true},
        {F::authentication, false, false, true}, {F::no_authentication, false, false, true},
        {F::server_error, false, false, true},   {F::own_fault, false, false, true},
    };
    for (const auto& row : rows) {
        const DeliveryOutcome outcome = failed(row.failure);
        EXPECT_EQ(outcome.accepted(), row.accepted);
        EXPECT_EQ(outcome.final_refusal(), row.final_refusal);
        EXPECT_EQ(outcome.channel_trouble(), row.channel_trouble);
    }
}

TEST(Delivery, IsDescribedInBothLanguages) {
    for (int i = 0; i <= kLastFailure; ++i) {
        for (int p = 0; p <= kLastPhase; ++p) {
            DeliveryOutcome outcome = failed(static_cast<DeliveryFailure>(i));
            outcome.phase = static_cast<DeliveryPhase>(p);
            EXPECT_NE(describe(outcome, kEnglish), describe(outcome, kSpanish)) << i << ' ' << p;
        }
    }
}

TEST(Delivery, ShowsTheReplyAndThePhase) {
    using F = DeliveryFailure;
    using P = DeliveryPhase;
    const struct {
        DeliveryOutcome outcome;
        const char* english;
    } rows[] = {
        {{}, "accepted by the mail server"},
        {{F::rejected_recipient, P::recipient, ReasonCode::none, 550, "5.1.1 no such user"},
         "refused by the mail server for good: 550 5.1.1 no such user (phase: recipient)"},
        {{F::rejected_recipient, P::recipient, ReasonCode::none, 550, "550 5.1.1 no such user"},
         "refused by the mail server for good: 550 5.1.1 no such user (phase: recipient)"},
        {{F::deferred, P::content, ReasonCode::none, 451, ""},
         "put off by the mail server: 451 (phase: content)"},
        {{F::timeout, P::acknowledgement, ReasonCode::none, 0, ""},
         "the mail server did not answer in time (phase: acknowledgement)"},
        {{F::unreachable, P::connect, ReasonCode::none, 0, "connection refused"},
         "the mail server cannot be reached: connection refused (phase: connect)"},
        {{F::unreachable, P::connect, ReasonCode::connection_refused, 0, ""},
         "the mail server cannot be reached: connection refused (phase: connect)"},
        {{F::own_fault, P::none, ReasonCode::none, 0, ""}, "this machine could not send the mail"},
    };
    for (const auto& row : rows) EXPECT_EQ(describe(row.outcome, kEnglish), row.english);

    DeliveryOutcome refused = rows[1].outcome;
    EXPECT_EQ(describe(refused, kSpanish),
              "rechazado definitivamente por el servidor de correo: 550 5.1.1 no such user "
              "(fase: destinatario)");
}

TEST(Delivery, KeepsAHostileReplyOnOneShortLine) {
    DeliveryOutcome outcome = failed(DeliveryFailure::server_error);
    outcome.detail = "no\r\n\x1b]0;x\a\xc2\x85";
    outcome.reply_code = 554;
    EXPECT_EQ(describe(outcome, kEnglish),
              "the mail server is not willing: 554 no\\r\\n\\x1b]0;x\\x07\\u0085");
    outcome.detail.assign(100'000, '\n');
    EXPECT_LT(describe(outcome, kSpanish).size(), 300U);
}

}  // namespace
}  // namespace vigia
