#pragma once

#include "core/monitor.hpp"
#include "sim/findings.hpp"
#include "sim/observer.hpp"

#include <unordered_map>

namespace vigia::sim {

/// Invariant 9: once faults stop, confirmed health equals the truth within threshold × interval
/// (and the checks' own length, and the way into the timetable after a start).
class ConvergenceChecker final : public Observer {
public:
    explicit ConvergenceChecker(Findings& findings) : findings_(findings) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void sampled(const Moment& moment, const Sample& sample) override;
    void finished(const Moment& moment, const Sample& sample) override { sampled(moment, sample); }

    /// How long a monitor may take to find out.
    static Duration longest(const Policy& policy);

private:
    struct Watched {
        MonitorPtr monitor;
        Duration since{};
    };

    Findings& findings_;
    std::unordered_map<MonitorId, Watched> watched_;
};

}  // namespace vigia::sim
