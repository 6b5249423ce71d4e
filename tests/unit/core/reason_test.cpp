#include "core/reason.hpp"

#include "base/text.hpp"
#include "core/outcome.hpp"

#include <gtest/gtest.h>
#include <set>
#include <string>

namespace vigia {
namespace {

constexpr int kLastCode = static_cast<int>(ReasonCode::internal);
constexpr int kLastPhase = static_cast<int>(Phase::condition);

const Catalog kEnglish(Language::en);
const Catalog kSpanish(Language::es);

TEST(Outcome, HasNames) {
    EXPECT_EQ(to_string(Outcome::up), "up");
    EXPECT_EQ(to_string(Outcome::degraded), "degraded");
    EXPECT_EQ(to_string(Outcome::down), "down");
    EXPECT_EQ(to_string(Outcome::unknown), "unknown");
    EXPECT_EQ(to_string(Health::pending), "pending");
    EXPECT_EQ(to_string(Health::up), "up");
    EXPECT_EQ(to_string(Health::degraded), "degraded");
    EXPECT_EQ(to_string(Health::down), "down");
}

TEST(Outcome, IsGoodWhenUpOrDegraded) {
    EXPECT_TRUE(is_good(Outcome::up));
    EXPECT_TRUE(is_good(Outcome::degraded));
    EXPECT_FALSE(is_good(Outcome::down));
    EXPECT_FALSE(is_good(Outcome::unknown));
}

TEST(Reason, HasADistinctNameForEveryCodeAndPhase) {
    std::set<std::string_view> names;
    for (int i = 0; i <= kLastCode; ++i) names.insert(to_string(static_cast<ReasonCode>(i)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(kLastCode) + 1);
    EXPECT_EQ(to_string(ReasonCode::certificate_expired), "certificate_expired");

    names.clear();
    for (int i = 0; i <= kLastPhase; ++i) names.insert(to_string(static_cast<Phase>(i)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(kLastPhase) + 1);
    EXPECT_EQ(to_string(Phase::first_byte), "first_byte");
}

TEST(Reason, CountsAsOwnFaultWhatSaysNothingOfTheTarget) {
    const std::set<ReasonCode> own = {
        ReasonCode::no_descriptors,    ReasonCode::no_buffers,
        ReasonCode::no_local_port,     ReasonCode::network_unreachable,
        ReasonCode::resolver_dead,     ReasonCode::uplink_down,
        ReasonCode::own_lateness,      ReasonCode::no_driver,
        ReasonCode::no_driver_room,    ReasonCode::internal,
        ReasonCode::unusable_ca_file,  ReasonCode::unusable_client_certificate,
        ReasonCode::store_failing,     ReasonCode::checks_late,
        ReasonCode::log_lines_lost,    ReasonCode::notifications_dead,
        ReasonCode::notifications_late};
    for (int i = 0; i <= kLastCode; ++i) {
        const auto code = static_cast<ReasonCode>(i);
        EXPECT_EQ(is_own_fault(code), own.contains(code)) << to_string(code);
    }
}

TEST(Reason, IsDescribedInBothLanguages) {
    for (int i = 1; i <= kLastCode; ++i) {
        for (int p = 0; p <= kLastPhase; ++p) {
            const Reason reason{static_cast<Phase>(p), static_cast<ReasonCode>(i), 77, ""};
            const std::string english = describe(reason, kEnglish);
            const std::string spanish = describe(reason, kSpanish);
            EXPECT_FALSE(english.empty());
            EXPECT_NE(english, spanish) << english;
            EXPECT_EQ(english.find('{'), std::string::npos) << english;
            EXPECT_EQ(spanish.find('{'), std::string::npos) << spanish;
            EXPECT_NE(english.back(), '.');
            EXPECT_NE(spanish.back(), '.');
        }
    }
    EXPECT_EQ(describe({}, kEnglish), "");
    EXPECT_EQ(describe({}, kSpanish), "");
}

TEST(Reason, NamesThePhaseTheNumberAndTheDetail) {
    const struct {
        Reason reason;
        const char* english;
        const char* spanish;
    } rows[] = {
        {{Phase::tls, ReasonCode::timeout, 0, ""},
         "no answer within the time limit (phase: TLS)",
         "sin respuesta dentro del tiempo límite (fase: TLS)"},
        {{Phase::status, ReasonCode::unexpected_status, 503, ""},
         "unexpected status code 503 (phase: status)",
         "código de estado inesperado: 503 (fase: estado)"},
        {{Phase::redirect, ReasonCode::redirect_refused, 0, "file"},
         "redirect to something other than http or https: file (phase: redirect)",
         "redirección a algo que no es http ni https: file (fase: redirección)"},
        {{Phase::none, ReasonCode::internal, 0, "out of luck"},
         "internal error: out of luck",
         "error interno: out of luck"},
        {{Phase::connect, ReasonCode::connection_refused, 0, ""},
         "connection refused (phase: connect)",
         "conexión rechazada (fase: conexión)"},
        // Braces from outside are text, never a format.
        {{Phase::none, ReasonCode::unexpected_status, 500, "{0} {} {"},
         "unexpected status code 500: {0} {} {",
         "código de estado inesperado: 500: {0} {} {"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(describe(row.reason, kEnglish), row.english);
        EXPECT_EQ(describe(row.reason, kSpanish), row.spanish);
    }
}

TEST(Reason, KeepsHostileDetailOnOneShortLine) {
    const Reason lines{Phase::none, ReasonCode::internal, 0, "a\r\nb\x1b[31m\u202e"};
    EXPECT_EQ(describe(lines, kEnglish), "internal error: a\\r\\nb\\x1b[31m\\u202e");

    const Reason endless{Phase::body, ReasonCode::protocol_error, 0, std::string(100'000, '\xff')};
    const std::string text = describe(endless, kSpanish);
    EXPECT_LT(text.size(), 300U);
    EXPECT_TRUE(is_utf8(text));
}

}  // namespace
}  // namespace vigia
