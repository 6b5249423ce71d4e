#include "config/url.hpp"

#include "base/i18n.hpp"
#include "base/text.hpp"
#include "config/characters.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <fmt/format.h>
#include <iterator>
#include <optional>

namespace vigia {
namespace {

/// What stands nowhere in a URL, not even encoded for the user's convenience.
bool is_forbidden(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_control(c) || c == ' ' || c == '\\') return true;
        // U+0080 to U+00A0: the C1 controls and the space that does not break.
        if (c == '\xc2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) <= 0xa0) {
            return true;
        }
    }
    return false;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Nothing if an escape is broken or stands for a control character.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            if (is_control(c)) return std::nullopt;
            i += 2;
        }
        out += c;
    }
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

/// Encodes what must not be sent in a request line as it is; the rest stays, escapes included.
std::string encoded_rest(std::string_view text) {
    constexpr std::string_view kEncode = "\"<>^`{|}";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (!is_ascii(c) || kEncode.find(c) != std::string_view::npos) {
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out;
}

bool is_listed(std::string_view word, std::string_view list) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(' '), list.size());
        if (list.substr(0, end) == word) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

UrlFault parse_user_info(std::string_view text, UrlParts& url) {
    if (text.empty()) return UrlFault::none;
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto user = percent_decoded(text.substr(0, colon));
    const auto password = percent_decoded(text.substr(std::min(colon + 1, text.size())));
    // A user name that holds a colon cannot be sent (RFC 7617).
    if (!user || !password || user->find(':') != std::string::npos) return UrlFault::user_info;
    url.has_user_info = true;
    url.user = *user;
    url.password = *password;
    return UrlFault::none;
}

UrlFault parse_port(std::string_view text, UrlParts& url) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    if (!whole || port == 0) return UrlFault::port;
    url.port = port;
    return UrlFault::none;
}

UrlFault parse_authority(std::string_view text, UrlParts& url) {
    const std::size_t at = text.rfind('@');
    if (at != std::string_view::npos) {
        const UrlFault fault = parse_user_info(text.substr(0, at), url);
        if (fault != UrlFault::none) return fault;
        text.remove_prefix(at + 1);
    }
    std::string_view host = text;
    std::string_view after;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return UrlFault::host;
        host = text.substr(1, close - 1);
        after = text.substr(close + 1);
        url.ipv6 = true;
        if (!is_ipv6_address(host)) return UrlFault::host;
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        host = text.substr(0, colon);
        after = text.substr(colon);
        if (host.empty()) return UrlFault::no_host;
        if (!is_host(host)) return UrlFault::host;
    }
    url.host = host;
    if (after.empty()) return UrlFault::none;
    return after.starts_with(':') ? parse_port(after.substr(1), url) : UrlFault::host;
}

bool is_host_name(std::string_view text) {
    constexpr std::size_t kLongestName = 253;
    constexpr std::size_t kLongestLabel = 63;
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.empty() || text.size() > kLongestName * 4) return false;
    bool ascii = true;
    std::size_t label = 0;
    for (const char c : text) {
        if (c == '.') {
            if (label == 0) return false;
            label = 0;
            continue;
        }
        // Underscores are common in names that only a private resolver knows.
        if (is_ascii(c) && !is_alphanumeric(c) && c != '-' && c != '_') return false;
        ascii = ascii && is_ascii(c);
        ++label;
        // The encoded form of an international label is for the HTTP client to measure.
        if (ascii && label > kLongestLabel) return false;
    }
    return label > 0 && (!ascii || text.size() <= kLongestName);
}

}  // namespace

bool is_ipv6_address(std::string_view text) {
    const std::size_t percent = text.find('%');
    if (percent != std::string_view::npos) {
        std::string_view zone = text.substr(percent + 1);
        if (zone.starts_with("25")) zone.remove_prefix(2);  // RFC 6874
        const bool good = std::all_of(zone.begin(), zone.end(), [](char c) {
            return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
        });
        if (zone.empty() || !good) return false;
        text = text.substr(0, percent);
    }
    in6_addr address{};
    return ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool is_host(std::string_view text) {
    return text.find(':') == std::string_view::npos ? is_host_name(text) : is_ipv6_address(text);
}

ParsedUrl parse_url(std::string_view text, std::string_view schemes) {
    ParsedUrl result;
    const auto fail = [&result](UrlFault fault) {
        result.fault = fault;
        return result;
    };
    if (is_forbidden(text)) return fail(UrlFault::characters);
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0) return fail(UrlFault::no_scheme);
    UrlParts& url = result.url;
    url.scheme = ascii_lower(text.substr(0, colon));
    if (!is_listed(url.scheme, schemes)) return fail(UrlFault::scheme);
    text.remove_prefix(colon + 3);
    text = text.substr(0, text.find('#'));
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    result.fault = parse_authority(text.substr(0, end), url);
    url.rest = encoded_rest(text.substr(end));
    return result;
}

std::string without_user_info(const UrlParts& url) {
    std::string out = url.scheme + "://";
    out += url.ipv6 ? "[" + url.host + "]" : url.host;
    if (url.port != 0) out += fmt::format(":{}", url.port);
    return out + url.rest;
}

std::uint16_t effective_port(const UrlParts& url) {
    constexpr std::uint16_t kHttp = 80;
    constexpr std::uint16_t kHttps = 443;
    constexpr std::uint16_t kSocks = 1080;
    if (url.port != 0) return url.port;
    if (url.scheme == "https") return kHttps;
    return url.scheme == "http" ? kHttp : kSocks;
}

std::string_view message_of(UrlFault fault) {
    switch (fault) {
        case UrlFault::none:
            return {};
        case UrlFault::no_scheme:
            return N_("not a complete URL: it must begin with a scheme such as \"https://\"");
        case UrlFault::scheme:
            return N_("a URL of this kind cannot be used here: allowed are {}");
        case UrlFault::no_host:
            return N_("the URL has no host");
        case UrlFault::host:
            return N_("the host of the URL is not a valid name or address");
        case UrlFault::port:
            return N_("the port of the URL must be a number from 1 to 65535");
        case UrlFault::characters:
            return N_(
                "the URL holds spaces, backslashes or control characters: write a space as %20");
        case UrlFault::user_info:
            return N_(
                "the user or password in the URL is badly encoded: write special characters "
                "percent-encoded, or use \"auth\"");
    }
    return {};
}

}  // namespace vigia
