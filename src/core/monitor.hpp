#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "core/target.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

/// The section of the configuration that a monitor comes from; people read it as "Sitio Web", ….
enum class MonitorCategory : std::uint8_t { website, database, service };

/// `monitor_settings`, after the monitor's own overrides.
struct Policy {
    Duration check_interval = std::chrono::seconds(60);
    int retry_attempts = 3;  ///< probes per check, at least 1
    Duration retry_delay = std::chrono::seconds(6);
    int alert_threshold = 3;     ///< consecutive failed checks that confirm down
    int recovery_threshold = 2;  ///< consecutive good checks that confirm up after a down
    Duration alert_repeat_interval = std::chrono::minutes(20);  ///< zero: never
    Duration timeout = std::chrono::seconds(10);                ///< of one probe, all of it

    friend bool operator==(const Policy&, const Policy&) = default;
};

/// What to watch and how: an immutable value made by the configuration.
struct Monitor {
    MonitorId id;
    std::string name;  ///< as configured; may hold anything: escape where shown
    MonitorCategory category = MonitorCategory::website;
    Target target;
    Policy policy;
    bool enabled = true;
    std::vector<std::string> tags;
    std::string group;
    std::string description;

    friend bool operator==(const Monitor&, const Monitor&) = default;
};

using MonitorPtr = std::shared_ptr<const Monitor>;

/// The `type` of JSON and metrics: "http", ….
std::string_view type_name(const Target& target);

/// The host and port of the target, lower case, "host:port" ("[::1]:443"), of a database
/// "db://host:port": the key of the per-endpoint limit, of which databases have their own. Not
/// those of a proxy: a hanging target must not hold up the others behind it.
std::string endpoint_of(const Target& target);

}  // namespace vigia
