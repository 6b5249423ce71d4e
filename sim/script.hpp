#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vigia::sim {

/// How a target answers.
enum class Behaviour : std::uint8_t {
    up,
    slow,        ///< answers just before the deadline: up
    status_503,  ///< everything from here on is a failure of the target
    refused,
    reset,
    hang,
    truncated,
    no_such_name,
    flaky,  ///< now so, now so: no truth to be held to
};

/// What `behaviour` means for the confirmed health; nothing where it means none.
std::optional<bool> truth_of(Behaviour behaviour);

/// Trouble of the machine that watches: nothing can be seen through it.
enum class OwnFault : std::uint8_t {
    no_descriptors,
    resolver_dead,
    network_unreachable,
    uplink_cut,  ///< whatever is sent is lost; what waits goes on with the window's end
};

enum class MailFault : std::uint8_t {
    deferred,              ///< 4xx for the recipient
    rejected,              ///< 5xx for the recipient: final
    refused,               ///< connection refused
    stalled,               ///< connects, then silence
    authentication,        ///< the login is refused
    unwilling,             ///< 421 to everything
    lost_acknowledgement,  ///< takes the message, then drops the connection
};

enum class StoreFault : std::uint8_t {
    failing,  ///< every commit is refused
    slow,     ///< every commit takes seconds
    hanging,  ///< a commit that begins here ends with the window
};

// Names in scenario files: "refused", "no_descriptors", …. Nothing for other words.
std::optional<Behaviour> behaviour_named(std::string_view name);
std::optional<OwnFault> own_fault_named(std::string_view name);
std::optional<MailFault> mail_fault_named(std::string_view name);
std::optional<StoreFault> store_fault_named(std::string_view name);
std::string_view to_string(Behaviour behaviour);

/// Times are those of the world: 0 is its beginning. Half open: `to` is outside.
struct Window {
    Duration from{};
    Duration to{};

    bool holds(Duration at) const { return from <= at && at < to; }
};

/// One target's life: how it behaves from each moment on; `up` before the first.
class Timeline {
public:
    struct Segment {
        Duration from{};
        Behaviour behaviour = Behaviour::up;
    };

    Timeline() = default;
    /// Precondition: ascending.
    explicit Timeline(std::vector<Segment> segments) : segments_(std::move(segments)) {}

    /// The segment that holds `at`.
    Segment at(Duration at) const;

private:
    std::vector<Segment> segments_;
};

template <class Fault>
struct FaultWindow {
    Window when;
    Fault fault{};
};

/// Faults of one kind, one at a time.
template <class Fault>
class FaultPlan {
public:
    /// Precondition: begins after all that were added before have ended.
    void add(Window when, Fault fault) { windows_.push_back({when, fault}); }

    const FaultWindow<Fault>* at(Duration at) const {
        const FaultWindow<Fault>* last = last_begun(at);
        return last != nullptr && last->when.holds(at) ? last : nullptr;
    }
    const std::vector<FaultWindow<Fault>>& windows() const { return windows_; }
    /// The last window that has begun by `at`, ended or not.
    const FaultWindow<Fault>* last_begun(Duration at) const {
        auto next = std::upper_bound(windows_.begin(), windows_.end(), at,
                                     [](Duration t, const auto& w) { return t < w.when.from; });
        return next == windows_.begin() ? nullptr : &*std::prev(next);
    }

private:
    std::vector<FaultWindow<Fault>> windows_;
};

/// Trouble of the mail server, with everybody or with one recipient.
struct MailTrouble {
    Window when;
    MailFault fault = MailFault::refused;
    std::string recipient;  ///< empty: everybody
};

/// Where in its work the process is killed.
enum class CrashPoint : std::uint8_t {
    step,           ///< after a number of further handlers
    before_commit,  ///< a transition is about to be committed
    after_commit,   ///< a transition is committed, nobody knows yet
    after_accept,   ///< the mail server has taken a message, nobody knows yet
    disk_write,     ///< the whole machine, at one of the next changes of its disk
};
std::optional<CrashPoint> crash_point_named(std::string_view name);

struct Reload {
    std::string config;
};
struct Crash {
    CrashPoint point = CrashPoint::step;
    unsigned steps = 0;                        ///< of `step` and `disk_write`: how many come before
    Duration down = std::chrono::seconds(10);  ///< until the next start
};
struct Restart {
    Duration down = std::chrono::seconds(2);
};
struct StepClock {
    Duration by{};
};
struct Freeze {
    Duration length{};
};

/// Something that happens to the process as a whole.
struct Action {
    Duration at{};
    std::variant<Reload, Crash, Restart, StepClock, Freeze> what;
};

/// A whole simulated world: what is configured, how everything outside behaves, and when. Made
/// from a seed or read from a scenario file; a value.
struct Script {
    std::string name;       ///< for people
    std::string reproduce;  ///< the command that runs it again
    std::uint64_t seed = 1;
    std::string config;  ///< the text of a vigia configuration
    Duration length = std::chrono::hours(1);
    std::map<std::string, Timeline> targets;  ///< by URL; one URL is of one monitor
    FaultPlan<OwnFault> machine;
    FaultPlan<StoreFault> store;
    bool on_disk = false;  ///< the store: SQLite on a simulated disk; else in memory
    std::vector<MailTrouble> mail;
    std::vector<Action> actions;  ///< ascending
};

}  // namespace vigia::sim
