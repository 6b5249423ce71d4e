#pragma once

#include "sim/findings.hpp"
#include "sim/observer.hpp"

#include <cstddef>

namespace vigia::sim {

/// Invariant 8: queues and tasks stay under their bounds: one probe and two waits per monitor, a
/// handful of loops, a few dialogues with the mail server, what is pending for people who can be
/// reached.
class BoundsChecker final : public Observer {
public:
    static constexpr std::size_t kLoops = 32;
    /// Undelivered messages per monitor and recipient: alert, reminder, recovery of the incident at
    /// hand, and of some before it while the mail server is away.
    static constexpr std::size_t kThreadsPerMonitor = 200;

    explicit BoundsChecker(Findings& findings) : findings_(findings) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void sampled(const Moment& moment, const Sample& sample) override;
    void finished(const Moment& moment, const Sample& sample) override { sampled(moment, sample); }

    std::size_t most_waiters() const { return most_waiters_; }
    std::size_t most_pending() const { return most_pending_; }

private:
    void configure(const Config& config);
    void check(const Moment& moment, const char* what, std::size_t value, std::size_t bound);

    Findings& findings_;
    std::size_t monitors_ = 0;  ///< configured at once, at most
    std::size_t recipients_ = 0;
    std::size_t most_waiters_ = 0;
    std::size_t most_pending_ = 0;
};

}  // namespace vigia::sim
