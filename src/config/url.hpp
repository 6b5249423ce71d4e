#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vigia {

/// Why a text is no URL that can be used.
enum class UrlFault : std::uint8_t {
    none,
    no_scheme,  ///< no "scheme://"
    scheme,     ///< another scheme than those allowed
    no_host,
    host,        ///< characters or a form that no host has
    port,        ///< not 1 to 65535
    characters,  ///< spaces, control characters, backslashes
    user_info,   ///< a bad percent escape, or control characters behind one
};

/// The parts of an absolute URL (RFC 3986) with an authority. The fragment is gone.
struct UrlParts {
    std::string scheme;  ///< lower case
    bool has_user_info = false;
    std::string user;        ///< percent-decoded
    std::string password;    ///< percent-decoded
    std::string host;        ///< as written; an IPv6 address without its brackets
    bool ipv6 = false;       ///< the host stood in brackets
    std::uint16_t port = 0;  ///< 0: not given
    std::string rest;        ///< path and query; what is not ASCII, and quotes, percent-encoded

    friend bool operator==(const UrlParts&, const UrlParts&) = default;
};

struct ParsedUrl {
    UrlFault fault = UrlFault::none;
    UrlParts url;  ///< meaningless with a fault
};

/// Parses `text`, UTF-8, whose scheme must be one of `schemes`, a list separated by spaces.
/// International host names pass as they are.
ParsedUrl parse_url(std::string_view text, std::string_view schemes);

/// The URL without its userinfo.
std::string without_user_info(const UrlParts& url);

/// The port, or the one that the scheme implies (http, https, socks5, socks5h).
std::uint16_t effective_port(const UrlParts& url);

/// A host name, an IPv4 address, or an IPv6 address without brackets (with a zone if `%` follows).
bool is_host(std::string_view text);
bool is_ipv6_address(std::string_view text);

/// An English sentence, a message id.
std::string_view message_of(UrlFault fault);

}  // namespace vigia
