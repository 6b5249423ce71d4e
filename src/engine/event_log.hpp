#pragma once

#include "base/i18n.hpp"
#include "core/incident.hpp"
#include "core/monitor.hpp"
#include "core/notification.hpp"
#include "core/own_health.hpp"
#include "core/probe_result.hpp"
#include "core/uplink.hpp"
#include "env/log.hpp"
#include "env/task_group.hpp"

#include <string>
#include <string_view>

namespace vigia {

/// Words for what the engine does: the log lines of PRODUCT §5, in the language of the
/// configuration. One per process, on the shard's thread; outlived by the Log.
class EventLog {
public:
    EventLog(Log& log, Catalog catalog) : log_(log), catalog_(catalog) {}

    void set_catalog(Catalog catalog) { catalog_ = catalog; }
    const Catalog& catalog() const { return catalog_; }

    void checking(const Monitor& monitor);
    /// One probe that was not good; `attempt` counts from 1.
    void attempt_failed(const Monitor& monitor, int attempt, const ProbeResult& result);
    void went_down(const Monitor& monitor);
    void still_down(const Monitor& monitor);
    void recovered(const Monitor& monitor);
    void retired(const Incident& incident);

    void mail_sent(const Recipient& recipient);
    void mail_failed(const Recipient& recipient, std::string_view reason);
    /// A notification that nobody will get by itself.
    void dead_letter(const Notification& notification, std::string_view reason,
                     LogLevel level = LogLevel::error);

    /// So many dead letters were retried by hand.
    void taken_up(std::size_t notifications);
    void retries_unreadable(std::string_view reason);

    /// The monitor itself: a trouble that begins or ends, and its pings to the outside.
    void own_trouble(const TroubleChange& change);
    void ping_failing(const Reason& reason);
    void ping_restored();

    /// This machine's own uplink.
    void cut_off(const Now& since);
    void uplink_is_back();
    void was_offline(const OfflinePeriod& period);

    void commit_failing(std::string_view reason);
    void commit_overdue();
    void left_unwritten(std::size_t batches);
    void results_dropped();
    void commit_restored();
    void internal_error(std::string_view what);

    /// A line with one argument or none; `msgid` is a fmt format string.
    void line(LogLevel level, std::string_view msgid, std::string_view argument = {});

private:
    Log& log_;
    Catalog catalog_;
};

/// For a TaskGroup of the engine: what leaves a task becomes a line. `events` must outlive it.
TaskGroup::FailureHandler report_to(EventLog& events);

}  // namespace vigia
