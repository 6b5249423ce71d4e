#pragma once

#include "base/i18n.hpp"
#include "cli/check_report.hpp"
#include "cli/terminal.hpp"
#include "config/config.hpp"
#include "env/env.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <vector>

namespace vigia {

/// The monitors that `check` was asked for, in the order of the file, each once.
struct Selection {
    std::vector<MonitorPtr> monitors;
    std::vector<std::string> unknown;  ///< lines for people: names that no monitor has
};

/// No names: all that are enabled. A name or id selects its monitor, enabled or not.
Selection select_monitors(const Config& config, const std::vector<std::string>& names,
                          const Catalog& catalog);

struct CheckRequest {
    std::vector<MonitorPtr> monitors;
    Language language = Language::es;
    std::size_t max_in_flight = 256;
    bool json = false;
};

/// `vigia check`: probes the monitors side by side, once each with retries, and prints what came of
/// it. No log, no mail, no state. Returns the exit status: 0 if all are good. `env` and `terminal`
/// outlive it.
boost::asio::awaitable<int> check(Env& env, Terminal& terminal, CheckRequest request);

}  // namespace vigia
