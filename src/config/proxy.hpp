#pragma once

#include "config/url.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// What a proxy's URL may begin with, for parse_url().
constexpr std::string_view kProxySchemes = "http https socks5 socks5h";

/// The proxy that the environment asks for when `target` is fetched, as libcurl reads it:
/// `http_proxy` (lower case only: HTTP_PROXY can be set by a client of a CGI), `https_proxy`,
/// `all_proxy`, and exceptions from `no_proxy`. Empty: none.
std::string proxy_from_environment(const UrlParts& target, const Environment& environment);

/// True if `list` (names, domains, addresses, CIDR blocks, `*`; separated by commas or spaces)
/// holds the host. An entry may end in a port.
bool is_no_proxy(const UrlParts& target, std::string_view list);

}  // namespace vigia
