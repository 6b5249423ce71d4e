#pragma once

#include "sim/script.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vigia::sim {

/// What kind of world to make from a seed. Rates are per simulated day; 0 is never.
struct ScenarioOptions {
    std::uint64_t seed = 1;
    std::size_t monitors = 50;
    Duration length = std::chrono::hours(24);
    std::size_t recipients = 3;
    std::vector<int> intervals = {60, 60, 120, 180, 300};  ///< seconds, each as likely

    double outages = 0.6;  ///< of each target
    double blips = 3;      ///< of each target, shorter than its threshold
    double own_faults = 4;
    double mail_troubles = 6;
    double store_faults = 4;
    double crashes = 3;
    double restarts = 1;
    double reloads = 4;
    double clock_steps = 1;
    double freezes = 2;

    bool on_disk = false;  ///< the store; then some crashes are cuts of the power

    double faults = 1;  ///< factor of all of these but the targets' outages and blips

    /// The end without faults, in which everything must come right.
    Duration quiet = std::chrono::hours(2);
};

/// The same options make the same script.
Script make_random_script(const ScenarioOptions& options);

}  // namespace vigia::sim
