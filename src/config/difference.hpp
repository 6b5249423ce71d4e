#pragma once

#include "config/config.hpp"

#include <vector>

namespace vigia {

/// What a reload changes. Disabled monitors count as absent. `changed` monitors keep their id (and
/// so their state and incident) with another definition; `unchanged` ones are not touched at all.
struct ConfigDifference {
    std::vector<MonitorPtr> added;
    std::vector<MonitorPtr> changed;  ///< the new definitions
    std::vector<MonitorId> removed;
    std::size_t unchanged = 0;
};

ConfigDifference difference(const std::vector<MonitorPtr>& before,
                            const std::vector<MonitorPtr>& after);

}  // namespace vigia
