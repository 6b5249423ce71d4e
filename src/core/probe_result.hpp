#pragma once

#include "base/time.hpp"
#include "core/outcome.hpp"
#include "core/reason.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace vigia {

/// How long each phase took; zero where the phase did not take place. Summed over redirects.
struct Timings {
    Duration dns{};
    Duration connect{};
    Duration tls{};
    Duration login{};     ///< of a database
    Duration ttfb{};      ///< request sent → first byte of the answer
    Duration transfer{};  ///< first byte → last byte
    Duration total{};     ///< start → end, waits between phases included

    friend bool operator==(const Timings&, const Timings&) = default;
};

/// What a database said of itself.
struct DbFacts {
    std::string server_version;        ///< "PostgreSQL 15.18"; hostile
    std::string tls_version;           ///< "TLSv1.3"; empty: not encrypted
    std::uint64_t rows = 0;            ///< of the answer, as far as it was read
    std::optional<std::string> value;  ///< the first one; hostile

    friend bool operator==(const DbFacts&, const DbFacts&) = default;
};

/// What the handshake of the last hop agreed on.
struct TlsSummary {
    std::string version;   ///< "TLSv1.3"
    std::string subject;   ///< of the leaf certificate; hostile text
    std::string issuer;    ///< of the leaf certificate; hostile text
    WallTime not_after{};  ///< the earliest expiry in the chain that was presented

    friend bool operator==(const TlsSummary&, const TlsSummary&) = default;
};

/// One attempt. A failed probe is a value: nothing of this is ever an Error.
struct ProbeResult {
    Outcome outcome = Outcome::unknown;
    Reason reason;  ///< code `none` when good
    Timings timings;
    std::optional<TlsSummary> tls;
    std::optional<DbFacts> database;  ///< of a database that answered
    int http_status = 0;              ///< 0: no answer, or not HTTP
    int redirects = 0;
    std::string remote_address;  ///< the address that answered
    /// Of the answer, only when it is not good: its first bytes, and its headers as they came; at
    /// most 1 KiB each; hostile.
    std::string evidence;
    std::string headers;
};

/// Up to `retry_attempts` probes, judged together (PRODUCT §4): good at the first good probe, else
/// unknown if any probe was unknown, else down.
struct CheckResult {
    ProbeResult probe;  ///< the one that decided: the good one, else the last of the outcome
    int attempts = 1;   ///< probes made
    Now started;        ///< of the first probe
    Now finished;

    Outcome outcome() const { return probe.outcome; }
};

}  // namespace vigia
