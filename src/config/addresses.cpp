#include "config/addresses.hpp"

#include "base/i18n.hpp"
#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/url.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace vigia {
namespace {

/// RFC 5322 atext and the dot. Quoted local parts are left out: nobody has one, and everybody who
/// parses an address stumbles over them.
bool is_local_part_character(char c) {
    constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~.";
    return is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
}

/// "[192.0.2.1]" or "[IPv6:2001:db8::1]".
bool is_address_literal(std::string_view text) {
    if (!text.starts_with('[') || !text.ends_with(']')) return false;
    text = text.substr(1, text.size() - 2);
    if (ascii_lower(text).starts_with("ipv6:")) {
        return is_ipv6_address(text.substr(5)) && text.find('%') == std::string_view::npos;
    }
    in_addr address{};
    return ::inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

bool is_loopback_v4(const in_addr& address) {
    return (ntohl(address.s_addr) >> 24U) == 127;
}

}  // namespace

EmailFault check_email(std::string_view address) {
    constexpr std::size_t kLongestLocalPart = 64;
    constexpr std::size_t kLongest = 254;
    if (std::count(address.begin(), address.end(), '@') != 1) return EmailFault::at_sign;
    if (!std::all_of(address.begin(), address.end(), is_ascii)) return EmailFault::not_ascii;
    const std::size_t at = address.find('@');
    const std::string_view local = address.substr(0, at);
    const std::string_view domain = address.substr(at + 1);
    if (!std::all_of(local.begin(), local.end(), is_local_part_character)) {
        return EmailFault::characters;
    }
    if (local.empty() || local.size() > kLongestLocalPart || address.size() > kLongest) {
        return EmailFault::local_part;
    }
    const bool host = domain.find(':') == std::string_view::npos && is_host(domain);
    return host || is_address_literal(domain) ? EmailFault::none : EmailFault::domain;
}

std::string normalized_email(std::string_view address) {
    const std::size_t at = std::min(address.find('@'), address.size());
    return std::string(address.substr(0, at)) + ascii_lower(address.substr(at));
}

std::string_view message_of(EmailFault fault) {
    switch (fault) {
        case EmailFault::none:
            return {};
        case EmailFault::at_sign:
            return N_(
                "not an e-mail address: it must hold exactly one \"@\" (several addresses are "
                "written as a list)");
        case EmailFault::characters:
            return N_(
                "not an e-mail address: spaces, control characters, brackets, quotes and "
                "commas are not allowed; only the plain address, without a name");
        case EmailFault::not_ascii:
            return N_(
                "addresses with letters beyond ASCII are not supported: a domain may be "
                "written in its ASCII form (xn--…)");
        case EmailFault::local_part:
            return N_("not an e-mail address: the part before the \"@\" is empty or too long");
        case EmailFault::domain:
            return N_("not an e-mail address: the part after the \"@\" is not a domain");
    }
    return {};
}

std::optional<ListenAddress> parse_listen(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    ListenAddress listen;
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listen.port);
    if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;

    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[')) {
        if (!host.ends_with(']')) return std::nullopt;
        listen.host = host.substr(1, host.size() - 2);
        in6_addr address{};
        if (!is_ipv6_address(listen.host)) return std::nullopt;
        const std::string plain = listen.host.substr(0, listen.host.find('%'));
        ::inet_pton(AF_INET6, plain.c_str(), &address);
        constexpr std::size_t kMappedV4 = 12;  // ::ffff:127.0.0.1
        listen.loopback = IN6_IS_ADDR_LOOPBACK(&address) ||
                          (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[kMappedV4] == 127);
        return listen;
    }
    listen.host = host;
    in_addr address{};
    if (listen.host == "localhost") {
        listen.loopback = true;
    } else if (::inet_pton(AF_INET, listen.host.c_str(), &address) == 1) {
        listen.loopback = is_loopback_v4(address);
    } else {
        return std::nullopt;
    }
    return listen;
}

std::optional<HostAndPort> parse_host_and_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    HostAndPort place;
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), place.port);
    if (error != std::errc{} || end != port.data() + port.size() || place.port == 0) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    if (brackets) host = host.substr(1, host.size() - 2);
    if (!is_host(host) || brackets != is_ipv6_address(host)) return std::nullopt;
    place.host = host;
    return place;
}

}  // namespace vigia
