#pragma once

#include "sim/findings.hpp"
#include "sim/observer.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

namespace vigia::sim {

/// Invariant 1: no incident without `alert_threshold` consecutive failed checks, none from unknown
/// ones; and none missing, none closed early or late. Counts by itself: a check is what its probes
/// saw, a result exists once it is committed, a crash undoes what was not.
class ConfirmationChecker final : public Observer {
public:
    explicit ConfirmationChecker(Findings& findings) : findings_(findings) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void crashed(const Moment&) override { crashed_ = true; }
    void stopped(const Moment& moment) override { crashed(moment); }
    void clock_stepped(const Moment&) override { ++clock_steps_; }
    void probe_ended(const Moment& moment, const MonitorId& monitor, Sight sight) override;
    void probe_started(const Moment& moment, const MonitorId& monitor) override;
    void probe_abandoned(const Moment& moment, const MonitorId& monitor) override;
    void committed(const Moment& moment, const Batch& batch) override;

private:
    struct Count {
        std::uint32_t failed = 0;
        std::uint32_t good = 0;
        bool down = false;
        Duration first_failure{};       ///< start of the first failed check of the streak
        std::uint64_t clock_steps = 0;  ///< by then
    };
    enum class Change : std::uint8_t { none, opens, closes };
    /// A check that has ended, and what must follow.
    struct Ended {
        WallTime at{};
        Duration elapsed{};
        Count after;
        Change change = Change::none;
        bool of_former = false;        ///< the monitor was removed since
        bool perhaps_dropped = false;  ///< its target was changed, perhaps before it was decided
    };
    /// The check under way.
    struct Check {
        int probes = 0;
        int attempts = 1;
        bool nothing_seen = false;
        bool probing = false;
        bool discarded = false;  ///< a reload has changed what it looks at
        Duration begun{};
        std::uint64_t clock_steps = 0;  ///< when it began
    };
    struct Watched {
        MonitorPtr monitor;  ///< null while it is not configured
        Count now;
        Count durable;
        bool fresh = false;  ///< nothing was committed since it was (re)added
        std::optional<Check> check;
        std::deque<Ended> undecided;  ///< ended, not committed
    };

    void go_back_to_what_was_committed();
    static void discard(Watched& watched);
    void check_ended(const Moment& moment, Watched& watched, Sight sight);
    void result_committed(const Moment& moment, const ResultRow& row, const Batch& batch);
    void compare(const Moment& moment, const MonitorId& id, const Ended& ended, const Batch& batch);
    void configure(const Config& config);
    void report(const Moment& moment, const MonitorId& monitor, std::string what);

    Findings& findings_;
    std::unordered_map<MonitorId, Watched> watched_;
    std::uint64_t clock_steps_ = 0;
    bool crashed_ = false;
};

}  // namespace vigia::sim
