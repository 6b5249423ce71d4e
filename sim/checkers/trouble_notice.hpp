#pragma once

#include "sim/findings.hpp"
#include "sim/observer.hpp"
#include "sim/script.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace vigia::sim {

/// Invariant 11: trouble of the monitor itself is told, and not in a storm: two notices of one
/// trouble are far apart in the life of one process, and a store that fails for long, undisturbed
/// by anything else, has its notice.
class TroubleNoticeChecker final : public Observer {
public:
    /// Longer than the longest interval of a monitor, after which something waits for the store,
    /// and the wait that is a trouble.
    static constexpr Duration kLong = std::chrono::minutes(8);
    /// From the end of a failure until its notice must have been committed.
    static constexpr Duration kTellingTime = std::chrono::minutes(3);
    /// Between the decisions for two notices at the least.
    static constexpr Duration kApart = std::chrono::hours(1);
    /// After a notice the next may be left out for so long.
    static constexpr Duration kSilence = std::chrono::minutes(75);

    TroubleNoticeChecker(Findings& findings, const FaultPlan<StoreFault>& store)
        : findings_(findings), store_(store) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void crashed(const Moment& moment) override { disturbed_ = moment.elapsed; }
    void stopped(const Moment& moment) override { disturbed_ = moment.elapsed; }
    void frozen(const Moment& moment) override { disturbed_ = moment.elapsed; }
    void clock_stepped(const Moment& moment) override { clock_stepped_ = moment.elapsed; }
    void commit_begun(const Moment& moment) override { commit_begun_ = moment.elapsed; }
    void committed(const Moment& moment, const Batch& batch) override;
    void sampled(const Moment& moment, const Sample& sample) override;

private:
    /// When it was decided; not dated: when it was committed, the clock was set in between.
    struct Told {
        Duration at{};
        bool dated = true;
    };
    void notice_committed(const Moment& moment, const Notification& row);
    void report(const Moment& moment, std::string what);

    Findings& findings_;
    const FaultPlan<StoreFault>& store_;
    bool anybody_to_tell_ = false;
    Duration started_{};                    ///< the present process
    Duration disturbed_{};                  ///< last time that something else happened to it
    Duration clock_stepped_{-1};            ///< last time
    Duration commit_begun_{};               ///< the one under way, or the last
    Duration last_written_{};               ///< when the last commit that succeeded was begun
    std::set<IncidentId> told_;             ///< notices
    std::map<ReasonCode, Told> last_told_;  ///< by their trouble
};

}  // namespace vigia::sim
