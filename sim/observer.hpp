#pragma once

#include "config/config.hpp"
#include "core/delivery.hpp"
#include "core/evaluator.hpp"
#include "sim/moment.hpp"
#include "store/memory_store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace vigia::sim {

/// What a probe saw, judged by the script and by nothing of the product: the target did well, it
/// did not, or nothing could be seen.
enum class Sight : std::uint8_t { good, failed, nothing };

/// A message that the mail server took.
struct AcceptedMail {
    Duration at{};
    std::string recipient;
    std::string message_id;
    std::string in_reply_to;
    std::string subject;
};

/// How long each kind of trouble has been over: the moment since which there was none.
struct CalmSince {
    Duration mail{};
    Duration store{};
    Duration machine{};  ///< own faults, freezes, and the time when nothing ran
};

/// A look at the running process and at what surrounds it.
struct Sample {
    std::function<const MonitorState*(const MonitorId&)> state_of;
    std::size_t pending_notifications = 0;
    std::size_t probes_in_flight = 0;
    std::size_t waiters = 0;  ///< coroutines that wait for a time
    CalmSince calm;
    /// Since when no commit has succeeded, if the last one failed or hangs.
    std::optional<Duration> store_failing_since;
    /// Since when the target has behaved as it does now, and what health that means, if any.
    std::function<std::pair<Duration, std::optional<bool>>(const MonitorId&)> truth_of;
};

/// Who watches the simulation. Every call says what has just happened, in the order of the world's
/// time; a process that has crashed is not heard of any more.
class Observer {
public:
    virtual ~Observer() = default;

    /// A process is about to start from what the store holds.
    virtual void starting(const Moment&, const Config&, const StoredState&) {}
    /// It has started: nothing has run yet but App::start().
    virtual void started(const Moment&, const Sample&) {}
    virtual void reloaded(const Moment&, const Config&) {}
    virtual void stopped(const Moment&) {}
    virtual void crashed(const Moment&) {}
    virtual void clock_stepped(const Moment&) {}
    /// The process has stood still up to now.
    virtual void frozen(const Moment&) {}

    virtual void probe_started(const Moment&, const MonitorId&) {}
    virtual void probe_ended(const Moment&, const MonitorId&, Sight) {}
    /// A probe was cancelled.
    virtual void probe_abandoned(const Moment&, const MonitorId&) {}

    /// The store was asked to write a batch.
    virtual void commit_begun(const Moment&) {}
    /// It is about to: the last moment when the batch can still be lost.
    virtual void committing(const Moment&, const Batch&) {}
    virtual void committed(const Moment&, const Batch&) {}
    virtual void commit_refused(const Moment&) {}
    /// The power went while it was written: the next start will see.
    virtual void commit_in_doubt(const Moment&, const Batch&) {}

    virtual void mail_accepted(const Moment&, const AcceptedMail&) {}
    /// What the sender was told. Not called when the process crashed before.
    virtual void mail_reported(const Moment&, const std::string& /*message_id*/,
                               const DeliveryOutcome&) {}

    /// From time to time.
    virtual void sampled(const Moment&, const Sample&) {}
    /// The end, after a time without faults; the process still runs.
    virtual void finished(const Moment&, const Sample&) {}
};

}  // namespace vigia::sim
