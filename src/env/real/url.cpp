#include "env/real/url.hpp"

#include "base/text.hpp"

#include <charconv>
#include <clocale>
#include <curl/curl.h>
#include <memory>

namespace vigia {

namespace {

struct CurluDeleter {
    void operator()(CURLU* handle) const { ::curl_url_cleanup(handle); }
};
using UrlHandle = std::unique_ptr<CURLU, CurluDeleter>;

/// Lets libidn2, which reads names in the encoding of the locale, see UTF-8 as UTF-8 whatever the
/// process runs in.
class Utf8Locale {
public:
    Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (locale_ != nullptr) previous_ = ::uselocale(locale_);
    }
    ~Utf8Locale() {
        if (locale_ == nullptr) return;
        ::uselocale(previous_);
        ::freelocale(locale_);
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

private:
    locale_t locale_;
    locale_t previous_ = nullptr;
};

bool is_ascii(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

std::optional<std::string> part(CURLU* handle, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (::curl_url_get(handle, which, &text, flags) != CURLUE_OK) return std::nullopt;
    std::string copy(text);
    ::curl_free(text);
    return copy;
}

bool set(CURLU* handle, CURLUPart which, const std::string& text, unsigned flags = 0) {
    if (text.find('\0') != std::string::npos) return false;  // libcurl would take what is before it
    return ::curl_url_set(handle, which, text.c_str(), flags) == CURLUE_OK;
}

std::optional<std::uint16_t> port_of(CURLU* handle) {
    const std::optional<std::string> text = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    if (!text) return std::nullopt;
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), port);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return port;
}

/// True if libcurl takes `text` to mean this place: an address whose digits are escaped is a name
/// when read once, and an address when that is read again.
bool leads_to(const std::string& text, const std::string& host, std::uint16_t port) {
    const UrlHandle again(::curl_url());
    return again && set(again.get(), CURLUPART_URL, text) &&
           part(again.get(), CURLUPART_HOST) == host && port_of(again.get()) == port;
}

/// The scheme in front of `text`, or empty if it is a relative reference.
std::string_view scheme_of(std::string_view text) {
    std::size_t length = 0;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (c == ':' && length > 0) return text.substr(0, length);
        if (!letter && (!other || length == 0)) return {};
        ++length;
    }
    return {};
}

constexpr std::size_t kMaxPlain = 2000;
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kPlainHost = "abcdefghijklmnopqrstuvwxyz0123456789.-";
constexpr std::string_view kPlainPath =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~./,=&+:;@";

/// The number that `text` is, without leading zeros and in [1, max]; else none.
std::optional<unsigned> plain_number(std::string_view text, unsigned max) {
    unsigned value = 0;
    if (text.empty() || text.front() == '0') return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > max)
        return std::nullopt;
    return value;
}

/// A dotted quad as everybody writes it, or a name: what ends in a label that begins with a digit
/// might be an address written in another way.
bool is_plain_host(std::string_view host) {
    if (host.find_first_not_of(kPlainHost) != std::string_view::npos) return false;
    const std::size_t last = host.rfind('.') + 1;  // 0 without any dot
    if (last < host.size() && kLower.find(host[last]) != std::string_view::npos) return true;
    for (int part = 0; part < 4; ++part) {
        const std::string_view number = host.substr(0, host.find('.'));
        if (number != "0" && !plain_number(number, 255)) return false;
        const bool more = number.size() < host.size();
        if (more != (part < 3)) return false;
        host.remove_prefix(number.size() + (more ? 1 : 0));
    }
    return true;
}

}  // namespace

struct UrlReader {
    /// The usual URL, which libcurl's parser would leave as it is, without calling it: that takes
    /// as long as a tenth of a check. None for every other.
    static std::optional<Url> plain(std::string_view text) {
        const bool secure = text.starts_with("https://");
        if (text.size() > kMaxPlain || (!secure && !text.starts_with("http://")))
            return std::nullopt;
        const std::string_view rest = text.substr(secure ? 8 : 7);
        const std::size_t slash = rest.find('/');
        if (slash == std::string_view::npos) return std::nullopt;
        const std::string_view path = rest.substr(slash);
        if (path.find_first_not_of(kPlainPath) != std::string_view::npos) return std::nullopt;
        if (path.find("/.") != std::string_view::npos) return std::nullopt;

        const std::string_view authority = rest.substr(0, slash);
        const std::string_view host = authority.substr(0, authority.find(':'));
        unsigned port = secure ? 443 : 80;
        if (host.size() < authority.size()) {
            const auto given = plain_number(authority.substr(host.size() + 1), 65535);
            if (!given) return std::nullopt;
            port = *given;
        }
        if (!is_plain_host(host)) return std::nullopt;
        Url url;
        url.text_ = text;
        url.host_ = host;
        url.port_ = static_cast<std::uint16_t>(port);
        url.secure_ = secure;
        return url;
    }

