#pragma once

#include "core/reason.hpp"

#include <curl/curl.h>
#include <optional>
#include <string>

namespace vigia {

/// What is known of a hop that ended other than well.
struct HopFacts {
    CURLcode code = CURLE_OK;
    bool cancelled = false;
    bool stopped_for_headers = false;             ///< too many of them
    std::optional<std::string> unusable_ca_file;  ///< the file; empty: the system's
    int os_errno = 0;      ///< libcurl's; may stem from an address tried before the last one
    int socket_errno = 0;  ///< of the last socket() that failed, or epoll's
    bool secure = false;   ///< https
    bool proxied = false;
    bool connected = false;  ///< TCP, to the target or its proxy
    bool tls_started = false;
    bool handshaken = false;
    bool request_sent = false;
    bool headers_complete = false;
    int proxy_status = 0;                   ///< the proxy's answer to CONNECT
    std::optional<ReasonCode> certificate;  ///< why the chain was refused
    std::string alert;                      ///< the peer's fatal TLS alert
    std::string message;                    ///< libcurl's, for people
};

/// The phase a hop had come to.
Phase phase_reached(const HopFacts& facts);

/// The reason of a failure that came as an errno; none if it says nothing by itself.
std::optional<ReasonCode> reason_of_errno(int error);

/// Why the hop failed. Pure; never looks at texts. The code is never `none`.
Reason classify(const HopFacts& facts);

}  // namespace vigia
