#include "core/odbc_string.hpp"

#include "base/assert.hpp"
#include "base/i18n.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace vigia {

namespace {

/// Keywords that say what `tls` of the monitor says.
constexpr auto kTlsOptions = std::to_array<std::string_view>(
    {"Encrypt", "Encryption", "HostNameInCertificate", "SSLMode", "TrustServerCertificate"});

bool is_tls_option(std::string_view keyword) {
    return std::ranges::find(kTlsOptions, keyword) != kTlsOptions.end();
}

/// Where unixODBC ends a value that begins with a brace, given what stands between `{` and `};`;
/// nothing if it reads on into what follows.
std::optional<std::size_t> end_for_unixodbc(std::string_view inside) {
    for (std::size_t at = inside.find('}'); at != std::string_view::npos;
         at = inside.find('}', at)) {
        const bool doubled = at + 1 == inside.size() || inside[at + 1] == '}';
        if (!doubled) return at;
        at += 2;
        if (at > inside.size()) return std::nullopt;
    }
    return inside.size();
}

std::optional<std::string> freetds_value(std::string_view value, bool last) {
    const bool bare = value.find(';') == std::string_view::npos && !value.starts_with('{');
    if (bare) return std::string(value);
    if (value.find("};") != std::string_view::npos) return std::nullopt;
    const std::optional<std::size_t> end = end_for_unixodbc(value);
    if (!end && !last) return std::nullopt;
    // What unixODBC takes for keywords of its own must not be any.
    if (end && value.substr(*end).find('=') != std::string_view::npos) return std::nullopt;
    return fmt::format("{{{}}}", value);
}

std::string braced(std::string_view value) {
    std::string out = "{";
    for (const char c : value) {
        out += c;
        if (c == '}') out += c;
    }
    return out + '}';
}

std::string standard_value(std::string_view value) {
    constexpr std::string_view kSpecial = "[]{}(),;?*=!@ ";
    const bool bare = value.find_first_of(kSpecial) == std::string_view::npos;
    return bare ? std::string(value) : braced(value);
}

std::optional<std::string> postgresql_value(std::string_view value, bool password) {
    if (password) return braced(value);
    const bool bare = value.find(';') == std::string_view::npos && !value.starts_with('{') &&
                      !value.starts_with(' ') && !value.ends_with(' ');
    return bare ? std::optional(std::string(value)) : std::nullopt;
}

/// Collects `KEYWORD=VALUE;`.
class Pairs {
public:
    explicit Pairs(OdbcFamily family) : family_(family) {
        constexpr std::size_t kRoom = 16384;  // no copies of a password left behind by growing
        text_.reserve(kRoom);
    }

    /// `known` is written as it is.
    void add_known(std::string_view keyword, std::string_view known) {
        text_.append(keyword).append("=").append(known).append(";");
    }

    void add(std::string_view keyword, std::string_view value, bool last = false) {
        const auto written = odbc_value(value, family_, last);
        if (written) return add_known(keyword, *written);
        if (problem_.empty()) {
            problem_ = fmt::format("the driver cannot be told this value of {}", keyword);
        }
    }

