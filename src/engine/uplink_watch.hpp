#pragma once

#include "config/config.hpp"
#include "core/uplink.hpp"
#include "engine/dispatcher.hpp"
#include "engine/event_log.hpp"
#include "env/env.hpp"
#include "env/parking.hpp"
#include "env/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace vigia {

/// Asks the canaries and tells probes that fail whether it is us (docs/adr/0009); says so in the
/// log, and to everybody once we are back. What follows from the answers is core/uplink's decision.
/// Asks nobody while every monitor is on this machine, or while it is switched off. One per
/// process, on the shard's thread; what it refers to must outlive stop().
class UplinkWatch {
public:
    static constexpr Duration kRoundLimit = std::chrono::seconds(1);
    /// From the end of a round to the next, if no probe fails.
    static constexpr Duration period_of(UplinkState state) {
        switch (state) {
            case UplinkState::cut_off:
                return std::chrono::seconds(2);
            case UplinkState::suspect:
                return std::chrono::seconds(10);
            case UplinkState::connected:
                break;
        }
        return std::chrono::seconds(60);
    }

    UplinkWatch(boost::asio::any_io_executor executor, Env& env, Dispatcher& dispatcher,
                EventLog& events);

    /// At the start and at each reload.
    void configure(const Config& config);

    void start();

    /// Ends within kRoundLimit and a commit. Who waits in judge() must have been cancelled.
    boost::asio::awaitable<void> stop();

    /// Notes what a probe of `monitor` found; where a lost uplink would look like that, asks
    /// whether it is lost and makes `result` unknown if so. Waits for two rounds at most. Both must
    /// outlive the call. False if cancelled.
    boost::asio::awaitable<bool> judge(MonitorPtr monitor, ProbeResult& result);

    UplinkState state() const { return uplink_.state(); }
    std::uint64_t rounds() const { return rounds_begun_; }

private:
    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> hold_round();
    class Asking;
    boost::asio::awaitable<void> ask(std::size_t index);
    void end_asking();
    boost::asio::awaitable<bool> wait_for_round();
    boost::asio::awaitable<void> announce(OfflinePeriod period);
    bool round_due(MonoTime now) const;
    MonoTime next_move() const;
    Duration period() const;
    void choose_canaries();
    void tell(UplinkState before);

    boost::asio::any_io_executor executor_;
    Env& env_;
    Dispatcher& dispatcher_;
    EventLog& events_;
    UplinkSettings settings_;
    bool active_ = false;  ///< switched on, and something is watched beyond this machine
    Uplink uplink_;

    std::vector<CanaryReport> reports_;  ///< of the present round, or the last
    TaskGroup* asking_ = nullptr;        ///< the present round's, while there is one
    std::size_t unanswered_ = 0;         ///< of the present round
    bool enough_ = false;                ///< the present round need not be waited for any more
    Parking round_over_;
    std::uint64_t rounds_begun_ = 0;
    std::uint64_t rounds_ended_ = 0;
    MonoTime last_begun_{};
    MonoTime last_ended_{};
    bool wanted_ = true;             ///< a round, at once
    std::vector<Parking*> waiting_;  ///< for a round to end
    bool stopping_ = false;
    std::unique_ptr<Alarm> work_;
    TaskGroup loop_;
};

}  // namespace vigia
