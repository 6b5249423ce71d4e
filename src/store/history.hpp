#pragma once

#include "base/result.hpp"
#include "core/rollup.hpp"
#include "core/slots.hpp"
#include "core/uptime.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace vigia {

/// A monitor as it was last committed.
struct MonitorStatus {
    MonitorId monitor;
    Health health = Health::pending;  ///< confirmed
    std::optional<WallTime> since;    ///< that
    /// What it is in the reckoning of its uptime; nothing: nobody looks.
    std::optional<SpanState> observed;
};

struct MonitorUptime {
    MonitorId monitor;
    Uptime uptime;
};

/// What became of the checks of one stretch of time.
struct SeriesPoint {
    TimeRange range;
    Rollup rollup;
};

/// One check, to the millisecond and the microsecond.
struct PastResult {
    WallTime at{};
    Outcome outcome = Outcome::unknown;
    ReasonCode reason = ReasonCode::none;
    Duration total{};

    friend bool operator==(const PastResult&, const PastResult&) = default;
};

/// Where a page of incidents ended.
struct IncidentCursor {
    WallTime confirmed_at{};
    IncidentId id;
};

struct IncidentQuery {
    std::optional<MonitorId> monitor;     ///< nothing: of all
    std::optional<IncidentCursor> after;  ///< nothing: the first page
    std::size_t limit = 50;               ///< at most History::kMostIncidents
};

/// What was, for those who look at it: the dashboard, the command line. Reads beside a running
/// Store, another thread or process included, and holds up no commit; shows what is committed, each
/// answer as of one moment. Errors: `damaged`, or `unavailable`. Every call blocks; one thread at a
/// time. A monitor that is not known has nothing to show, which is no error.
class History {
public:
    static constexpr std::size_t kMostIncidents = 500;
    static constexpr std::size_t kMostPoints = 2000;

    virtual ~History() = default;

    /// All monitors that were checked and not forgotten since, by id.
    virtual Result<std::vector<MonitorStatus>> states() = 0;

    /// How long a monitor was what in `range`; the span that it is in counts until the last result
    /// of any monitor.
    virtual Result<Uptime> uptime(const MonitorId& monitor, const TimeRange& range) = 0;
    /// The same of all that were ever checked, by id.
    virtual Result<std::vector<MonitorUptime>> uptimes(const TimeRange& range) = 0;
    /// What it was when in `range`, in order, cut at its ends.
    virtual Result<std::vector<Span>> spans(const MonitorId& monitor, const TimeRange& range) = 0;

    /// All checks of `range` in one, up to the last second: counts, and latencies of which any
    /// percentile can be asked. Both ends take the whole slot that they lie in (see cover()).
    virtual Result<Rollup> total(const MonitorId& monitor, const TimeRange& range) = 0;
    /// The checks of `range` in steps of about `step`: a whole number of slots, at least so long
    /// that there are no more than kMostPoints. Steps without checks are left out.
    virtual Result<std::vector<SeriesPoint>> series(const MonitorId& monitor,
                                                    const TimeRange& range, Duration step) = 0;

    /// The last 120 results, in the order of arrival, the newest last.
    virtual Result<std::vector<PastResult>> recent(const MonitorId& monitor) = 0;

    /// The newest first; without their recipients. Fewer than asked for: that was the last page.
    virtual Result<std::vector<Incident>> incidents(const IncidentQuery& query) = 0;
};

}  // namespace vigia