    OdbcString take() {
        constexpr std::size_t kLongest = 32'767;  // the range of ODBC's lengths
        if (text_.size() > kLongest) problem_ = "the connection string is too long for ODBC";
        return {Secret(problem_.empty() ? std::move(text_) : std::string()), std::move(problem_)};
    }

private:
    OdbcFamily family_;
    std::string text_;
    std::string problem_;
};

void add_microsoft_tls(Pairs& pairs, const DbTarget& target) {
    const bool encrypt = target.tls_mode >= DbTlsMode::require;
    const bool verify = target.tls_mode == DbTlsMode::verify_full;
    pairs.add_known("Encrypt", encrypt ? "yes" : "no");
    pairs.add_known("TrustServerCertificate", verify ? "no" : "yes");
    if (verify && !target.tls.server_name.empty()) {
        pairs.add("HostNameInCertificate", target.tls.server_name);
    }
}

std::string_view encryption_of(DbTlsMode mode) {
    if (mode == DbTlsMode::disable) return "off";
    return mode == DbTlsMode::prefer ? "request" : "require";
}

/// What a section would say. FreeTDS takes the last of what is said twice: an option of the user's.
void add_freetds(Pairs& pairs, const DbTarget& target) {
    pairs.add_known("TDS_Version", "7.4");
    pairs.add_known("ClientCharset", "UTF-8");
    pairs.add_known("Encryption", encryption_of(target.tls_mode));
}

void add_place(Pairs& pairs, const DbTarget& target, const OdbcPlace& place) {
    const OdbcFamily family = family_of(target.driver);
    if (!place.section.empty()) return pairs.add_known("Servername", place.section);
    if (place.host.empty()) return;
    if (family == OdbcFamily::microsoft) {
        const std::string port = target.port == 0 ? "" : fmt::format(",{}", target.port);
        return pairs.add_known("Server", fmt::format("tcp:{}{}", place.host, port));
    }
    pairs.add("Server", place.host);
    if (target.port != 0) pairs.add_known("Port", fmt::format("{}", target.port));
    if (family == OdbcFamily::freetds) add_freetds(pairs, target);
}

/// A value in freetds.conf ends at a comment, and runs of spaces become one. Of a line, name and
/// all, FreeTDS reads 254 bytes.
bool fits_configuration(std::string_view value) {
    constexpr std::size_t kLongest = 240;
    return value.size() <= kLongest &&
           value.find_first_of(";#\r\n\t\v\f") == std::string_view::npos &&
           value.find("  ") == std::string_view::npos && !value.ends_with(' ');
}

using Problems = std::vector<OdbcProblem>;

void find_freetds_problems(const DbTarget& target, Problems& problems) {
    if (target.tls_mode >= DbTlsMode::require && !speaks_tds(target)) {
        problems.push_back({OdbcFault::old_protocol, "options/TDS_Version"});
    }
    const bool other_name = !target.tls.server_name.empty() &&
                            ascii_lower(target.tls.server_name) != ascii_lower(target.host);
    if (target.tls_mode == DbTlsMode::verify_full && other_name) {
        problems.push_back({OdbcFault::server_name, "tls/server_name"});
    }
    if (needs_freetds_section(target) && !fits_configuration(target.tls.ca_file)) {
        problems.push_back({OdbcFault::ca_file_name, "tls/ca_file"});
    }
}

void find_microsoft_problems(const DbTarget& target, Problems& problems) {
    if (target.tls_mode == DbTlsMode::verify_ca) {
        problems.push_back({OdbcFault::verify_ca, "tls/mode"});
    }
    if (target.tls_mode == DbTlsMode::verify_full && !target.tls.ca_file.empty()) {
        problems.push_back({OdbcFault::ca_file, "tls/ca_file"});
    }
}

void find_tls_problems(const DbTarget& target, Problems& problems) {
    if (target.tls_mode != DbTlsMode::disable && !target.tls.cert_file.empty()) {
        problems.push_back({OdbcFault::client_certificate, "tls/cert_file"});
    }
    for (const auto& [keyword, value] : target.options) {
        if (target.tls_mode == DbTlsMode::prefer || !is_tls_option(keyword)) continue;
        problems.push_back({OdbcFault::contradicting_option, "options/" + keyword});
    }
    switch (family_of(target.driver)) {
        case OdbcFamily::freetds:
            return find_freetds_problems(target, problems);
        case OdbcFamily::microsoft:
            return find_microsoft_problems(target, problems);
        case OdbcFamily::postgresql:
        case OdbcFamily::other:
            break;
    }
    if (target.tls_mode >= DbTlsMode::require) {
        problems.push_back({OdbcFault::unknown_driver, "tls/mode"});
    }
}

}  // namespace

OdbcFamily family_of(std::string_view driver) {
    const std::string name = ascii_lower(driver);
    if (name.find("tds") != std::string::npos) return OdbcFamily::freetds;
    if (name.starts_with("odbc driver ") && name.ends_with(" for sql server")) {
        return OdbcFamily::microsoft;
    }
    const bool postgresql =
        name.find("postgresql") != std::string::npos || name.find("psqlodbc") != std::string::npos;
    return postgresql ? OdbcFamily::postgresql : OdbcFamily::other;
}

bool is_for_sql_server(OdbcFamily family) {
    return family == OdbcFamily::freetds || family == OdbcFamily::microsoft;
}

DbKind dialect_of(const DbTarget& target) {
    if (target.kind != DbKind::odbc) return target.kind;
    return is_for_sql_server(family_of(target.driver)) ? DbKind::sqlserver : DbKind::odbc;
}

