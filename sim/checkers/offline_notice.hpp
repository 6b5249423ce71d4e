#pragma once

#include "sim/findings.hpp"
#include "sim/observer.hpp"
#include "sim/script.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>

namespace vigia::sim {

/// Invariant 10: a loss of our own uplink is told once, in one notice that covers no more than the
/// loss, and never without one. A long loss that nothing disturbed is told for certain. That no
/// incident comes of it is the business of `confirmation`.
class OfflineNoticeChecker final : public Observer {
public:
    /// Longer than the longest interval of a monitor and the shortest loss that is told.
    static constexpr Duration kLong = std::chrono::minutes(8);
    /// From the end of a loss until it must have been told.
    static constexpr Duration kTellingTime = std::chrono::minutes(3);
    /// A freeze or a failing store may hold a notice back for so long.
    static constexpr Duration kLatest = std::chrono::minutes(30);
    /// A probe that fails by a loss may have begun before it, and the end is seen by asking.
    static constexpr Duration kSlack = std::chrono::seconds(15);

    OfflineNoticeChecker(Findings& findings, const FaultPlan<OwnFault>& machine)
        : findings_(findings), machine_(machine) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void crashed(const Moment& moment) override { ended_ = disturbed_ = moment.elapsed; }
    void stopped(const Moment& moment) override { crashed(moment); }
    void clock_stepped(const Moment& moment) override { disturbed_ = moment.elapsed; }
    void frozen(const Moment& moment) override { disturbed_ = moment.elapsed; }
    void committed(const Moment& moment, const Batch& batch) override;
    void sampled(const Moment& moment, const Sample& sample) override;

private:
    using Loss = FaultWindow<OwnFault>;
    const Loss* loss_before(Duration at) const;
    void notice_committed(const Moment& moment, const Notification& row);
    void report(const Moment& moment, std::string what);

    Findings& findings_;
    const FaultPlan<OwnFault>& machine_;
    bool anybody_to_tell_ = false;
    std::optional<Duration> ended_;      ///< when the process ended, while none runs
    Duration disturbed_{};               ///< last time that something else happened to the process
    std::set<IncidentId> told_;          ///< notices by the id of their period
    std::optional<Duration> last_told_;  ///< when the last of them was committed
    std::size_t lives_ = 0;              ///< processes started so far
};

}  // namespace vigia::sim
