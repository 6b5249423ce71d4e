// Connection strings for ODBC: whatever the values, a driver reads back what it was meant to be
// told, by readers written after the drivers', and unixODBC sees no Driver or DSN that is not ours.
// FreeTDS' section reads back as well. First byte: the driver; second: the mode of TLS; then, each
// up to a NUL: an option, the database, the user, the CA file; the rest is the password.

#include "base/assert.hpp"
#include "base/text.hpp"
#include "core/odbc_string.hpp"
#include "tests/support/fuzz_input.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace vigia;

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr auto kDrivers = std::to_array<const char*>(
    {"FreeTDS", "ODBC Driver 18 for SQL Server", "PostgreSQL Unicode", "Other"});

/// Up to `end`, which is taken too; all of it if there is none.
std::string_view take_until(std::string_view& text, std::string_view end) {
    const std::size_t at = text.find(end);
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
    return taken;
}

/// Of a value in braces, behind the first: a brace that is doubled is one, a single one is the end.
std::string take_braced(std::string_view& text) {
    std::string value;
    while (!text.empty()) {
        value += take_until(text, "}");
        if (!text.starts_with('}')) break;
        text.remove_prefix(1);
        value += '}';
    }
    return value;
}

/// As ODBC has it, and unixODBC: a keyword ends at `=`.
Pairs read_standard(std::string_view text) {
    Pairs pairs;
    while (!text.empty()) {
        if (text.front() == ';') {
            text.remove_prefix(1);
            continue;
        }
        if (text.find('=') == std::string_view::npos) break;
        const std::string keyword(take_until(text, "="));
        if (text.starts_with('{')) {
            text.remove_prefix(1);
            pairs.emplace_back(keyword, take_braced(text));
        } else {
            pairs.emplace_back(keyword, take_until(text, ";"));
        }
    }
    return pairs;
}

/// FreeTDS: nothing is doubled within braces, which end at "};".
Pairs read_freetds(std::string_view text) {
    Pairs pairs;
    while (text.find('=') != std::string_view::npos) {
        const std::string keyword(take_until(text, "="));
        const bool braced = text.starts_with('{');
        if (braced) text.remove_prefix(1);
        pairs.emplace_back(keyword, take_until(text, braced ? "};" : ";"));
    }
    // Its Driver is unixODBC's.
    VIGIA_ASSERT(!pairs.empty() && pairs.front().first == "Driver");
    return pairs;
}

/// psqlODBC: braces belong to every value but a password.
Pairs read_psqlodbc(std::string_view text) {
    Pairs pairs;
    while (text.find('=') != std::string_view::npos) {
        const std::string keyword(take_until(text, "="));
        if ((keyword == "PWD" || keyword == "Driver") && text.starts_with('{')) {
            text.remove_prefix(1);
            pairs.emplace_back(keyword, take_braced(text));
            take_until(text, ";");
        } else {
            pairs.emplace_back(keyword, take_until(text, ";"));
        }
    }
    return pairs;
}

/// All that is said, the last of what is said twice.
std::map<std::string, std::string> as_read(const std::string& text, OdbcFamily family) {
    Pairs pairs;
    if (family == OdbcFamily::freetds) {
        pairs = read_freetds(text);
    } else {
        pairs = family == OdbcFamily::postgresql ? read_psqlodbc(text) : read_standard(text);
    }
    std::map<std::string, std::string> values;
    for (auto& [keyword, value] : pairs) values[keyword] = std::move(value);
    return values;
}

void check_string(const DbTarget& target) {
    const OdbcPlace place{"", "10.0.0.1"};
    const OdbcString string = connection_string(target, place);
    const std::vector<OdbcProblem> problems = odbc_problems(target);
    const bool told = std::none_of(problems.begin(), problems.end(), [](const auto& problem) {
        return problem.fault == OdbcFault::value;
    });
    VIGIA_ASSERT(told == string.problem.empty());
    if (!told) {
        VIGIA_ASSERT(string.text.empty());
        return;
    }
    const std::string& text = string.text.reveal();
    const auto values = as_read(text, family_of(target.driver));
    VIGIA_ASSERT(values.at("APP") == target.options.front().second);
    for (const auto& [keyword, value] :
         {std::pair<const char*, const std::string&>{"Database", target.database},
          {"UID", target.user},
          {"PWD", target.password.reveal()}}) {
        VIGIA_ASSERT(value.empty() ? values.count(keyword) == 0 : values.at(keyword) == value);
    }
    const auto driver_managers = [](const auto& pair) {
        const std::string keyword = ascii_lower(pair.first);
        return keyword == "driver" || keyword == "dsn" || keyword == "filedsn" ||
               keyword == "savefile";
    };
    const Pairs seen = read_standard(text);
    VIGIA_ASSERT(seen.front() == (Pairs::value_type{"Driver", target.driver}));
    VIGIA_ASSERT(std::count_if(seen.begin(), seen.end(), driver_managers) == 1);
}

/// As FreeTDS reads a line: of at most so many bytes, up to a comment, with single blanks.
std::pair<std::string, std::string> read_line(std::string_view line) {
    constexpr std::size_t kLongest = 254;
    line = line.substr(0, kLongest);
    line = line.substr(0, line.find_first_of(";#"));
    std::array<std::string, 2> halves;
    std::size_t half = 0;
    bool blank = false;
    for (const char c : line) {
        if (c == '=' && half == 0) {
            half = 1;
            blank = false;
        } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
            blank = !halves[half].empty();
        } else {
            if (blank) halves[half] += ' ';
            halves[half] += c;
            blank = false;
        }
    }
    return {halves[0], halves[1]};
}

void check_section(const DbTarget& target) {
    const auto section = freetds_section(target, "/system.pem");
    if (!section) return;
    VIGIA_ASSERT(std::count(section->begin(), section->end(), '\n') == 7);
    std::map<std::string, std::string> values;
    std::string_view rest = *section;
    while (!rest.empty()) values.insert(read_line(take_until(rest, "\n")));
    VIGIA_ASSERT(values.size() == 7);
    VIGIA_ASSERT(values.at("host") == target.host && values.at("port") == "1433");
    VIGIA_ASSERT(values.at("ca file") ==
                 (target.tls.ca_file.empty() ? "/system.pem" : target.tls.ca_file));
    const bool full = target.tls_mode == DbTlsMode::verify_full;
    VIGIA_ASSERT(values.at("check certificate hostname") == (full ? "yes" : "no"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    test::FuzzInput input(bytes, size);
    DbTarget target;
    target.kind = DbKind::odbc;
    target.driver = kDrivers[input.byte() % kDrivers.size()];
    target.tls_mode = static_cast<DbTlsMode>(input.byte() % 5);
    target.host = "db.example.org";
    target.port = 1433;
    target.options = {{"APP", std::string(input.field())}};
    target.database = input.field();
    target.user = input.field();
    const std::string_view ca_file = input.field();
    if (!ca_file.empty()) target.tls.ca_file = "/" + std::string(ca_file);  // always absolute
    target.password = Secret(std::string(input.rest()));
    check_string(target);
    check_section(target);
    return 0;
}
