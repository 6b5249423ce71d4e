#pragma once

#include "sim/findings.hpp"
#include "sim/observer.hpp"

#include <deque>
#include <optional>
#include <set>
#include <unordered_map>

namespace vigia::sim {

/// Invariant 6: what the process shows of a monitor was committed; only after 30 s without a store
/// it may be ahead. It may lag by one commit, which it does not know of yet.
class CommittedViewChecker final : public Observer {
public:
    static constexpr Duration kPatience = std::chrono::seconds(20);  ///< as in DeliveryChecker

    explicit CommittedViewChecker(Findings& findings) : findings_(findings) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void committed(const Moment& moment, const Batch& batch) override;
    void sampled(const Moment& moment, const Sample& sample) override;
    void finished(const Moment& moment, const Sample& sample) override { sampled(moment, sample); }

private:
    /// The last two states that were committed.
    struct Known {
        MonitorState last;
        MonitorState before;
    };

    Findings& findings_;
    std::set<MonitorId> watched_;
    std::unordered_map<MonitorId, Known> known_;
};

/// Equal in what people see: streaks run ahead of their commit.
bool same_confirmed_state(const MonitorState& a, const MonitorState& b);

}  // namespace vigia::sim
