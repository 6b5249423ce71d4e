#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/proxy.hpp"
#include "config/sections.hpp"
#include "config/url.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace vigia {
namespace {

constexpr int kLowestStatus = 100;
constexpr int kHighestStatus = 999;  // some servers answer beyond 599

/// RFC 9110 tchar.
bool is_token(std::string_view text) {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
    });
}

bool is_header_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return c != '\t' && is_control(c); });
}

/// "2xx" or "200-299".
std::optional<StatusRange> parse_status_range(std::string_view text) {
    if (text.size() == 3 && text[0] >= '1' && text[0] <= '9' && text.substr(1) == "xx") {
        const int first = (text[0] - '0') * 100;
        return StatusRange{first, first + 99};
    }
    if (text.size() != 7 || text[3] != '-') return std::nullopt;
    int ends[2] = {};
    for (std::size_t i = 0; i < 2; ++i) {
        const std::string_view number = text.substr(i * 4, 3);
        if (!std::all_of(number.begin(), number.end(), is_digit)) return std::nullopt;
        std::from_chars(number.data(), number.data() + number.size(), ends[i]);
    }
    if (ends[0] < kLowestStatus || ends[0] > ends[1]) return std::nullopt;
    return StatusRange{ends[0], ends[1]};
}

void read_status(ReadContext& context, const JsonValue& value, std::vector<StatusRange>& out) {
    if (value.kind == JsonKind::number) {
        const auto status =
            read_integer(context, value, IntegerRange{.min = kLowestStatus, .max = kHighestStatus});
        if (status) out.push_back({static_cast<int>(*status), static_cast<int>(*status)});
        return;
    }
    if (value.kind != JsonKind::string) {
        context.wrong_type(value, context.text("a status such as 200, \"2xx\" or \"200-299\""));
        return;
    }
    const std::optional<std::string> text = read_string(context, value);
    if (!text) return;
    const std::optional<StatusRange> range = parse_status_range(*text);
    if (!range) {
        context.error(value,
                      context.text("not a status: write a number such as 200, a class such as "
                                   "\"2xx\" or a range such as \"200-299\""));
        return;
    }
    out.push_back(*range);
}

void read_expected_status(ObjectReader& reader, std::vector<StatusRange>& target) {
    ReadContext& context = reader.context();
    const JsonValue* value = reader.find("expected_status");
    if (value == nullptr) return;
    target.clear();
    if (value->kind != JsonKind::array) return read_status(context, *value, target);
    if (value->children == 0) {
        context.error(*value, context.text("the list is empty: no answer could ever be good"));
    }
    const Document& document = context.document();
    for (const JsonValue* item = document.first_child(*value); item != nullptr;
         item = document.next(*item)) {
        read_status(context, *item, target);
    }
}

/// Reads `headers` and `headers_file`. Lives for one call of read().
class HeaderReader {
public:
    HeaderReader(ObjectReader& parent, HttpTarget& target)
        : parent_(parent), context_(parent.context()), target_(target) {}

    void read() {
        const Document& document = context_.document();
        if (const JsonValue* headers = parent_.find_object("headers")) {
            for (const JsonValue* v = document.first_child(*headers); v; v = document.next(*v)) {
                std::optional<std::string> content = read_string(context_, *v);
                if (content) add(*v, Secret(std::move(*content)));
            }
        }
        if (const JsonValue* files = parent_.find_object("headers_file")) {
            for (const JsonValue* v = document.first_child(*files); v; v = document.next(*v)) {
                std::optional<Secret> content = read_secret_file(context_, *v);
                if (content) add(*v, std::move(*content));
            }
        }
    }

    /// The member that sets "Authorization", or nothing.
    const JsonValue* authorization() const { return authorization_; }

private:
    void add(const JsonValue& member, Secret content) {
        std::string name = ascii_lower(member.key);
        if (name == "authorization") authorization_ = &member;
        if (!is_token(name)) {
            context_.error_at_key(member, context_.text("not a header name: only letters, digits "
                                                        "and !#$%&'*+-.^_`|~ are allowed"));
        } else if (!seen_.insert(std::move(name)).second) {
            context_.error_at_key(member, context_.text("this header is given twice; capitals make "
                                                        "no difference in header names"));
        } else if (!is_header_value(content.reveal())) {
            context_.error(member, context_.text("a header cannot hold line breaks or control "
                                                 "characters"));
        }
        target_.headers.push_back({std::string(member.key), std::move(content)});
    }

    ObjectReader& parent_;
    ReadContext& context_;
    HttpTarget& target_;
    std::unordered_set<std::string> seen_;  // names in lower case
    const JsonValue* authorization_ = nullptr;
};

HttpAuth read_basic(ReadContext& context, const JsonValue& value) {
    BasicAuth basic;
    ObjectReader reader(context, value);
    if (reader.require("user") != nullptr && reader.read("user", basic.user) &&
        (basic.user.find(':') != std::string::npos || !is_header_value(basic.user))) {
        context.error(*reader.find("user"), context.text("a user name cannot hold a colon, line "
                                                         "breaks or control characters"));
    }
    std::optional<GivenSecret> password = reader.secret("password", "password_file");
    if (password) {
        if (!is_header_value(password->secret.reveal())) {
            context.error(*password->at,
                          context.text("line breaks and control characters are not allowed here"));
        }
        basic.password = std::move(password->secret);
    } else if (reader.find("password") == nullptr && reader.find("password_file") == nullptr) {
        context.missing(value, "password");
    }
    reader.finish();
    return basic;
}

