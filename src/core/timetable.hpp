#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>

namespace vigia {

// Intervals are above zero and phases in [0, interval), asserted; the configuration sees to it. The
// monotonic clock may be anywhere, also below zero.

/// Over how long the first checks of `count` monitors are spread: min(interval, 1 s + count/500 s).
Duration spread_window(std::size_t count, Duration interval);

/// When monitor number `index` (< `count`, asserted) makes its first check, at or after `start`:
/// evenly spread over the window of its interval.
MonoTime first_check(MonoTime start, std::size_t index, std::size_t count, Duration interval);

/// The monitor's place in its interval: hash(id) mod interval, in [0, interval).
Duration phase_of(const MonitorId& id, Duration interval);

/// The first slot (a time ≡ phase mod interval) that is at or after `earliest`.
MonoTime next_slot(MonoTime earliest, Duration phase, Duration interval);

/// A slot, and how many before it were missed.
struct NextSlot {
    MonoTime due;
    std::uint64_t skipped = 0;  ///< slots missed because the check overran
};

/// The slot after the check that was due at `due` and ended at `now`, at the fixed rate. Without
/// overrun that is one interval after `due`; where `due` is no slot (a first check, or a changed
/// interval) it is the first one at least half an interval later. A check that ends exactly at its
/// next slot did not overrun. After an overrun it is the first slot at or after `now`.
NextSlot slot_after(MonoTime due, MonoTime now, Duration phase, Duration interval);

/// The first slot after a monitor's first check, overrun left out: at least half an interval after
/// it was due.
MonoTime slot_after_first(MonoTime first_due, Duration phase, Duration interval);

}  // namespace vigia
