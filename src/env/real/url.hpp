#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace vigia {

/// An absolute http or https URL, taken apart by libcurl's parser so that what we decide about is
/// what is requested. A value.
class Url {
public:
    /// None if `text` is not one. The userinfo and the fragment are dropped; a host that is not
    /// ASCII gets its IDNA form.
    static std::optional<Url> parse(std::string_view text);

    const std::string& text() const { return text_; }
    const std::string& host() const { return host_; }  ///< lower case; IPv6 in brackets
    std::uint16_t port() const { return port_; }
    bool secure() const { return secure_; }

    /// "host" or "host:port", as in a Host header.
    std::string authority() const;

    /// The same place, named by another host.
    Url with_host(const std::string& host) const;

    bool same_origin(const Url& other) const {
        return secure_ == other.secure_ && port_ == other.port_ && host_ == other.host_;
    }

private:
    friend struct UrlReader;

    std::string text_;
    std::string host_;
    std::uint16_t port_ = 0;
    bool secure_ = false;
};

/// True for an IP address, IPv6 with or without brackets.
bool is_literal_host(std::string_view host);

/// `host` in lower case, and in its IDNA form if it is not ASCII; none if that cannot be.
std::optional<std::string> ascii_host(std::string_view host);

/// A reference to something that is neither http nor https.
struct ForeignScheme {
    std::string scheme;  ///< hostile
};
/// Not a URL at all.
struct MalformedReference {};

/// What the Location header `reference` of an answer from `base` leads to (RFC 3986 §5.2).
std::variant<Url, ForeignScheme, MalformedReference> resolve_reference(const Url& base,
                                                                       std::string_view reference);

/// A proxy, as libcurl is told of it: a scheme (`http` if none is given) and a port always, and
/// names resolved where the proxy is (socks5 becomes socks5h, socks4 socks4a).
struct ProxyAddress {
    std::string url;
    std::string host;  ///< IPv6 in brackets
    std::uint16_t port = 0;
};
std::optional<ProxyAddress> parse_proxy(std::string_view text);

}  // namespace vigia
