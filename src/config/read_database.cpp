#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/sections.hpp"
#include "config/url.hpp"
#include "core/odbc_string.hpp"
#include "core/sql_guard.hpp"

#include <algorithm>
#include <array>

namespace vigia {
namespace {

constexpr std::size_t kLongestText = 1024;  // of names that go to a server
constexpr std::int64_t kHighestPort = 65'535;
constexpr const char* kDefaultDriver = "FreeTDS";

/// What a connection string may set beside what has a key of its own. None of these names a file,
/// another host or a program.
constexpr auto kDriverOptions = std::to_array<std::string_view>({
    "APP",
    "ApplicationIntent",
    "Charset",
    "ClientCharset",
    "ConnectTimeout",
    "Encrypt",
    "Encryption",
    "HostNameInCertificate",
    "Language",
    "LoginTimeout",
    "MultiSubnetFailover",
    "ReadOnly",
    "SSLMode",
    "TDS_Version",
    "TrustServerCertificate",
    "UseNTLMv2",
    "WSID",
});

bool is_plain(std::string_view text) {
    return text.size() <= kLongestText && std::none_of(text.begin(), text.end(), is_control);
}

/// A name that goes to the server: any characters but controls.
void read_plain(ObjectReader& reader, std::string_view key, std::string& target) {
    ReadContext& context = reader.context();
    if (reader.read(key, target) && !is_plain(target)) {
        context.error(*reader.find(key), context.text("too long, or holds control characters"));
    }
}

/// Replaces a name that is not ASCII by its A-labels, which is what name servers and certificates
/// have. False if there are none.
bool make_ascii(const ReadContext& context, std::string& host) {
    const auto& ascii_host = context.sources().ascii_host;
    if (!ascii_host || std::all_of(host.begin(), host.end(), is_ascii)) return true;
    std::optional<std::string> ascii = ascii_host(host);
    if (!ascii) return false;
    host = std::move(*ascii);
    return true;
}

void read_host(ObjectReader& reader, DbTarget& target) {
    ReadContext& context = reader.context();
    const bool has_dsn = target.kind == DbKind::odbc;
    const JsonValue* at = has_dsn ? reader.find("host") : reader.require("host");
    if (at == nullptr) return;
    std::optional<std::string> host = read_string(context, *at);
    if (!host) return;
    const bool sockets = target.kind != DbKind::sqlserver && target.kind != DbKind::odbc;
    if (is_socket_path(*host)) {
        constexpr std::size_t kLongestPath = 100;  // sun_path, less what PostgreSQL appends
        if (!sockets) {
            context.error(*at, context.text("this kind of database has no Unix sockets"));
        } else if (host->size() > kLongestPath || !is_plain(*host)) {
            context.error(
                *at, context.text("not a path of a Unix socket: at most {} bytes", kLongestPath));
        }
    } else if (!is_host(*host) || !make_ascii(context, *host)) {
        context.error(*at, context.text("not a valid host name"));
    }
    target.host = std::move(*host);
}

/// "SELECT 1" may end with a semicolon; what follows one would be a second statement.
void read_query(ObjectReader& reader, DbTarget& target) {
    ReadContext& context = reader.context();
    std::string& query = target.query;
    if (!reader.read("query", query)) return;
    constexpr std::size_t kLongestQuery = std::size_t{64} * 1024;
    const JsonValue& at = *reader.find("query");
    const std::size_t end = query.find_last_not_of("; \t\r\n");
    if (end == std::string::npos) {
        context.error(at, context.text("the query is empty"));
    } else if (query.size() > kLongestQuery || query.find('\0') != std::string::npos) {
        context.error(at, context.text("the query is too long or holds a NUL byte"));
    } else {
        const DbKind dialect = dialect_of(target);
        const QueryFault fault = begins_like_reading(query, dialect)
                                     ? find_query_fault(query, dialect)
                                     : QueryFault::not_reading;
        if (fault != QueryFault::none) context.error(at, context.text(message_of(fault)));
        query.resize(end + 1);
    }
}

/// A number or a text, as the operand of a comparison.
std::optional<Comparison> read_operand(ReadContext& context, const JsonValue& value, CompareOp op) {
    if (value.kind == JsonKind::number) {
        const std::optional<std::int64_t> integer = integer_value(value.text);
        if (integer) return Comparison{op, *integer};
        return Comparison{op, number_value(value.text)};
    }
    if (value.kind == JsonKind::string) {
        std::optional<std::string> text = read_string(context, value);
        if (text) return Comparison{op, std::move(*text)};
        return std::nullopt;
    }
    context.wrong_type(value, context.text("a number or a string"));
    return std::nullopt;
}

/// `1`, `"ready"`, or `{">=": 1, "<": 100}`.
void read_value(ObjectReader& reader, std::vector<Comparison>& value) {
    ReadContext& context = reader.context();
    const JsonValue* at = reader.find("value");
    if (at == nullptr) return;
    const auto add = [&](const JsonValue& operand, CompareOp op) {
        if (auto comparison = read_operand(context, operand, op)) {
            value.push_back(std::move(*comparison));
        }
    };
    if (at->kind != JsonKind::object) return add(*at, CompareOp::equal);
    ObjectReader operators(context, *at);
    for (const CompareOp op :
         {CompareOp::less, CompareOp::less_equal, CompareOp::equal, CompareOp::not_equal,
          CompareOp::greater_equal, CompareOp::greater}) {
        if (const JsonValue* operand = operators.find(to_string(op))) add(*operand, op);
    }
    operators.finish();
    if (at->children == 0) context.error(*at, context.text("no comparison: write {{\">=\": 1}}"));
}

/// `3`, or `{"min": 1, "max": 5}`.
void read_rows(ObjectReader& reader, DbExpectation& expect) {
    ReadContext& context = reader.context();
    const JsonValue* at = reader.find("rows");
    if (at == nullptr) return;
    // What lies beyond kMaxDbRows is not read: a higher limit could never be told apart from it.
    const IntegerRange range{.min = 0, .max = static_cast<std::int64_t>(kMaxDbRows) - 1};
    if (at->kind != JsonKind::object) {
        const std::optional<std::int64_t> rows = read_integer(context, *at, range);
        if (rows) expect.min_rows = expect.max_rows = static_cast<std::uint64_t>(*rows);
        return;
    }
    ObjectReader limits(context, *at);
    std::uint64_t rows = 0;
    if (limits.read("min", rows, range)) expect.min_rows = rows;
    if (limits.read("max", rows, range)) expect.max_rows = rows;
    limits.finish();
    if (expect.min_rows && expect.max_rows && *expect.min_rows > *expect.max_rows) {
        context.error(*at, context.text("\"min\" is more than \"max\": no answer could be good"));
    }
}

void read_expect(ObjectReader& parent, DbExpectation& expect) {
    const JsonValue* value = parent.find_object("expect");
    if (value == nullptr) return;
    ObjectReader reader(parent.context(), *value);
    read_value(reader, expect.value);
    read_rows(reader, expect);
    reader.finish();
}

void read_db_tls(ObjectReader& parent, DbTarget& target) {
    ReadContext& context = parent.context();
    const JsonValue* value = parent.find_object("tls");
    if (value == nullptr) return;
    ObjectReader reader(context, *value);
    const bool has_mode = reader.read("mode", target.tls_mode,
                                      {{"disable", DbTlsMode::disable},
                                       {"prefer", DbTlsMode::prefer},
                                       {"require", DbTlsMode::require},
                                       {"verify-ca", DbTlsMode::verify_ca},
                                       {"verify-full", DbTlsMode::verify_full}});
    read_tls_members(reader, target.tls);
    if (!make_ascii(context, target.tls.server_name)) {
        context.error(*reader.find("server_name"), context.text("not a valid host name"));
    }
    const JsonValue* verify = reader.find("verify");
    if (verify != nullptr && !has_mode && target.tls.verify) {
        target.tls_mode = DbTlsMode::verify_full;
    } else if (verify != nullptr && has_mode &&
               target.tls.verify != (target.tls_mode >= DbTlsMode::verify_ca)) {
        context.error(*verify, context.text("contradicts \"mode\": leave \"verify\" out"));
    }
    if (!target.tls.ca_file.empty() && target.tls_mode < DbTlsMode::verify_ca) {
        context.error(*reader.find("ca_file"),
                      context.text("nothing is verified with this \"mode\": write \"verify-ca\" "
                                   "or \"verify-full\""));
    }
    reader.finish();
}

void read_driver(ObjectReader& reader, DbTarget& target) {
    ReadContext& context = reader.context();
    target.driver = kDefaultDriver;
    read_plain(reader, "driver", target.driver);
    if (target.driver.empty() || target.driver.find_first_of("{}/=;") != std::string::npos) {
        context.error(*reader.find("driver"),
                      context.text("not the name of an ODBC driver: see odbcinst.ini"));
    }
    const JsonValue* options = reader.find_object("options");
    if (options == nullptr) return;
    ObjectReader members(context, *options);
    for (const std::string_view key : kDriverOptions) {
        std::string text;
        read_plain(members, key, text);
        if (members.find(key) != nullptr) target.options.emplace_back(key, std::move(text));
    }
    members.finish();
}

const JsonValue* member_of(const Document& document, const JsonValue& object,
                           std::string_view key) {
    for (const JsonValue* v = document.first_child(object); v != nullptr; v = document.next(*v)) {
        if (v->key == key) return v;
    }
    return nullptr;
}

/// The value that `key` leads to, as in "tls/ca_file", or the nearest around it that is there.
const JsonValue& value_at(const Document& document, const JsonValue& object, std::string_view key) {
    const std::size_t slash = std::min(key.find('/'), key.size());
    const JsonValue* value = member_of(document, object, key.substr(0, slash));
    if (value == nullptr && key == "password") {
        value = member_of(document, object, "password_file");
    }
    if (value == nullptr) return object;
    if (slash == key.size()) return *value;
    const JsonValue* const inner = member_of(document, *value, key.substr(slash + 1));
    return inner == nullptr ? *value : *inner;
}

/// What the driver will not do: told now rather than by every check.
void report_odbc_problems(ObjectReader& reader, const DbTarget& target) {
    ReadContext& context = reader.context();
    for (const OdbcProblem& problem : odbc_problems(target)) {
        context.error(value_at(context.document(), reader.object(), problem.key),
                      context.text(message_of(problem.fault)));
    }
}

DbTarget read_db_target(ObjectReader& reader) {
    DbTarget target;
    if (reader.require("type") != nullptr) {
        reader.read("type", target.kind,
                    {{"mysql", DbKind::mysql},
                     {"mariadb", DbKind::mariadb},
                     {"postgresql", DbKind::postgresql},
                     {"postgres", DbKind::postgresql},
                     {"sqlserver", DbKind::sqlserver},
                     {"mssql", DbKind::sqlserver},
                     {"odbc", DbKind::odbc}});
    }
    read_host(reader, target);
    target.port = default_port(target.kind);
    reader.read("port", target.port, IntegerRange{.min = 1, .max = kHighestPort});
    read_plain(reader, "database", target.database);
    read_plain(reader, "user", target.user);
    if (std::optional<GivenSecret> password = reader.secret("password", "password_file")) {
        target.password = std::move(password->secret);
    }
    const bool by_odbc = target.kind == DbKind::sqlserver || target.kind == DbKind::odbc;
    if (by_odbc) read_driver(reader, target);
    read_query(reader, target);
    read_expect(reader, target.expect);
    read_db_tls(reader, target);
    if (by_odbc) report_odbc_problems(reader, target);
    return target;
}

}  // namespace

MonitorDraft read_database(ReadContext& context, const JsonValue& value, const Policy& defaults) {
    MonitorDraft draft = start_monitor(value, MonitorCategory::database, defaults);
    if (value.kind != JsonKind::object) {
        context.wrong_type(value, context.text("an object with \"type\", \"host\", …"));
        return draft;
    }
    ObjectReader reader(context, value);
    draft.monitor.target = read_db_target(reader);
    read_common(reader, draft);
    reader.finish();
    return draft;
}

}  // namespace vigia
