#pragma once

#include "base/time.hpp"

namespace vigia::sim {

/// A moment of the simulation: how long the world has existed, and what the clocks of the process
/// say. `elapsed` is the truth: it goes on through crashes, reboots and steps of the wall clock.
struct Moment {
    Duration elapsed{};
    Now now;
};

}  // namespace vigia::sim
