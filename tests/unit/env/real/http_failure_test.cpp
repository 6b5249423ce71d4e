#include "env/real/http_failure.hpp"

#include <cerrno>
#include <gtest/gtest.h>

namespace vigia {
namespace {

/// How far a hop had come, in steps that libcurl tells apart.
HopFacts until(Phase phase, bool secure) {
    HopFacts facts;
    facts.secure = secure;
    facts.connected = phase > Phase::connect;
    facts.tls_started = secure && phase >= Phase::tls;
    facts.handshaken = secure && phase > Phase::tls;
    facts.request_sent = phase > Phase::send;
    facts.headers_complete = phase > Phase::first_byte;
    return facts;
}

std::string brief(const Reason& reason) {
    std::string text =
        std::string(to_string(reason.phase)) + " " + std::string(to_string(reason.code));
    if (reason.value != 0) text += " " + std::to_string(reason.value);
    return text;
}

TEST(HttpFailure, ATimeoutNamesThePhaseThatWasReached) {
    for (const bool secure : {false, true}) {
        for (const Phase phase :
             {Phase::connect, Phase::tls, Phase::send, Phase::first_byte, Phase::body}) {
            if (phase == Phase::tls && !secure) continue;
            HopFacts facts = until(phase, secure);
            facts.code = CURLE_OPERATION_TIMEDOUT;
            EXPECT_EQ(phase_reached(facts), phase);
            EXPECT_EQ(brief(classify(facts)), std::string(to_string(phase)) + " timeout");
        }
    }
}

TEST(HttpFailure, OfAConnectComesFromTheErrno) {
    struct Case {
        int error;
        const char* expected;
        bool own;
    };
    const Case cases[] = {
        {ECONNREFUSED, "connect connection_refused", false},
        {EHOSTUNREACH, "connect host_unreachable", false},
        {ECONNRESET, "connect connection_reset", false},
        {ETIMEDOUT, "connect timeout", false},
        {ENETUNREACH, "connect network_unreachable", true},
        {EADDRNOTAVAIL, "connect no_local_port", true},
        {ENOBUFS, "connect no_buffers", true},
        {EPERM, "connect internal", true},  // a firewall of our own
        {0, "connect internal", true},
    };
    for (const Case& one : cases) {
        HopFacts facts = until(Phase::connect, false);
        facts.code = CURLE_COULDNT_CONNECT;
        facts.os_errno = one.error;
        EXPECT_EQ(brief(classify(facts)), one.expected);
        EXPECT_EQ(is_own_fault(classify(facts).code), one.own);
    }
}

TEST(HttpFailure, OfASocketIsOurOwnEvenThroughAProxy) {
    for (const bool proxied : {false, true}) {
        HopFacts facts = until(Phase::connect, true);
        facts.code = CURLE_COULDNT_CONNECT;
        facts.proxied = proxied;
        facts.socket_errno = EMFILE;
        EXPECT_EQ(brief(classify(facts)), "connect no_descriptors");
    }
}

TEST(HttpFailure, BeforeTheTunnelStandsIsTheProxys) {
    HopFacts facts = until(Phase::connect, true);
    facts.proxied = true;
    facts.code = CURLE_COULDNT_CONNECT;
    facts.os_errno = ECONNREFUSED;
    EXPECT_EQ(brief(classify(facts)), "connect proxy_failure");
    facts.connected = true;
    facts.code = CURLE_RECV_ERROR;
    facts.os_errno = 0;
    facts.proxy_status = 407;
    EXPECT_EQ(brief(classify(facts)), "connect proxy_failure 407");
    facts = until(Phase::connect, true);
    facts.proxied = true;
    facts.code = CURLE_COULDNT_CONNECT;
    facts.os_errno = ENETUNREACH;
    EXPECT_EQ(brief(classify(facts)), "connect network_unreachable");
}

TEST(HttpFailure, OfABrokenConnectionIgnoresWhatAnotherAddressSaidBefore) {
    HopFacts facts = until(Phase::tls, true);
    facts.code = CURLE_SSL_CONNECT_ERROR;
    facts.os_errno = ECONNREFUSED;
    EXPECT_EQ(brief(classify(facts)), "tls tls_failure");
    facts.os_errno = ECONNRESET;
    EXPECT_EQ(brief(classify(facts)), "tls connection_reset");
    facts = until(Phase::send, false);
    facts.code = CURLE_SEND_ERROR;
    facts.os_errno = EPIPE;
    EXPECT_EQ(brief(classify(facts)), "send connection_closed");
}

TEST(HttpFailure, OfACertificateIsItsOwnOrTheNames) {
    HopFacts facts = until(Phase::tls, true);
    facts.code = CURLE_PEER_FAILED_VERIFICATION;
    facts.certificate = ReasonCode::certificate_expired;
    EXPECT_EQ(brief(classify(facts)), "tls certificate_expired");
    facts.certificate.reset();
    EXPECT_EQ(brief(classify(facts)), "tls certificate_wrong_host");
}

TEST(HttpFailure, OfFilesOfOurOwnIsOurOwn) {
    struct Case {
        CURLcode code;
        const char* expected;
    };
    const Case cases[] = {
        {CURLE_SSL_CERTPROBLEM, "tls unusable_client_certificate"},
        {CURLE_SSL_ENGINE_NOTFOUND, "tls unusable_client_certificate"},
        {CURLE_SSL_CACERT_BADFILE, "tls unusable_ca_file"},
    };
    for (const Case& one : cases) {
        HopFacts facts = until(Phase::tls, true);
        facts.code = one.code;
        EXPECT_EQ(brief(classify(facts)), one.expected);
        EXPECT_TRUE(is_own_fault(classify(facts).code));
    }
    HopFacts facts = until(Phase::tls, true);
    facts.code = CURLE_SSL_CONNECT_ERROR;  // what libcurl makes of our refusal to go on
    facts.unusable_ca_file = "/etc/ca.pem";
    EXPECT_EQ(brief(classify(facts)), "tls unusable_ca_file");
    EXPECT_EQ(classify(facts).detail, "/etc/ca.pem");
}

TEST(HttpFailure, AfterAFatalAlertSaysWhatTheAlertSaid) {
    HopFacts facts = until(Phase::first_byte, true);
    facts.code = CURLE_RECV_ERROR;
    facts.alert = "certificate required";
    EXPECT_EQ(brief(classify(facts)), "first_byte tls_failure");
    EXPECT_EQ(classify(facts).detail, "certificate required");
}

TEST(HttpFailure, OfAnAnswerIsToldByWhatIsWrongWithIt) {
    struct Case {
        CURLcode code;
        Phase phase;
        const char* expected;
    };
    const Case cases[] = {
        {CURLE_GOT_NOTHING, Phase::first_byte, "first_byte connection_closed"},
        {CURLE_OK, Phase::first_byte, "first_byte connection_closed"},
        {CURLE_UNSUPPORTED_PROTOCOL, Phase::first_byte, "first_byte protocol_error"},
        {CURLE_WEIRD_SERVER_REPLY, Phase::first_byte, "first_byte protocol_error"},
        {CURLE_PARTIAL_FILE, Phase::body, "body body_truncated"},
        {CURLE_RECV_ERROR, Phase::body, "body protocol_error"},
        {CURLE_WRITE_ERROR, Phase::body, "body protocol_error"},
        {CURLE_OUT_OF_MEMORY, Phase::first_byte, "first_byte headers_too_large"},
        {CURLE_OUT_OF_MEMORY, Phase::body, "body no_buffers"},
        {CURLE_FAILED_INIT, Phase::connect, "connect internal"},
    };
    for (const Case& one : cases) {
        HopFacts facts = until(one.phase, false);
        facts.code = one.code;
        EXPECT_EQ(brief(classify(facts)), one.expected);
    }
}

TEST(HttpFailure, NeverIsNone) {
    for (int code = 0; code < CURL_LAST; ++code) {
        for (const Phase phase : {Phase::connect, Phase::tls, Phase::body}) {
            HopFacts facts = until(phase, true);
            facts.code = static_cast<CURLcode>(code);
            EXPECT_NE(classify(facts).code, ReasonCode::none) << code;
        }
    }
}

}  // namespace
}  // namespace vigia
