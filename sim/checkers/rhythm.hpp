#pragma once

#include "core/monitor.hpp"
#include "sim/findings.hpp"
#include "sim/observer.hpp"

#include <cstdint>
#include <optional>
#include <unordered_map>

namespace vigia::sim {

/// Invariant 5: probes of one monitor never overlap; from the end of one check to the start of the
/// next there is at most one interval (one and a half after the first, whose successor takes its
/// place in the timetable), plus what the commit in between had to wait for the store and what
/// the process was frozen. A check takes no longer than its probes and the waits between them may.
class RhythmChecker final : public Observer {
public:
    /// Lateness that is nobody's fault: the waits behind other work.
    static constexpr Duration kJitter = std::chrono::seconds(1);
    /// A commit waits at most for the 30 s rule, its last retry and a slow writing before.
    static constexpr Duration kLongestCommit = std::chrono::seconds(45);

    explicit RhythmChecker(Findings& findings) : findings_(findings) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void crashed(const Moment& moment) override;
    void stopped(const Moment& moment) override { crashed(moment); }
    void probe_started(const Moment& moment, const MonitorId& monitor) override;
    void probe_ended(const Moment& moment, const MonitorId& monitor, Sight sight) override;
    void probe_abandoned(const Moment& moment, const MonitorId& monitor) override;
    void frozen(const Moment& moment) override { frozen_until_ = moment.elapsed; }
    void commit_begun(const Moment& moment) override;
    void committed(const Moment& moment, const Batch& batch) override;
    void sampled(const Moment& moment, const Sample& sample) override;
    void finished(const Moment& moment, const Sample& sample) override { sampled(moment, sample); }

    std::uint64_t probes() const { return probes_; }

private:
    struct Watched {
        MonitorPtr monitor;  ///< null while it is not configured
        bool probing = false;
        Duration quiet_since{};  ///< the end of its last probe, or when it was configured
        Duration interval{};     ///< the longest that has held since then
    };

    void configure(const Moment& moment, const Config& config);
    void check_gap(const Moment& moment, const MonitorId& id, const Watched& watched);
    void report(const Moment& moment, const MonitorId& monitor, std::string what);

    Findings& findings_;
    std::unordered_map<MonitorId, Watched> watched_;
    Duration frozen_until_{};
    std::optional<Duration> trying_since_;  ///< the first commit without a success since
    Duration commits_late_until_{};
    std::uint64_t probes_ = 0;
};

}  // namespace vigia::sim