    /// `handle` holds a URL; takes it over as far as it is one of ours.
    static std::optional<Url> read(CURLU* handle) {
        const std::optional<std::string> scheme = part(handle, CURLUPART_SCHEME);
        if (!scheme || (*scheme != "http" && *scheme != "https")) return std::nullopt;
        ::curl_url_set(handle, CURLUPART_USER, nullptr, 0);
        ::curl_url_set(handle, CURLUPART_PASSWORD, nullptr, 0);
        ::curl_url_set(handle, CURLUPART_FRAGMENT, nullptr, 0);

        std::optional<std::string> host = part(handle, CURLUPART_HOST);
        if (!host || host->empty()) return std::nullopt;
        if (!is_ascii(*host)) {
            // By the whole URL: libcurl 7.88 leaks where the host alone cannot be converted.
            const Utf8Locale locale;
            const std::optional<std::string> ascii = part(handle, CURLUPART_URL, CURLU_PUNYCODE);
            if (!ascii || !set(handle, CURLUPART_URL, *ascii)) return std::nullopt;
            host = part(handle, CURLUPART_HOST);
            if (!host || !is_ascii(*host)) return std::nullopt;
        }
        const std::optional<std::uint16_t> port = port_of(handle);
        std::optional<std::string> text = part(handle, CURLUPART_URL);
        if (!port || *port == 0 || !text) return std::nullopt;
        if (!leads_to(*text, *host, *port)) return std::nullopt;

        Url url;
        url.text_ = *std::move(text);
        url.host_ = ascii_lower(*host);
        url.port_ = *port;
        url.secure_ = *scheme == "https";
        return url;
    }

    static Url replace_host(const Url& url, const std::string& host) {
        const UrlHandle handle(::curl_url());
        if (handle && set(handle.get(), CURLUPART_URL, url.text_) &&
            set(handle.get(), CURLUPART_HOST, host)) {
            if (std::optional<Url> other = read(handle.get())) return *std::move(other);
        }
        return url;
    }
};

std::optional<Url> Url::parse(std::string_view text) {
    if (std::optional<Url> plain = UrlReader::plain(text)) return plain;
    const UrlHandle handle(::curl_url());
    if (!handle || !set(handle.get(), CURLUPART_URL, std::string(text), CURLU_URLENCODE)) {
        return std::nullopt;
    }
    return UrlReader::read(handle.get());
}

std::string Url::authority() const {
    if (port_ == (secure_ ? 443 : 80)) return host_;
    return host_ + ':' + std::to_string(port_);
}

Url Url::with_host(const std::string& host) const {
    return UrlReader::replace_host(*this, host);
}

std::variant<Url, ForeignScheme, MalformedReference> resolve_reference(const Url& base,
                                                                       std::string_view reference) {
    const std::string_view scheme = scheme_of(reference);
    const std::string lower = ascii_lower(scheme);
    if (!scheme.empty() && lower != "http" && lower != "https") return ForeignScheme{lower};

    const UrlHandle handle(::curl_url());
    if (!handle || !set(handle.get(), CURLUPART_URL, base.text()) ||
        !set(handle.get(), CURLUPART_URL, std::string(reference),
             CURLU_URLENCODE | CURLU_ALLOW_SPACE)) {
        return MalformedReference{};
    }
    std::optional<Url> url = UrlReader::read(handle.get());
    if (!url) return MalformedReference{};
    return *std::move(url);
}

bool is_literal_host(std::string_view host) {
    return host.find(':') != std::string_view::npos ||
           host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<std::string> ascii_host(std::string_view host) {
    if (is_ascii(host)) return ascii_lower(host);
    const std::optional<Url> url = Url::parse("http://" + std::string(host) + "/");
    if (!url) return std::nullopt;
    return url->host();
}

std::optional<ProxyAddress> parse_proxy(std::string_view text) {
    std::string full(text);
    if (full.find("://") == std::string::npos) full.insert(0, "http://");
    const UrlHandle handle(::curl_url());
    if (!handle || !set(handle.get(), CURLUPART_URL, full, CURLU_NON_SUPPORT_SCHEME)) {
        return std::nullopt;
    }
    std::string scheme = part(handle.get(), CURLUPART_SCHEME).value_or("");
    if (scheme == "socks5") scheme = "socks5h";
    if (scheme == "socks4") scheme = "socks4a";
    const std::string host = part(handle.get(), CURLUPART_HOST).value_or("");
    const std::uint16_t usual = scheme == "http" ? 80 : scheme == "https" ? 443 : 1080;
    const std::uint16_t port = port_of(handle.get()).value_or(usual);
    if (host.empty() || port == 0) return std::nullopt;
    ProxyAddress proxy;
    proxy.url = scheme + "://" + host + ':' + std::to_string(port);
    proxy.host = ascii_lower(host);
    proxy.port = port;
    return proxy;
}

}  // namespace vigia
