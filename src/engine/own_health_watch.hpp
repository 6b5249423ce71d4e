#pragma once

#include "core/own_health.hpp"
#include "engine/committer.hpp"
#include "engine/dispatcher.hpp"
#include "engine/event_log.hpp"
#include "engine/lag_histogram.hpp"
#include "engine/shard.hpp"
#include "env/env.hpp"
#include "env/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>

namespace vigia {

/// Looks at the monitor itself every few seconds and tells of its troubles: in the log, and to
/// everybody where that is wanted. What is a trouble is core/own_health's decision. One per
/// process, on the shard's thread; what it refers to must outlive stop().
class OwnHealthWatch {
public:
    static constexpr Duration kPeriod = std::chrono::seconds(5);
    /// What the present lag is taken from.
    static constexpr Duration kLagWindow = std::chrono::minutes(1);
    /// A check that should have begun so long ago, and has not, means that none begins any more.
    static constexpr Duration kStuck = std::chrono::minutes(1);

    /// The parts of the engine that it looks at.
    struct Engine {
        Committer& committer;
        Dispatcher& dispatcher;
        Shard& shard;
    };

    OwnHealthWatch(boost::asio::any_io_executor executor, Env& env, Engine engine,
                   EventLog& events);

    /// At the start and at each reload: whether people are told.
    void configure(bool notices) { notices_ = notices; }

    void start() { loop_.spawn(run()); }

    /// Waits for a notice that is being committed.
    boost::asio::awaitable<void> stop();

    /// The loop turns and checks begin: what a watchdog wants to know. A store that cannot be
    /// written is none of its business, as a restart would not mend it and lose what waits.
    bool is_working() const { return engine_.shard.overdue() < kStuck; }
    /// What somebody outside wants to know: it works, and what it finds is kept.
    bool is_well() const {
        return is_working() && engine_.committer.oldest_wait() < OwnHealth::kStorePatience;
    }

    OwnSigns signs() const;
    bool has(Trouble trouble) const { return health_.has(trouble); }

private:
    boost::asio::awaitable<void> run();
    void look();
    void measure_lag(MonoTime now);
    void tell(const TroubleChange& change, const Now& now);

    Env& env_;
    Engine engine_;
    EventLog& events_;
    OwnHealth health_;
    bool notices_ = true;
    LagHistogram measured_;  ///< up to the present window
    MonoTime window_began_;
    Duration lag_{};  ///< of the last window
    TaskGroup loop_;
    TaskGroup telling_;  ///< notices being committed; never cancelled
};

}  // namespace vigia
