#include "core/monitor.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace vigia {
namespace {

/// "host:port" of a URL that the configuration accepted; whatever else it is given, it returns
/// some part of it.
std::string endpoint_of_url(std::string_view url) {
    constexpr std::string_view kSchemeEnd = "://";
    std::string_view scheme;
    std::string_view rest = url;
    if (const std::size_t end = url.find(kSchemeEnd); end != std::string_view::npos) {
        scheme = url.substr(0, end);
        rest = url.substr(end + kSchemeEnd.size());
    }
    std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        authority.remove_prefix(at + 1);
    }
    // The colons of an IPv6 address stand inside brackets.
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_colon =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    const std::string_view host = has_colon ? authority.substr(0, colon) : authority;
    std::string_view port = has_colon ? authority.substr(colon + 1) : std::string_view{};
    if (port.empty()) port = ascii_lower(scheme) == "https" ? "443" : "80";

    std::string endpoint = ascii_lower(host);
    endpoint += ':';
    endpoint += port;
    return endpoint;
}

struct TypeName {
    std::string_view operator()(const HttpTarget&) const { return "http"; }
    std::string_view operator()(const DbTarget& target) const { return to_string(target.kind); }
};

struct Endpoint {
    std::string operator()(const HttpTarget& target) const { return endpoint_of_url(target.url); }
    std::string operator()(const DbTarget& target) const {
        const bool bare_ipv6 = target.host.find(':') != std::string::npos;
        return fmt::format(fmt::runtime(bare_ipv6 ? "db://[{}]:{}" : "db://{}:{}"),
                           ascii_lower(target.host), target.port);
    }
};

}  // namespace

std::string_view type_name(const Target& target) {
    return std::visit(TypeName{}, target);
}

std::string endpoint_of(const Target& target) {
    return std::visit(Endpoint{}, target);
}

}  // namespace vigia
