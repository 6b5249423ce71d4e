// parse_config() on arbitrary bytes. Besides not crashing: there is a configuration or there are
// errors, never both or neither; places lie inside the text and are in order; what came from a file
// or a variable is in no message; and a good configuration holds what its users rely on.

#include "base/assert.hpp"
#include "base/text.hpp"
#include "config/config.hpp"
#include "config/difference.hpp"
#include "config/monitor_id.hpp"
#include "core/odbc_string.hpp"
#include "core/sql_guard.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace {

using vigia::ConfigOutcome;
using vigia::ConfigProblem;

constexpr std::string_view kCanary = "c4n4ry";

/// Names choose what is found: the fuzzer learns them from the corpus.
std::optional<std::string> outside(const std::string& name) {
    const std::string canary(kCanary);
    if (name.find("none") != std::string::npos) return std::nullopt;
    if (name.find("url") != std::string::npos) return "https://u:" + canary + "@h.example/x";
    if (name.find("line") != std::string::npos) return canary + "\r\nX: y\n";
    if (name.find("nul") != std::string::npos) return canary + std::string(1, '\0');
    if (name.find("latin") != std::string::npos) return canary + "\xf1";
    if (name.find("proxy") != std::string::npos) return canary + ":" + canary + "@p:1";
    return canary;
}

void check_problems(std::string_view text, const std::vector<ConfigProblem>& problems) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    // Whoever writes the canary into the document itself sees it in pointers.
    const bool planted =
        text.find(kCanary) != std::string_view::npos || text.find("\\u") != std::string_view::npos;
    const ConfigProblem* before = nullptr;
    for (const ConfigProblem& problem : problems) {
        VIGIA_ASSERT(problem.line >= 1 && problem.line <= lines);
        VIGIA_ASSERT(problem.column >= 1 && problem.column <= text.size() + 1);
        VIGIA_ASSERT(!problem.message.empty() && vigia::is_utf8(problem.message));
        VIGIA_ASSERT(before == nullptr || before->line < problem.line ||
                     (before->line == problem.line && before->column <= problem.column));
        const std::string shown = vigia::format_problem("f", problem);
        VIGIA_ASSERT(shown.find('\n') == std::string::npos && vigia::is_utf8(shown));
        VIGIA_ASSERT(planted || shown.find(kCanary) == std::string::npos);
        before = &problem;
    }
}

bool one_line(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void check_target(const vigia::HttpTarget& target) {
    VIGIA_ASSERT(target.url.starts_with("http://") || target.url.starts_with("https://"));
    VIGIA_ASSERT(one_line(target.url) && target.url.find(' ') == std::string::npos);
    VIGIA_ASSERT(one_line(target.method) && !target.method.empty());
    for (const vigia::RequestHeader& header : target.headers) {
        VIGIA_ASSERT(!header.name.empty() && one_line(header.name));
        VIGIA_ASSERT(one_line(header.value.reveal()));
    }
    if (const auto* basic = std::get_if<vigia::BasicAuth>(&target.auth)) {
        VIGIA_ASSERT(one_line(basic->user) && one_line(basic->password.reveal()));
    }
    if (const auto* bearer = std::get_if<vigia::BearerAuth>(&target.auth)) {
        VIGIA_ASSERT(!bearer->token.empty() && one_line(bearer->token.reveal()));
    }
    VIGIA_ASSERT(!target.expected_status.empty());
    VIGIA_ASSERT(one_line(target.proxy.url) && target.proxy.url.find('@') == std::string::npos);
}

void check_target(const vigia::DbTarget& target) {
    VIGIA_ASSERT(one_line(target.host) && target.host.find(' ') == std::string::npos);
    const vigia::DbKind dialect = vigia::dialect_of(target);
    if (!target.query.empty()) {
        VIGIA_ASSERT(vigia::begins_like_reading(target.query, dialect));
        VIGIA_ASSERT(find_query_fault(target.query, dialect) == vigia::QueryFault::none);
        VIGIA_ASSERT(target.query.find('\0') == std::string::npos);
    }
    for (const std::string* text : {&target.database, &target.user, &target.password.reveal()}) {
        VIGIA_ASSERT(text->find('\0') == std::string::npos);
    }
    VIGIA_ASSERT(target.expect.max_rows.value_or(0) <= vigia::kMaxDbRows);
    VIGIA_ASSERT(target.expect.min_rows.value_or(0) <= vigia::kMaxDbRows);
    const bool by_odbc = target.kind >= vigia::DbKind::sqlserver;
    VIGIA_ASSERT(by_odbc != target.driver.empty());
    if (!by_odbc) return;
    VIGIA_ASSERT(vigia::odbc_problems(target).empty());
    vigia::OdbcPlace place;
    place.host = target.host;
    VIGIA_ASSERT(vigia::connection_string(target, place).problem.empty());
}

void check_config(const vigia::Config& config) {
    std::set<vigia::MonitorId> ids;
    for (const vigia::MonitorPtr& monitor : config.monitors) {
        VIGIA_ASSERT(ids.insert(monitor->id).second && !monitor->id.empty());
        VIGIA_ASSERT(monitor->policy.check_interval >= std::chrono::milliseconds(100));
        VIGIA_ASSERT(monitor->policy.timeout >= std::chrono::milliseconds(10));
        VIGIA_ASSERT(monitor->policy.retry_attempts >= 1 && monitor->policy.alert_threshold >= 1);
        std::visit([](const auto& target) { check_target(target); }, monitor->target);
    }
    if (config.email) {
        VIGIA_ASSERT(!config.email->recipients.empty() && !config.email->server.host.empty());
        VIGIA_ASSERT(one_line(config.email->sender_name) && one_line(config.email->sender));
        for (const std::string& to : config.email->recipients) {
            VIGIA_ASSERT(one_line(to) && to.find_first_of("<> ,") == std::string::npos);
        }
    }
    const vigia::ConfigDifference same = vigia::difference(config.monitors, config.monitors);
    VIGIA_ASSERT(same.added.empty() && same.changed.empty() && same.removed.empty());
    VIGIA_ASSERT(same.unchanged == config.enabled_monitors());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const vigia::ConfigSources sources{outside, outside, {}, "/base"};
    const ConfigOutcome outcome = vigia::parse_config(text, sources, vigia::Language::en);
    VIGIA_ASSERT(outcome.config.has_value() == outcome.errors.empty());
    check_problems(text, outcome.errors);
    if (outcome.config) {
        check_problems(text, outcome.config->warnings);
        check_config(*outcome.config);
    }
    return 0;
}
