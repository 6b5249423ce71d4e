#pragma once

#include "config/difference.hpp"
#include "core/decide.hpp"
#include "engine/committer.hpp"
#include "engine/dispatcher.hpp"
#include "engine/due_queue.hpp"
#include "engine/event_log.hpp"
#include "engine/lag_histogram.hpp"
#include "engine/probe_runner.hpp"
#include "engine/semaphore.hpp"
#include "engine/stall_watch.hpp"
#include "engine/uplink_watch.hpp"
#include "env/env.hpp"
#include "env/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace vigia {

struct ShardLimits {
    std::size_t max_in_flight = 4096;    ///< probes in flight, over all endpoints
    std::size_t max_per_endpoint = 256;  ///< probes in flight to one host and port
    std::size_t max_per_database = 64;   ///< the same, where it is a database
};

/// What a monitor starts with: fresh, or where the last run stopped.
struct InitialState {
    MonitorState state;
    std::optional<Incident> open;
};

/// Numbers that a shard tells of itself.
struct ShardStats {
    std::size_t monitors = 0;
    std::uint64_t checks = 0;
    std::uint64_t skipped_slots = 0;
    LagHistogram lag;  ///< check started − slot due
    ProbeRunner::Counters probes;
    std::uint64_t stalls = 0;
};

/// Watches its monitors: starts each check when it is due, and takes what it found through
/// decide → commit → act. A monitor at rest costs a Slot and a queue entry; coroutines exist only
/// for checks under way. All of it on one thread. What it refers to must outlive stop().
class Shard {
public:
    // tidy: allow(size-parameters) wiring: each is a part that it works with
    Shard(boost::asio::any_io_executor executor, Env& env, Committer& committer,
          Dispatcher& dispatcher, EventLog& events, ShardLimits limits,
          UplinkWatch* uplink = nullptr);
    ~Shard();

    /// Starts watching. First checks are spread (core/timetable.hpp). An id that `initial` does not
    /// know starts pending.
    void start(const std::vector<MonitorPtr>& monitors,
               const std::unordered_map<MonitorId, InitialState>& initial);

    /// Brings in a reload: untouched monitors keep their state and their slots.
    void apply(const ConfigDifference& change);

    /// Closes the incident of a monitor that this shard does not have (removed while we were off).
    void retire_orphan(Incident incident);
    /// Closes an incident of a monitor that has a later one.
    void retire_stale(Incident incident);
    /// Drops the stored state of such a monitor: if it comes back, it begins anew.
    void forget_orphan(MonitorId id);

    /// Ends every check without a result, lets begun commits finish.
    boost::asio::awaitable<void> stop();

    ShardStats stats() const;
    /// Of all checks so far: check started − slot due.
    const LagHistogram& lag() const { return stats_.lag; }
    /// For how long the check that is due has not begun; zero with none due.
    Duration overdue() const;

    /// State and open incident of a monitor, for tests and views; null if there is none.
    const MonitorState* state_of(const MonitorId& id) const;

private:
    struct Slot {
        MonitorPtr monitor;
        MonitorState state;
        std::unique_ptr<OpenIncident> open;
        std::shared_ptr<Semaphore> endpoint;
        MonoTime due{};
        std::uint32_t generation = 0;
        bool in_flight = false;
        TaskGroup::Task check;  ///< the one in flight
        bool leaving = false;   ///< removed: freed when the check under way has ended
        MonitorPtr successor;   ///< added again meanwhile
    };
    using Index = std::uint32_t;
    class CheckScope;

    Index add(const MonitorPtr& monitor, const InitialState& initial, MonoTime due);
    void change(const MonitorPtr& monitor, MonoTime now);
    void remove(const MonitorId& id);
    bool succeed(const MonitorPtr& monitor);
    void release(Index index);
    std::shared_ptr<Semaphore> endpoint_for(const Monitor& monitor);

    boost::asio::awaitable<void> run();
    void start_due(MonoTime now);
    void begin(Index index, MonoTime now);
    void end(Index index);
    boost::asio::awaitable<void> check(Index index);
    boost::asio::awaitable<void> settle(Index index, MonitorPtr checked, CheckResult result);
    boost::asio::awaitable<void> commit_retired(Incident incident, Batch batch);
    boost::asio::awaitable<void> commit_forgotten(MonitorId id);
    void announce(const Monitor& monitor, const Decision& decision);

    boost::asio::any_io_executor executor_;
    Env& env_;
    Committer& committer_;
    Dispatcher& dispatcher_;
    EventLog& events_;
    ShardLimits limits_;
    StallWatch stalls_;
    ProbeRunner runner_;

    std::deque<Slot> slots_;  ///< a deque: references stay good while it grows
    std::vector<Index> free_;
    std::unordered_map<MonitorId, Index> index_of_;
    std::unordered_map<MonitorId, Index> leaving_;  ///< removed, with a check under way
    const MonitorState pending_;                    ///< of what waits for its place
    std::unordered_map<std::string, std::weak_ptr<Semaphore>> endpoints_;
    DueQueue queue_;
    std::unique_ptr<Alarm> timer_;
    ShardStats stats_;
    TaskGroup loops_;
    TaskGroup checks_;
    TaskGroup commits_;  ///< with nobody waiting; never cancelled
};

}  // namespace vigia