HttpAuth read_auth(ObjectReader& parent) {
    ReadContext& context = parent.context();
    const JsonValue* value = parent.find_object("auth");
    if (value == nullptr) return {};
    HttpAuth auth;
    ObjectReader reader(context, *value);
    const JsonValue* basic = reader.find_object("basic");
    std::optional<GivenSecret> bearer = reader.secret("bearer", "bearer_file");
    const bool has_basic = reader.find("basic") != nullptr;
    const bool has_bearer =
        reader.find("bearer") != nullptr || reader.find("bearer_file") != nullptr;
    if (has_basic == has_bearer) {
        context.error(*value, context.text("exactly one of \"basic\", \"bearer\" and "
                                           "\"bearer_file\" is required"));
    }
    if (basic != nullptr) auth = read_basic(context, *basic);
    if (bearer) {
        const std::string& token = bearer->secret.reveal();
        const bool plain =
            std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
        if (token.empty() || !plain) {
            context.error(*bearer->at, context.text("a token cannot be empty or hold spaces, line "
                                                    "breaks or letters beyond ASCII"));
        }
        if (!has_basic) auth = BearerAuth{std::move(bearer->secret)};
    }
    reader.finish();
    return auth;
}

/// The message of a URL that is not good; `schemes` fills the gap of the one that has a gap.
void report_url(ReadContext& context, const JsonValue& value, UrlFault fault,
                std::string_view schemes) {
    context.error(value, context.text(message_of(fault), schemes));
}

/// Reads the URL at `value` into `target`; its userinfo becomes basic authentication.
std::optional<UrlParts> read_url(ReadContext& context, const JsonValue& value, HttpTarget& target) {
    const std::optional<std::string> text = read_string(context, value);
    if (!text) return std::nullopt;
    ParsedUrl parsed = parse_url(*text, "http https");
    if (parsed.fault != UrlFault::none) {
        report_url(context, value, parsed.fault, "http, https");
        return std::nullopt;
    }
    target.url = without_user_info(parsed.url);
    if (parsed.url.has_user_info) {
        if (!std::holds_alternative<std::monostate>(target.auth)) {
            context.error(value, context.text("the URL holds a user, and \"auth\" is given too: "
                                              "keep one"));
        }
        target.auth = BasicAuth{parsed.url.user, Secret(parsed.url.password)};
    }
    return std::move(parsed.url);
}

void read_proxy(ObjectReader& reader, const std::optional<UrlParts>& url, Proxy& target) {
    ReadContext& context = reader.context();
    const std::optional<GivenSecret> given = reader.secret("proxy", "proxy_file");
    if (!given) return;
    std::string text = given->secret.reveal();
    const bool from_environment = text == "env";
    if (from_environment) {
        text = url ? proxy_from_environment(*url, context.sources().environment) : std::string();
    }
    if (text.empty()) return;
    const ParsedUrl parsed = parse_url(text, kProxySchemes);
    if (parsed.fault != UrlFault::none) {
        if (from_environment) {
            context.error(*given->at, context.text("the environment's proxy is not a valid URL"));
        } else {
            report_url(context, *given->at, parsed.fault, "http, https, socks5, socks5h");
        }
        return;
    }
    if (!parsed.url.rest.empty() && parsed.url.rest != "/") {
        context.error(*given->at, context.text("the URL of a proxy ends with its host and port"));
    }
    UrlParts plain = parsed.url;
    plain.rest.clear();
    target.url = without_user_info(plain);
    target.user = plain.user;
    target.password = Secret(plain.password);
}

void read_method(ObjectReader& reader, std::string& target) {
    ReadContext& context = reader.context();
    if (!reader.read("method", target)) return;
    constexpr std::size_t kLongest = 32;
    const bool good =
        !target.empty() && target.size() <= kLongest &&
        std::all_of(target.begin(), target.end(), [](char c) { return is_capital(c) || c == '-'; });
    if (!good) {
        context.error(*reader.find("method"),
                      context.text("not a method: write it in capitals, such "
                                   "as \"GET\", \"HEAD\" or \"POST\""));
    } else if (target == "CONNECT") {
        context.error(*reader.find("method"), context.text("CONNECT is for proxies only"));
    }
}

HttpTarget read_http_target(ObjectReader& reader) {
    ReadContext& context = reader.context();
    HttpTarget target;
    target.auth = read_auth(reader);
    std::optional<UrlParts> url;
    if (const JsonValue* at = reader.require("url")) url = read_url(context, *at, target);
    read_method(reader, target.method);
    HeaderReader headers(reader, target);
    headers.read();
    const JsonValue* authorization = headers.authorization();
    if (authorization != nullptr && !std::holds_alternative<std::monostate>(target.auth)) {
        context.error_at_key(*authorization,
                             context.text("the header \"Authorization\" and a user or \"auth\" "
                                          "exclude each other: keep one"));
    }
    if (std::optional<GivenSecret> body = reader.secret("body", "body_file")) {
        target.body = std::move(body->secret);
    }
    read_expected_status(reader, target.expected_status);
    reader.read("follow_redirects", target.follow_redirects);
    read_proxy(reader, url, target.proxy);
    read_tls(reader, target.tls);
    return target;
}

}  // namespace

MonitorDraft read_website(ReadContext& context, const JsonValue& value, const Policy& defaults) {
    MonitorDraft draft = start_monitor(value, MonitorCategory::website, defaults);
    Monitor& monitor = draft.monitor;
    if (value.kind == JsonKind::string) {
        HttpTarget target;
        read_url(context, value, target);
        monitor.target = std::move(target);
        return draft;
    }
    if (value.kind != JsonKind::object) {
        context.wrong_type(value, context.text("a URL or an object with a \"url\""));
        return draft;
    }
    ObjectReader reader(context, value);
    monitor.target = read_http_target(reader);
    read_common(reader, draft);
    reader.finish();
    return draft;
}

}  // namespace vigia
