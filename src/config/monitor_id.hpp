#pragma once

#include "base/ids.hpp"
#include "core/monitor.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

/// [A-Za-z0-9._-]{1,64}: what an explicit id may be.
bool is_monitor_id(std::string_view text);

/// Accents stripped, lower case, runs of anything but letters and digits of ASCII → one `-`, none
/// at the ends, at most 64 characters; empty if nothing is left.
std::string slug_of(std::string_view name);

/// The first `digits` (at most 64) of the SHA-256 of `text`, in lower-case hexadecimal.
std::string sha256_hex(std::string_view text, std::size_t digits);

/// The default id: `site-`, `db-` or `svc-` and the slug of the name.
std::string default_id(MonitorCategory category, std::string_view name);

/// A monitor in want of an id.
struct IdRequest {
    MonitorCategory category;
    std::string_view name;
    std::string explicit_id;  ///< empty: the default
};

/// The ids, in the order of the requests: explicit ones as they are (the caller has seen to it that
/// no two are equal), defaults moved to their hashed form where they are taken already.
std::vector<MonitorId> assign_ids(const std::vector<IdRequest>& requests);

}  // namespace vigia
