#include "engine/event_log.hpp"

#include "base/local_time.hpp"
#include "notify/render.hpp"

#include <array>
#include <fmt/format.h>

namespace vigia {

namespace {

/// The message of each category: website, database, service.
using ByCategory = std::array<std::string_view, 3>;

constexpr ByCategory kChecking{N_("Checking website: {}"), N_("Checking database: {}"),
                               N_("Checking service: {}")};
constexpr ByCategory kDown{N_("Website down: {}"), N_("Database down: {}"), N_("Service down: {}")};
constexpr ByCategory kStillDown{N_("Website still down: {}"), N_("Database still down: {}"),
                                N_("Service still down: {}")};
constexpr ByCategory kRecovered{N_("Website recovered: {}"), N_("Database recovered: {}"),
                                N_("Service recovered: {}")};

std::string_view of(const ByCategory& texts, const Monitor& monitor) {
    return texts[static_cast<std::size_t>(monitor.category)];
}

/// What a notification is about, in a word.
std::string_view subject_of(const Notification& notification, const Catalog& catalog) {
    switch (notification.kind) {
        case NotificationKind::offline:
            return catalog.text(N_("monitor offline"));
        case NotificationKind::trouble:
            return catalog.text(N_("monitor in trouble"));
        default:
            return notification.announcement->monitor_name;
    }
}

template <class... Args>
std::string format(const Catalog& catalog, std::string_view msgid, const Args&... args) {
    return fmt::format(fmt::runtime(catalog.text(msgid)), args...);
}

}  // namespace

void EventLog::line(LogLevel level, std::string_view msgid, std::string_view argument) {
    if (log_.enabled(level)) log_.write(level, format(catalog_, msgid, argument));
}

void EventLog::checking(const Monitor& monitor) {
    line(LogLevel::info, of(kChecking, monitor), monitor.name);
}

void EventLog::attempt_failed(const Monitor& monitor, int attempt, const ProbeResult& result) {
    if (result.outcome == Outcome::unknown) {
        log_.write(LogLevel::warning,
                   format(catalog_, N_("Attempt {} without a result ({}): {}"), attempt,
                          describe(result.reason, catalog_), monitor.name));
    } else if (result.reason.code == ReasonCode::unexpected_status) {
        log_.write(LogLevel::warning,
                   format(catalog_, N_("Attempt {} failed (status code: {}): {}"), attempt,
                          result.http_status, monitor.name));
    } else if (result.reason.phase == Phase::condition || result.reason.phase == Phase::redirect ||
               result.reason.phase == Phase::status) {
        log_.write(LogLevel::warning, format(catalog_, N_("Attempt {} failed ({}): {}"), attempt,
                                             describe(result.reason, catalog_), monitor.name));
    } else {
        log_.write(LogLevel::error, format(catalog_, N_("Error in attempt {}: {}: {}"), attempt,
                                           describe(result.reason, catalog_), monitor.name));
    }
}

void EventLog::went_down(const Monitor& monitor) {
    line(LogLevel::error, of(kDown, monitor), monitor.name);
}

void EventLog::still_down(const Monitor& monitor) {
    line(LogLevel::warning, of(kStillDown, monitor), monitor.name);
}

void EventLog::recovered(const Monitor& monitor) {
    line(LogLevel::info, of(kRecovered, monitor), monitor.name);
}

void EventLog::retired(const Incident& incident) {
    line(LogLevel::info, N_("No longer watched, its open incident is closed: {}"),
         incident.monitor_name);
}

void EventLog::mail_sent(const Recipient& recipient) {
    line(LogLevel::info, N_("Mail sent successfully to {}"), recipient.address);
}

void EventLog::mail_failed(const Recipient& recipient, std::string_view reason) {
    log_.write(LogLevel::error,
               format(catalog_, N_("Error sending mail to {}: {}"), recipient.address, reason));
}

void EventLog::dead_letter(const Notification& notification, std::string_view reason,
                           LogLevel level) {
    log_.write(level, format(catalog_, N_("Notification given up ({}), to {}: {}"), reason,
                             notification.recipient.address, subject_of(notification, catalog_)));
}

void EventLog::taken_up(std::size_t notifications) {
    line(LogLevel::info, N_("Notifications retried by hand: {}"), fmt::format("{}", notifications));
}

void EventLog::retries_unreadable(std::string_view reason) {
    line(LogLevel::error, N_("What is retried by hand cannot be read, the store is damaged: {}"),
         reason);
}

void EventLog::cut_off(const Now& since) {
    line(LogLevel::warning,
         N_("This machine is cut off from the network since {}: what cannot be reached is "
            "unknown, alerts are held"),
         format_local(since.wall));
}

void EventLog::uplink_is_back() {
    line(LogLevel::info, N_("This machine reaches the network again"));
}

void EventLog::was_offline(const OfflinePeriod& period) {
    log_.write(LogLevel::info,
               format(catalog_, N_("The monitor was offline from {} to {}"),
                      format_local(period.from.wall), format_local(period.to.wall)));
}

void EventLog::own_trouble(const TroubleChange& change) {
    const std::string what = describe(change.reason, catalog_);
    if (change.begins) {
        line(LogLevel::warning, N_("The monitor is in trouble: {}"), what);
    } else {
        line(LogLevel::info, N_("The monitor is no longer in trouble: {}"), what);
    }
}

void EventLog::ping_failing(const Reason& reason) {
    line(LogLevel::warning, N_("The ping to the outside fails: {}"), describe(reason, catalog_));
}

void EventLog::ping_restored() {
    line(LogLevel::info, N_("The ping to the outside works again"));
}

void EventLog::commit_failing(std::string_view reason) {
    line(LogLevel::error, N_("The store cannot be written, trying again: {}"),
         catalog_.text(reason));
}

void EventLog::commit_overdue() {
    line(LogLevel::critical,
         N_("The store has not been written for 30 s: alerts go out without it"));
}

void EventLog::left_unwritten(std::size_t batches) {
    line(LogLevel::warning,
         N_("The store could not be written before the stop; changes that are decided anew after "
            "the next start: {}"),
         fmt::format("{}", batches));
}

void EventLog::results_dropped() {
    line(LogLevel::error, N_("Too much waits for the store: results are dropped, alerts are not"));
}

void EventLog::commit_restored() {
    line(LogLevel::warning, N_("The store is written again"));
}

void EventLog::internal_error(std::string_view what) {
    line(LogLevel::critical, N_("Internal error: {}"), what);
}

TaskGroup::FailureHandler report_to(EventLog& events) {
    return [&events](const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            events.internal_error(e.what());
        } catch (...) {
            events.internal_error("unknown exception");
        }
    };
}

}  // namespace vigia