bool speaks_tds(const DbTarget& target) {
    const auto old = [](const auto& option) {
        const bool first = option.second.starts_with('4') || option.second.starts_with('5');
        return option.first == "TDS_Version" && (first || option.second == "7.0");
    };
    return is_for_sql_server(family_of(target.driver)) && std::ranges::none_of(target.options, old);
}

std::optional<std::string> odbc_value(std::string_view value, OdbcFamily family, bool last) {
    constexpr std::size_t kLongest = 2048;
    if (value.size() > kLongest || value.find('\0') != std::string_view::npos) return std::nullopt;
    if (family == OdbcFamily::freetds) return freetds_value(value, last);
    if (family == OdbcFamily::postgresql) return postgresql_value(value, last);
    return standard_value(value);
}

OdbcString connection_string(const DbTarget& target, const OdbcPlace& place) {
    const OdbcFamily family = family_of(target.driver);
    Pairs pairs(family);
    // unixODBC's own keyword, and braced as it wants it; the configuration allows no braces in it.
    pairs.add_known("Driver", fmt::format("{{{}}}", target.driver));
    add_place(pairs, target, place);
    if (family == OdbcFamily::microsoft) add_microsoft_tls(pairs, target);
    // Or it would have read all of an answer before it shows the first row.
    if (family == OdbcFamily::postgresql) pairs.add_known("UseDeclareFetch", "1");
    for (const auto& [keyword, value] : target.options) pairs.add(keyword, value);
    if (!target.database.empty()) pairs.add("Database", target.database);
    if (!target.user.empty()) pairs.add("UID", target.user);
    if (!target.password.empty()) pairs.add("PWD", target.password.reveal(), true);
    return pairs.take();
}

std::vector<OdbcProblem> odbc_problems(const DbTarget& target) {
    Problems problems;
    find_tls_problems(target, problems);
    const OdbcFamily family = family_of(target.driver);
    const auto check = [&](std::string key, std::string_view value, bool last = false) {
        if (odbc_value(value, family, last)) return;
        problems.push_back({OdbcFault::value, std::move(key)});
    };
    for (const auto& [keyword, value] : target.options) check("options/" + keyword, value);
    check("database", target.database);
    check("user", target.user);
    check("password", target.password.reveal(), true);
    return problems;
}

std::string_view message_of(OdbcFault fault) {
    switch (fault) {
        case OdbcFault::client_certificate:
            return N_("this driver cannot be given a client certificate: leave it out");
        case OdbcFault::contradicting_option:
            return N_("\"tls\" says this: leave the option out, or \"tls\" at \"prefer\"");
        case OdbcFault::old_protocol:
            return N_("there is no TLS before TDS 7.1: leave the option out");
        case OdbcFault::server_name:
            return N_(
                "FreeTDS verifies the name in \"host\" only: write it there, or \"verify-ca\"");
        case OdbcFault::verify_ca:
            return N_("this driver knows no \"verify-ca\": write \"verify-full\"");
        case OdbcFault::ca_file:
            return N_(
                "this driver knows the system's authorities only: add yours to them, and leave "
                "this out");
        case OdbcFault::ca_file_name:
            return N_(
                "FreeTDS cannot be told such a path: it may have at most 240 bytes, no \";\", "
                "\"#\" "
                "or tabs, no two spaces in a row, and none at its end");
        case OdbcFault::unknown_driver:
            return N_(
                "it is not known how to hold this driver to TLS: write \"prefer\" or \"disable\", "
                "and the driver's own keywords in \"options\"");
        case OdbcFault::value:
            return N_(
                "the driver cannot be told this: it is too long, or holds braces and semicolons in "
                "an order that cannot be written in a connection string");
    }
    assertion_failed("an OdbcFault without words");
}

bool needs_freetds_section(const DbTarget& target) {
    return target.tls_mode >= DbTlsMode::verify_ca;
}

std::optional<std::string> freetds_section(const DbTarget& target,
                                           const std::string& system_ca_file) {
    const std::string& file = target.tls.ca_file.empty() ? system_ca_file : target.tls.ca_file;
    if (file.empty() || !fits_configuration(file)) return std::nullopt;
    const bool full = target.tls_mode == DbTlsMode::verify_full;
    return fmt::format(
        "\thost = {}\n\tport = {}\n\ttds version = 7.4\n\tclient charset = UTF-8\n"
        "\tencryption = {}\n\tca file = {}\n\tcheck certificate hostname = {}\n",
        target.host, target.port, encryption_of(target.tls_mode), file, full ? "yes" : "no");
}

}  // namespace vigia
