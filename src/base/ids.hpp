#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace vigia {

/// A string that identifies one kind of thing; `Tag` keeps the kinds apart.
template <class Tag>
class StringId {
public:
    StringId() = default;
    explicit StringId(std::string value) : value_(std::move(value)) {}

    const std::string& str() const { return value_; }
    bool empty() const { return value_.empty(); }

    friend auto operator<=>(const StringId&, const StringId&) = default;
    friend bool operator==(const StringId&, const StringId&) = default;

private:
    std::string value_;
};

/// The `id` of a monitor: [A-Za-z0-9._-]{1,64}, unique in a configuration, stable over restarts.
using MonitorId = StringId<struct MonitorIdTag>;

/// An incident: unique for ever, derived from the monitor and the moment of confirmation.
using IncidentId = StringId<struct IncidentIdTag>;

/// One message to one recipient: `incident:kind:seq:channel:recipient` (also its dedup key).
using NotificationId = StringId<struct NotificationIdTag>;

}  // namespace vigia

template <class Tag>
struct std::hash<vigia::StringId<Tag>> {
    std::size_t operator()(const vigia::StringId<Tag>& id) const noexcept {
        return std::hash<std::string_view>{}(id.str());
    }
};
