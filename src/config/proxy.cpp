#include "config/proxy.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace vigia {
namespace {

/// An address as bytes; 4, 16, or 0 where a text is none.
struct Address {
    std::array<unsigned char, 16> bytes{};
    std::size_t size = 0;
};

Address parse_address(std::string_view text) {
    const std::string copy(text);
    Address address;
    if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
        address.size = 4;
    } else if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) {
        address.size = 16;
    }
    return address;
}

std::optional<unsigned> parse_number(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool in_block(const Address& address, std::string_view block) {
    const std::size_t slash = block.find('/');
    const Address network = parse_address(block.substr(0, slash));
    const std::optional<unsigned> bits = parse_number(block.substr(slash + 1));
    if (network.size == 0 || network.size != address.size || !bits || *bits > network.size * 8) {
        return false;
    }
    for (unsigned bit = 0; bit < *bits; ++bit) {
        const unsigned mask = 0x80U >> (bit % 8);
        if (((network.bytes[bit / 8] ^ address.bytes[bit / 8]) & mask) != 0) return false;
    }
    return true;
}

bool matches(std::string_view host, const Address& address, std::string_view entry) {
    if (entry == "*") return true;
    if (entry.find('/') != std::string_view::npos)
        return address.size != 0 && in_block(address, entry);
    if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
    if (address.size != 0) {
        const Address other = parse_address(entry);
        return other.size == address.size && other.bytes == address.bytes;
    }
    if (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.ends_with('.')) entry.remove_suffix(1);
    if (host.ends_with('.')) host.remove_suffix(1);
    if (entry.empty() || !host.ends_with(entry)) return false;
    return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

std::string first_set(const Environment& environment, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const std::optional<std::string> value = environment(name);
        if (value && !value->empty()) return *value;
    }
    return {};
}

}  // namespace

bool is_no_proxy(const UrlParts& target, std::string_view list) {
    const std::string host = ascii_lower(target.host);
    const Address address = parse_address(host);
    const std::string entries = ascii_lower(list);
    std::string_view left = entries;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find_first_of(", \t"), left.size());
        std::string_view entry = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        // A port after a name, or after an address in brackets; a bare IPv6 address has no port.
        const std::size_t colon = entry.rfind(':');
        const bool bracketed = entry.starts_with('[') && colon > entry.find(']');
        if (colon != std::string_view::npos && (entry.find(':') == colon || bracketed)) {
            if (parse_number(entry.substr(colon + 1)) != effective_port(target)) continue;
            entry = entry.substr(0, colon);
        }
        if (!entry.empty() && matches(host, address, entry)) return true;
    }
    return false;
}

std::string proxy_from_environment(const UrlParts& target, const Environment& environment) {
    if (!environment) return {};
    if (is_no_proxy(target, first_set(environment, {"no_proxy", "NO_PROXY"}))) return {};
    std::string proxy = target.scheme == "https"
                            ? first_set(environment, {"https_proxy", "HTTPS_PROXY"})
                            : first_set(environment, {"http_proxy"});
    if (proxy.empty()) proxy = first_set(environment, {"all_proxy", "ALL_PROXY"});
    if (!proxy.empty() && proxy.find("://") == std::string::npos) proxy.insert(0, "http://");
    return proxy;
}

}  // namespace vigia
