#pragma once

#include "base/result.hpp"
#include "config/config.hpp"
#include "engine/committer.hpp"
#include "engine/dead_man_ping.hpp"
#include "engine/dispatcher.hpp"
#include "engine/event_log.hpp"
#include "engine/own_health_watch.hpp"
#include "engine/retry_watch.hpp"
#include "engine/shard.hpp"
#include "engine/uplink_watch.hpp"
#include "env/env.hpp"
#include "env/task_group.hpp"
#include "store/store.hpp"

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace vigia {

struct AppStats {
    ShardStats shard;
    Dispatcher::Counters deliveries;
    std::size_t pending_notifications = 0;
    Duration oldest_notification{};  ///< for how long it has waited
    std::uint64_t commits = 0;
    std::uint64_t dropped_batches = 0;       ///< never written: the store failed for too long
    OwnSigns own;                            ///< of the monitor's own health
    std::array<bool, kTroubles> troubles{};  ///< those that hold, by Trouble
};

/// The whole daemon, without argv, signals, files or sockets of its own: all of that is in Env and
/// Store. Built by main() on the real world and by the simulation on a simulated one. One thread,
/// that of `executor`; Env and Store outlive it. stop() must have ended before it is destroyed.
class App {
public:
    App(boost::asio::any_io_executor executor, Env& env, Store& store, Config config,
        ShardLimits limits);

    /// Goes on where the store says the last run stopped, then watches. Error: the store cannot be
    /// read.
    Result<void> start();

    /// Replaces the configuration; what did not change is not touched.
    void reload(Config config);

    /// Stops within about `kMailGrace`: commits what was found, leaves the rest to the next start.
    boost::asio::awaitable<void> stop();

    static constexpr Duration kMailGrace = std::chrono::seconds(3);

    const Config& config() const { return config_; }
    const Shard& shard() const { return shard_; }
    AppStats stats() const;
    bool ready() const { return committer_.healthy(); }
    /// The loop turns and checks begin: else only a new start helps.
    bool is_working() const { return health_.is_working(); }

private:
    using InitialStates = std::unordered_map<MonitorId, InitialState>;
    InitialStates take_up(StoredState& stored, const std::vector<MonitorPtr>& monitors);
    void log_configuration();
    void configure_channels();
    void configure_health();

    Env& env_;
    Store& store_;
    Config config_;
    EventLog events_;
    Committer committer_;
    Dispatcher dispatcher_;
    RetryWatch retries_;
    UplinkWatch uplink_;
    Shard shard_;
    OwnHealthWatch health_;
    DeadManPing ping_;
    TaskGroup loops_;
};

/// Where `config` sends alerts.
std::vector<Recipient> recipients_of(const Config& config);

}  // namespace vigia
