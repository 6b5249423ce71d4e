#include "core/reason.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"

#include <array>
#include <fmt/format.h>

namespace vigia {
namespace {

constexpr std::size_t kMaxDetail = 200;

/// The name of a code and its sentence, in which `{0}` stands for Reason::value.
struct CodeText {
    ReasonCode code;
    std::string_view name;
    std::string_view sentence;
};

constexpr auto kCodes = std::to_array<CodeText>({
    {ReasonCode::none, "none", ""},
    {ReasonCode::name_not_found, "name_not_found", N_("the name does not exist")},
    {ReasonCode::name_no_address, "name_no_address", N_("the name has no address")},
    {ReasonCode::name_server_failure, "name_server_failure",
     N_("the name server failed for this name")},
    {ReasonCode::connection_refused, "connection_refused", N_("connection refused")},
    {ReasonCode::connection_reset, "connection_reset", N_("connection reset by the other end")},
    {ReasonCode::connection_closed, "connection_closed",
     N_("connection closed before the answer was complete")},
    {ReasonCode::host_unreachable, "host_unreachable", N_("the host is unreachable")},
    {ReasonCode::timeout, "timeout", N_("no answer within the time limit")},
    {ReasonCode::certificate_expired, "certificate_expired", N_("the certificate has expired")},
    {ReasonCode::certificate_not_yet_valid, "certificate_not_yet_valid",
     N_("the certificate is not valid yet")},
    {ReasonCode::certificate_untrusted, "certificate_untrusted",
     N_("the issuer of the certificate is not trusted")},
    {ReasonCode::certificate_self_signed, "certificate_self_signed",
     N_("the certificate is self-signed")},
    {ReasonCode::certificate_wrong_host, "certificate_wrong_host",
     N_("the certificate is for another host")},
    {ReasonCode::certificate_invalid, "certificate_invalid", N_("the certificate is not valid")},
    {ReasonCode::tls_failure, "tls_failure", N_("the TLS handshake failed")},
    {ReasonCode::proxy_failure, "proxy_failure", N_("the proxy failed")},
    {ReasonCode::protocol_error, "protocol_error", N_("the answer breaks the protocol")},
    {ReasonCode::headers_too_large, "headers_too_large",
     N_("the headers of the answer are too large")},
    {ReasonCode::body_truncated, "body_truncated", N_("the body is shorter than announced")},
    {ReasonCode::unexpected_status, "unexpected_status", N_("unexpected status code {0}")},
    {ReasonCode::too_many_redirects, "too_many_redirects", N_("too many redirects ({0} followed)")},
    {ReasonCode::redirect_refused, "redirect_refused",
     N_("redirect to something other than http or https")},
    {ReasonCode::tls_not_offered, "tls_not_offered", N_("the server offers no TLS")},
    {ReasonCode::login_failed, "login_failed", N_("the server refuses the user or the password")},
    {ReasonCode::no_such_database, "no_such_database", N_("the database does not exist")},
    {ReasonCode::permission_denied, "permission_denied", N_("permission denied")},
    {ReasonCode::too_many_connections, "too_many_connections",
     N_("the server has no connection left")},
    {ReasonCode::server_not_ready, "server_not_ready",
     N_("the server is starting, stopping or recovering")},
    {ReasonCode::query_failed, "query_failed", N_("the query failed")},
    {ReasonCode::query_not_reading, "query_not_reading",
     N_("the query is not one statement that only reads")},
    {ReasonCode::unexpected_value, "unexpected_value", N_("the value is not as expected")},
    {ReasonCode::value_not_a_number, "value_not_a_number", N_("the value is not a number")},
    {ReasonCode::value_missing, "value_missing", N_("the answer has no value")},
    {ReasonCode::unexpected_rows, "unexpected_rows", N_("unexpected number of rows: {0}")},
    {ReasonCode::no_descriptors, "no_descriptors", N_("this machine has no file descriptors left")},
    {ReasonCode::no_buffers, "no_buffers", N_("this machine has no memory left for connections")},
    {ReasonCode::no_local_port, "no_local_port",
     N_("this machine has no local port or address left")},
    {ReasonCode::network_unreachable, "network_unreachable",
     N_("this machine cannot reach the network")},
    {ReasonCode::resolver_dead, "resolver_dead", N_("no name server answers this machine")},
    {ReasonCode::uplink_down, "uplink_down", N_("this machine is cut off from the network")},
    {ReasonCode::unusable_ca_file, "unusable_ca_file", N_("this machine cannot use the CA file")},
    {ReasonCode::unusable_client_certificate, "unusable_client_certificate",
     N_("this machine cannot use the client certificate or its key")},
    {ReasonCode::own_lateness, "own_lateness", N_("vigia itself was late")},
    {ReasonCode::no_driver, "no_driver", N_("the database driver is missing or cannot be used")},
    {ReasonCode::no_driver_room, "no_driver_room",
     N_("every database worker is held by a driver that hangs")},
    {ReasonCode::store_failing, "store_failing",
     N_("the store has not been written for more than a minute")},
    {ReasonCode::checks_late, "checks_late", N_("checks begin late, by {0} s and more")},
    {ReasonCode::notifications_dead, "notifications_dead", N_("notifications given up: {0}")},
    {ReasonCode::notifications_late, "notifications_late",
     N_("notifications undelivered for more than 15 minutes, waiting: {0}")},
    {ReasonCode::log_lines_lost, "log_lines_lost", N_("log lines lost: {0}")},
    {ReasonCode::internal, "internal", N_("internal error")},
});

/// True if every row stands at the index of its code, and none is missing.
constexpr bool in_order() {
    for (std::size_t i = 0; i < kCodes.size(); ++i) {
        if (static_cast<std::size_t>(kCodes[i].code) != i) return false;
    }
    return kCodes.size() == static_cast<std::size_t>(ReasonCode::internal) + 1;
}
static_assert(in_order());

const CodeText& text_of(ReasonCode code) {
    const auto index = static_cast<std::size_t>(code);
    VIGIA_ASSERT(index < kCodes.size());
    return kCodes[index];
}

/// With the word "phase" in each, so that a translation can agree with it.
std::string_view phase_text(Phase phase) {
    switch (phase) {
        case Phase::none:
            return {};
        case Phase::resolve:
            return N_("phase: resolve");
        case Phase::connect:
            return N_("phase: connect");
        case Phase::tls:
            return N_("phase: TLS");
        case Phase::login:
            return N_("phase: login");
        case Phase::send:
            return N_("phase: send");
        case Phase::first_byte:
            return N_("phase: first byte");
        case Phase::query:
            return N_("phase: query");
        case Phase::body:
            return N_("phase: body");
        case Phase::status:
            return N_("phase: status");
        case Phase::redirect:
            return N_("phase: redirect");
        case Phase::condition:
            return N_("phase: condition");
    }
    assertion_failed("a Phase without a text");
}

}  // namespace

bool is_own_fault(ReasonCode code) {
    switch (code) {
        case ReasonCode::no_descriptors:
        case ReasonCode::no_buffers:
        case ReasonCode::no_local_port:
        case ReasonCode::network_unreachable:
        case ReasonCode::resolver_dead:
        case ReasonCode::uplink_down:
        case ReasonCode::unusable_ca_file:
        case ReasonCode::unusable_client_certificate:
        case ReasonCode::own_lateness:
        case ReasonCode::no_driver:
        case ReasonCode::no_driver_room:
        case ReasonCode::store_failing:
        case ReasonCode::checks_late:
        case ReasonCode::notifications_dead:
        case ReasonCode::notifications_late:
        case ReasonCode::log_lines_lost:
        case ReasonCode::internal:
            return true;
        default:
            return false;
    }
}

std::string describe(const Reason& reason, const Catalog& catalog) {
    if (reason.code == ReasonCode::none) return {};
    std::string text =
        fmt::format(fmt::runtime(catalog.text(text_of(reason.code).sentence)), reason.value);
    if (!reason.detail.empty()) {
        text += ": ";
        text += shorten(escape_line(reason.detail), kMaxDetail);
    }
    if (reason.phase != Phase::none) {
        text += fmt::format(" ({})", catalog.text(phase_text(reason.phase)));
    }
    return text;
}

std::string_view to_string(Phase phase) {
    switch (phase) {
        case Phase::none:
            return "none";
        case Phase::resolve:
            return "resolve";
        case Phase::connect:
            return "connect";
        case Phase::tls:
            return "tls";
        case Phase::login:
            return "login";
        case Phase::send:
            return "send";
        case Phase::first_byte:
            return "first_byte";
        case Phase::query:
            return "query";
        case Phase::body:
            return "body";
        case Phase::status:
            return "status";
        case Phase::redirect:
            return "redirect";
        case Phase::condition:
            return "condition";
    }
    assertion_failed("a Phase without a name");
}

std::string_view to_string(ReasonCode code) {
    return text_of(code).name;
}

}  // namespace vigia
