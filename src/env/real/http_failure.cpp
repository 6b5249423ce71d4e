#include "env/real/http_failure.hpp"

#include <cerrno>

namespace vigia {

namespace {

/// True for what can befall an established connection, as opposed to the leftovers of an address
/// that could not be connected to.
bool breaks_connection(ReasonCode code) {
    return code != ReasonCode::connection_refused && code != ReasonCode::no_local_port;
}

Reason failed_connect(const HopFacts& facts) {
    if (const auto own = reason_of_errno(facts.socket_errno)) return {Phase::connect, *own, 0, {}};
    const ReasonCode code = reason_of_errno(facts.os_errno).value_or(ReasonCode::internal);
    if (facts.proxied && !is_own_fault(code)) {
        return {Phase::connect, ReasonCode::proxy_failure, facts.proxy_status, facts.message};
    }
    return {Phase::connect, code, 0, code == ReasonCode::internal ? facts.message : std::string()};
}

/// A connection that broke, in whatever phase.
Reason broken(const HopFacts& facts, ReasonCode otherwise) {
    const Phase phase = phase_reached(facts);
    if (phase == Phase::connect && facts.proxied) {
        return {phase, ReasonCode::proxy_failure, facts.proxy_status, facts.message};
    }
    const std::optional<ReasonCode> code = reason_of_errno(facts.os_errno);
    if (code && breaks_connection(*code)) return {phase, *code, 0, {}};
    if (!facts.alert.empty()) return {phase, ReasonCode::tls_failure, 0, facts.alert};
    return {phase, otherwise, 0, facts.message};
}

}  // namespace

Phase phase_reached(const HopFacts& facts) {
    if (!facts.connected || (facts.secure && !facts.tls_started)) return Phase::connect;
    if (facts.secure && !facts.handshaken) return Phase::tls;
    if (!facts.request_sent) return Phase::send;
    return facts.headers_complete ? Phase::body : Phase::first_byte;
}

std::optional<ReasonCode> reason_of_errno(int error) {
    switch (error) {
        case ECONNREFUSED:
            return ReasonCode::connection_refused;
        case ECONNRESET:
        case ECONNABORTED:
            return ReasonCode::connection_reset;
        case EPIPE:
        case ENOTCONN:
            return ReasonCode::connection_closed;
        case ETIMEDOUT:
            return ReasonCode::timeout;
        case EHOSTUNREACH:
        case EHOSTDOWN:
            return ReasonCode::host_unreachable;
        case ENETUNREACH:
        case ENETDOWN:
            return ReasonCode::network_unreachable;
        case EADDRNOTAVAIL:
        case EADDRINUSE:
            return ReasonCode::no_local_port;
        case EMFILE:
        case ENFILE:
            return ReasonCode::no_descriptors;
        case ENOBUFS:
        case ENOMEM:
        case ENOSPC:  // epoll: too many watches of this user
            return ReasonCode::no_buffers;
        default:
            return std::nullopt;
    }
}

Reason classify(const HopFacts& facts) {
    const Phase phase = phase_reached(facts);
    if (facts.cancelled) return {phase, ReasonCode::internal, 0, "cancelled"};
    if (facts.stopped_for_headers) return {Phase::first_byte, ReasonCode::headers_too_large, 0, {}};
    if (facts.unusable_ca_file) {
        return {Phase::tls, ReasonCode::unusable_ca_file, 0, *facts.unusable_ca_file};
    }
    switch (facts.code) {
        case CURLE_OK:  // the answer ended within its headers
        case CURLE_GOT_NOTHING:
            return broken(facts, ReasonCode::connection_closed);
        case CURLE_OPERATION_TIMEDOUT:
            return {phase, ReasonCode::timeout, 0, {}};
        case CURLE_COULDNT_CONNECT:
            return failed_connect(facts);
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_PROXY:
            return {Phase::connect, ReasonCode::proxy_failure, facts.proxy_status, facts.message};
        case CURLE_PEER_FAILED_VERIFICATION:
            // With a chain that is good, what did not match is the name.
            return {
                Phase::tls, facts.certificate.value_or(ReasonCode::certificate_wrong_host), 0, {}};
        case CURLE_SSL_CACERT_BADFILE:
            return {Phase::tls, ReasonCode::unusable_ca_file, 0, facts.message};
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_ENGINE_NOTFOUND:
            return {Phase::tls, ReasonCode::unusable_client_certificate, 0, facts.message};
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CLIENTCERT:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_SHUTDOWN_FAILED:
            return broken(facts, ReasonCode::tls_failure);
        case CURLE_SEND_ERROR:
            return broken(facts, ReasonCode::connection_closed);
        case CURLE_RECV_ERROR:
            // Without an errno: over TLS an end without a goodbye, else broken framing.
            return broken(
                facts, facts.secure ? ReasonCode::connection_closed : ReasonCode::protocol_error);
        case CURLE_PARTIAL_FILE:
            return {phase, ReasonCode::body_truncated, 0, {}};
        case CURLE_OUT_OF_MEMORY:
            // libcurl's own limit for a single header line (100 KB); memory itself does not run out
            // that way on Linux.
            if (facts.request_sent && !facts.headers_complete) {
                return {Phase::first_byte, ReasonCode::headers_too_large, 0, {}};
            }
            return {phase, ReasonCode::no_buffers, 0, {}};
        case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9, that is, no HTTP
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_WRITE_ERROR:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
            return {phase, ReasonCode::protocol_error, 0, facts.message};
        default:
            return {phase, ReasonCode::internal, 0, ::curl_easy_strerror(facts.code)};
    }
}

}  // namespace vigia
