#pragma once

#include "base/time.hpp"

#include <string>
#include <vector>

namespace vigia::sim {

/// A website or a database as it stands in a configuration file.
struct MonitorText {
    std::string name;
    std::string url;  ///< "http://…": a website; "postgresql://HOST:5432/DATABASE"
    Duration interval = std::chrono::seconds(60);
    Duration timeout = std::chrono::seconds(10);
    int attempts = 3;
    Duration retry_delay = std::chrono::seconds(6);
    int alert_threshold = 3;
    int recovery_threshold = 2;
    int repeat_minutes = 20;
    bool enabled = true;
};

/// A configuration before it is text.
struct ConfigText {
    std::string language = "es";
    std::vector<MonitorText> monitors;
    std::vector<std::string> recipients;
    int expiry_hours = 24;

    std::string str() const;
};

}  // namespace vigia::sim
