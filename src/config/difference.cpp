#include "config/difference.hpp"

#include <unordered_map>

namespace vigia {

ConfigDifference difference(const std::vector<MonitorPtr>& before,
                            const std::vector<MonitorPtr>& after) {
    std::unordered_map<MonitorId, const Monitor*> old;
    old.reserve(before.size());
    for (const MonitorPtr& monitor : before) {
        if (monitor->enabled) old.emplace(monitor->id, monitor.get());
    }
    ConfigDifference result;
    for (const MonitorPtr& monitor : after) {
        if (!monitor->enabled) continue;
        const auto found = old.find(monitor->id);
        if (found == old.end()) {
            result.added.push_back(monitor);
            continue;
        }
        if (*found->second == *monitor) {
            ++result.unchanged;
        } else {
            result.changed.push_back(monitor);
        }
        old.erase(found);
    }
    // What is left has gone; in the order of the old configuration, so that logs are stable.
    for (const MonitorPtr& monitor : before) {
        if (monitor->enabled && old.contains(monitor->id)) result.removed.push_back(monitor->id);
    }
    return result;
}

}  // namespace vigia
