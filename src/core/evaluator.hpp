#pragma once

#include "base/time.hpp"
#include "core/monitor.hpp"
#include "core/outcome.hpp"
#include "core/probe_result.hpp"

#include <cstdint>
#include <optional>

namespace vigia {

/// What the evaluator remembers of a monitor. Persisted; streaks survive a restart.
struct MonitorState {
    Health health = Health::pending;
    std::uint32_t bad_streak = 0;      ///< consecutive failed checks, unknown ones left out
    std::uint32_t good_streak = 0;     ///< consecutive good checks, unknown ones left out
    std::optional<WallTime> since;     ///< since when `health` holds; none while pending
    std::optional<Now> first_failure;  ///< start of the first failed check of the bad streak

    friend bool operator==(const MonitorState&, const MonitorState&) = default;
};

/// What a check changed in the confirmed health.
enum class Transition : std::uint8_t {
    none,
    confirmed_up,    ///< pending → up/degraded; announced to nobody
    confirmed_down,  ///< pending/up/degraded → down: an incident opens
    recovered,       ///< down → up/degraded: the incident closes
    quality,         ///< up ↔ degraded; announced to nobody
};

struct Evaluation {
    MonitorState state;
    Transition transition = Transition::none;
};

/// The next state of a monitor after `check` (PRODUCT §4). Pure and total.
/// - unknown: the state is returned as it was;
/// - good: the bad streak ends; pending becomes up at the first one, down becomes up at
///   `policy.recovery_threshold` consecutive ones; "up" is `degraded` where the check is, and
///   between the two every good check decides at once (`quality`);
/// - down: the good streak ends; `policy.alert_threshold` consecutive ones confirm down.
/// Thresholds below 1 count as 1. A threshold lowered by a reload below the streak takes effect at
/// the next check, if that goes on with the streak.
Evaluation evaluate(const MonitorState& state, const CheckResult& check, const Policy& policy);

/// A stored state, as a restart goes on with it: the monotonic mark of the first failure is rebuilt
/// from the wall clock, elapsed time never negative. All else survives as it is.
MonitorState resume_state(MonitorState state, const Now& now);

}  // namespace vigia
