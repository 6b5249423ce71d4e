// A Location header, or a configured URL: what comes out is http or https, without userinfo, and
// means the same when it is read again.

#include "base/assert.hpp"
#include "base/text.hpp"
#include "env/real/url.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace {

using namespace vigia;

void check(const Url& url) {
    VIGIA_ASSERT(url.text().starts_with(url.secure() ? "https://" : "http://"));
    VIGIA_ASSERT(!url.host().empty() && url.port() != 0);
    const std::string_view authority = std::string_view(url.text())
                                           .substr(url.secure() ? 8 : 7)
                                           .substr(0, url.text().find('/', 8));
    const std::size_t path = authority.find_first_of("/?");
    VIGIA_ASSERT(authority.substr(0, path).find('@') == std::string_view::npos);
    VIGIA_ASSERT(url.text().find_first_of(" \r\n\t") == std::string::npos);
    const std::optional<Url> again = Url::parse(url.text());
    VIGIA_ASSERT(again && again->same_origin(url));
    // Such a URL parse() may have read by itself; with_host() always asks libcurl's parser.
    constexpr std::string_view kPlainHost = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    if (url.host().find_first_not_of(kPlainHost) != std::string::npos) return;
    const Url asked = url.with_host(url.host());
    VIGIA_ASSERT(ascii_lower(asked.text()) == ascii_lower(url.text()) && asked.same_origin(url));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    static const Url base = *Url::parse("https://example.org/a/b?c=d");
    if (const std::optional<Url> url = Url::parse(input)) check(*url);
    const auto where = resolve_reference(base, input);
    if (const auto* url = std::get_if<Url>(&where)) check(*url);
    if (const auto* foreign = std::get_if<ForeignScheme>(&where)) {
        VIGIA_ASSERT(foreign->scheme != "http" && foreign->scheme != "https");
    }
    static_cast<void>(parse_proxy(input));
    return 0;
}
