#pragma once

#include "cli/check_report.hpp"
#include "config/config.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>

namespace vigia::cli_test {

inline ConfigSources no_sources() {
    ConfigSources sources;
    sources.read_file = [](const std::string&) { return std::nullopt; };
    sources.environment = [](const std::string&) { return std::nullopt; };
    return sources;
}

/// The configuration that `text` holds; it must be good.
inline Config config_of(std::string_view text) {
    ConfigOutcome outcome = parse_config(text, no_sources(), Language::en);
    for (const ConfigProblem& problem : outcome.errors) {
        ADD_FAILURE() << format_problem("sample", problem);
    }
    return outcome.config.value_or(Config{});
}

inline CheckedMonitor checked(std::string name, Outcome outcome) {
    Monitor monitor;
    monitor.id = MonitorId("site-x");
    monitor.name = std::move(name);
    HttpTarget target;
    target.url = "http://127.0.0.1/";
    monitor.target = target;
    CheckedMonitor one;
    one.monitor = std::make_shared<const Monitor>(std::move(monitor));
    one.result.finished.wall = WallTime(std::chrono::seconds(1'734'603'323));
    one.result.probe.outcome = outcome;
    one.result.probe.timings.connect = std::chrono::microseconds(1'500);
    one.result.probe.timings.total = std::chrono::milliseconds(23);
    if (outcome == Outcome::down) {
        one.result.probe.reason = {Phase::status, ReasonCode::unexpected_status, 503, ""};
        one.result.probe.http_status = 503;
    } else if (outcome == Outcome::unknown) {
        one.result.probe.reason = {Phase::resolve, ReasonCode::resolver_dead, 0, ""};
    } else {
        one.result.probe.http_status = 200;
    }
    return one;
}

}  // namespace vigia::cli_test
