#include "env/real/odbc_failure.hpp"

#include "base/text.hpp"
#include "env/db_client.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <optional>
#include <string_view>

namespace vigia {

namespace {

// FreeTDS' own numbers (the TDSE… of its tds.h), which no message of SQL Server has.
constexpr int kFirstOwn = 20000;
constexpr int kLastOwn = 20999;
constexpr int kOutOfMemory = 20010;

struct ByNumber {
    int number;
    ReasonCode code;
};

/// Server numbers, the most telling first: a missing database comes with a failed login.
/// https://learn.microsoft.com/sql/relational-databases/errors-events/
constexpr auto kNumbers = std::to_array<ByNumber>({
    {4060, ReasonCode::no_such_database},       // cannot open the database of the login
    {911, ReasonCode::no_such_database},        // does not exist
    {17809, ReasonCode::too_many_connections},  // user connections
    {10928, ReasonCode::too_many_connections},  // Azure: resource limit
    {10929, ReasonCode::too_many_connections},
    {10936, ReasonCode::too_many_connections},
    {17142, ReasonCode::server_not_ready},  // paused
    {18401, ReasonCode::server_not_ready},  // script upgrade mode
    {18461, ReasonCode::server_not_ready},  // single user mode
    {6005, ReasonCode::server_not_ready},   // shutting down
    {904, ReasonCode::server_not_ready},    // cannot be autostarted during shutdown or startup
    {921, ReasonCode::server_not_ready},    // not recovered yet
    {922, ReasonCode::server_not_ready},    // being recovered
    {927, ReasonCode::server_not_ready},    // being restored
    {942, ReasonCode::server_not_ready},    // offline
    {976, ReasonCode::server_not_ready},    // a secondary replica
    {978, ReasonCode::server_not_ready},
    {983, ReasonCode::server_not_ready},
    {40613, ReasonCode::server_not_ready},  // Azure: not available
    {229, ReasonCode::permission_denied},   // on an object
    {230, ReasonCode::permission_denied},   // on a column
    {262, ReasonCode::permission_denied},   // in a database
    {297, ReasonCode::permission_denied},   // to do this
    {300, ReasonCode::permission_denied},   // VIEW SERVER STATE
    {916, ReasonCode::permission_denied},   // may not enter the database
    {3906, ReasonCode::query_not_reading},  // the database is read-only
    {18452, ReasonCode::login_failed},      // an untrusted domain
    {18456, ReasonCode::login_failed},
    {18470, ReasonCode::login_failed},       // disabled
    {18486, ReasonCode::login_failed},       // locked
    {18487, ReasonCode::login_failed},       // expired
    {18488, ReasonCode::login_failed},       // must be changed
    {20003, ReasonCode::timeout},            // FreeTDS: SQL Server connection timed out
    {20013, ReasonCode::name_not_found},     // FreeTDS: unknown host
    {20017, ReasonCode::connection_closed},  // FreeTDS: unexpected EOF
    {20004, ReasonCode::connection_reset},   // FreeTDS: read failed
    {20006, ReasonCode::connection_reset},   // FreeTDS: write failed
});

struct ByState {
    std::string_view prefix;
    ReasonCode code;
};

/// SQLSTATEs of drivers whose numbers are not known.
constexpr auto kStates = std::to_array<ByState>({
    {"28", ReasonCode::login_failed},
    {"3D000", ReasonCode::no_such_database},
    {"42501", ReasonCode::permission_denied},
    {"53300", ReasonCode::too_many_connections},
    {"57P0", ReasonCode::server_not_ready},
    {"25006", ReasonCode::query_not_reading},
    {"HYT", ReasonCode::timeout},
    {"08S01", ReasonCode::connection_closed},
});

/// Two pieces of a sentence, in lower case, as PostgreSQL's and MySQL's servers and drivers write
/// them in English; other languages go without.
struct ByWords {
    std::string_view first;
    std::string_view second;
    ReasonCode code;
};

constexpr auto kWords = std::to_array<ByWords>({
    {"database", "does not exist", ReasonCode::no_such_database},
    {"unknown database", "", ReasonCode::no_such_database},
    {"permission denied", "", ReasonCode::permission_denied},
    {"too many open files", "", ReasonCode::no_descriptors},
    {"too many clients", "", ReasonCode::too_many_connections},
    {"too many connections", "", ReasonCode::too_many_connections},
    {"connection slots", "", ReasonCode::too_many_connections},
    {"starting up", "", ReasonCode::server_not_ready},
    {"shutting down", "", ReasonCode::server_not_ready},
    {"not accepting connections", "", ReasonCode::server_not_ready},
    {"authentication failed", "", ReasonCode::login_failed},
    {"access denied", "", ReasonCode::login_failed},
    {"role", "does not exist", ReasonCode::login_failed},
    {"closed the connection", "", ReasonCode::connection_closed},
    {"reset by peer", "", ReasonCode::connection_reset},
});

/// One of FreeTDS', or of a driver that has no number for it.
bool is_own(const OdbcRecord& record) {
    return record.number == 0 || (record.number >= kFirstOwn && record.number <= kLastOwn);
}

/// Without the "[FreeTDS][SQL Server]" that tells people nothing.
std::string_view without_origin(std::string_view text) {
    while (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return text;
}

std::string detail_of(const OdbcRecord& record) {
    const std::string code =
        record.number != 0 ? fmt::format("{}", record.number) : record.sqlstate;
    return shorten(fmt::format("{}: {}", code, without_origin(record.text)), kMaxServerText);
}

Reason reason(Phase phase, ReasonCode code, const OdbcRecord& record) {
    // What is known by its code needs no words of the driver's.
    const bool wordless = code == ReasonCode::timeout || code == ReasonCode::connection_closed ||
                          code == ReasonCode::connection_reset ||
                          code == ReasonCode::name_not_found;
    return {phase, code, 0, wordless ? std::string() : detail_of(record)};
}

std::optional<Reason> by_number(const std::vector<OdbcRecord>& records, Phase phase) {
    for (const ByNumber& known : kNumbers) {
        const auto found = std::ranges::find(records, known.number, &OdbcRecord::number);
        if (found != records.end()) return reason(phase, known.code, *found);
    }
    return std::nullopt;
}

std::optional<Reason> by_state(const std::vector<OdbcRecord>& records, Phase phase) {
    for (const ByState& known : kStates) {
        const auto found = std::ranges::find_if(records, [&](const OdbcRecord& record) {
            return record.sqlstate.starts_with(known.prefix);
        });
        if (found != records.end()) return reason(phase, known.code, *found);
    }
    return std::nullopt;
}

std::optional<Reason> by_words(const std::vector<OdbcRecord>& records, Phase phase) {
    for (const OdbcRecord& record : records) {
        const std::string text = ascii_lower(record.text);
        const auto known = std::ranges::find_if(kWords, [&](const ByWords& words) {
            return text.find(words.first) != std::string::npos &&
                   text.find(words.second) != std::string::npos;
        });
        if (known != kWords.end()) return reason(phase, known->code, record);
    }
    return std::nullopt;
}

}  // namespace

bool server_answered(const std::vector<OdbcRecord>& records, OdbcNumbers numbers) {
    return numbers == OdbcNumbers::sql_server &&
           std::ranges::any_of(records, [](const OdbcRecord& r) { return !is_own(r); });
}

bool driver_missing(const std::vector<OdbcRecord>& records) {
    // unixODBC says IM002 or so of a name it does not know, and a mere 01000 of a file that it
    // cannot load.
    return !records.empty() && std::ranges::all_of(records, [](const OdbcRecord& record) {
        return record.sqlstate.starts_with("IM") ||
               (record.sqlstate == "01000" && record.number == 0);
    });
}

Reason classify(const std::vector<OdbcRecord>& records, OdbcNumbers numbers, Phase phase,
                bool dead) {
    if (driver_missing(records)) {
        return {Phase::none, ReasonCode::no_driver, 0, detail_of(records.front())};
    }
    const bool memory = std::ranges::any_of(records, [](const OdbcRecord& record) {
        return record.number == kOutOfMemory || record.sqlstate == "HY001";
    });
    if (memory) return {phase, ReasonCode::no_buffers, 0, {}};
    const bool foreign = numbers == OdbcNumbers::unknown;
    if (!foreign) {
        if (auto known = by_number(records, phase)) return *std::move(known);
    }
    const auto told = std::ranges::find_if(records, [](const auto& r) { return !is_own(r); });
    if (auto known = by_state(records, phase)) return *std::move(known);
    if (foreign && phase == Phase::login) {
        if (auto known = by_words(records, phase)) return *std::move(known);
    }
    if (told != records.end()) {
        return {phase, ReasonCode::query_failed, 0, detail_of(*told)};
    }
    if (dead || records.empty()) return {phase, ReasonCode::connection_reset, 0, {}};
    const bool connecting = phase != Phase::query;
    return {phase, connecting ? ReasonCode::protocol_error : ReasonCode::query_failed, 0,
            detail_of(records.front())};
}

}  // namespace vigia
