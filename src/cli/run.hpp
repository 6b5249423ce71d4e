#pragma once

#include "app/app.hpp"
#include "cli/configuration.hpp"
#include "cli/signals.hpp"
#include "cli/supervisor.hpp"
#include "config/config.hpp"
#include "env/env.hpp"
#include "store/store.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vigia {

/// What `run` needs beside the ports.
struct RunRequest {
    Config config;
    std::vector<std::string> warnings;  ///< of the configuration, as lines
    std::string file;                   ///< its name as given
    std::uint64_t descriptors = 1024;   ///< the limit that holds
    std::string store_name;             ///< the store's file
    std::string no_store;               ///< why there is none, and all is kept in memory
    /// Reads the configuration again, in that language until it names its own.
    std::function<ConfigurationReading(Language)> read_again;
    /// Gives the log its settings and opens its file again.
    std::function<void(const LoggingSettings&, const Catalog&)> renew_log;
};

/// `vigia run`: an App on `env` and `store` until the operator stops it. A reload brings in the
/// file as it is then; one that is not good changes nothing and costs one ERROR line. Returns the
/// exit status; `supervisor` is kept informed, and told that all is alive only while checks begin.
/// The references outlive it. Throws what App's constructor throws.
boost::asio::awaitable<int> run(Env& env, Store& store, OperatorSignals& signals,
                                Supervisor& supervisor, RunRequest request);

/// The line that run leaves behind: checks, skipped slots, lag, own lateness, mail.
std::string summary(const AppStats& stats, const Catalog& catalog);

}  // namespace vigia
