#include "cli/run.hpp"

#include "base/text.hpp"
#include "cli/descriptor_budget.hpp"
#include "cli/exit_status.hpp"
#include "cli/phrase.hpp"
#include "cli/store_place.hpp"
#include "env/task_group.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// An invalid file in one line: its first errors, which name it, and how many more there are.
std::string first_errors(const ConfigurationReading& reading, const Catalog& catalog) {
    constexpr std::size_t kShown = 3;
    constexpr std::size_t kLongest = 500;
    std::string text;
    for (std::size_t i = 0; i < std::min(kShown, reading.errors.size()); ++i) {
        text += (i == 0 ? "" : "; ") + shorten(reading.errors[i], kLongest);
    }
    if (reading.errors.size() > kShown) {
        text += "; " + phrase(catalog, N_("and {} more"), reading.errors.size() - kShown);
    }
    return text;
}

/// One `run` from its start to its stop; lives in the frame of run().
class RunningMonitor {
public:
    RunningMonitor(asio::any_io_executor executor, Env& env, Store& store, RunRequest request)
        : log_(env.log),
          request_(std::move(request)),
          app_(std::move(executor), env, store, request_.config, limits()) {}

    App& app() { return app_; }
    Catalog catalog() const { return Catalog(app_.config().language); }

    void warn_of_configuration(const std::vector<std::string>& warnings) {
        for (const std::string& warning : warnings) log_.write(LogLevel::warning, warning);
        const std::size_t monitors = app_.config().enabled_monitors();
        const DescriptorBudget budget = descriptor_budget(request_.descriptors, monitors);
        if (!budget.enough) {
            log_.write(LogLevel::warning,
                       describe_shortage(budget, request_.descriptors, monitors, catalog()));
        }
    }

    void started() {
        if (!request_.no_store.empty()) {
            log_.write(LogLevel::warning,
                       phrase(catalog(),
                              N_("{}; states, incidents and pending notifications are kept in "
                                 "memory only and do not survive a restart"),
                              request_.no_store));
        }
        warn_of_configuration(request_.warnings);
    }

    void reload() {
        ConfigurationReading reading = request_.read_again(app_.config().language);
        if (reading.state != ConfigurationState::good) {
            request_.renew_log(app_.config().logging, catalog());
            const Catalog its_language(reading.language);  // that of the errors
            log_.write(
                LogLevel::error,
                phrase(its_language, N_("{}: not reloaded, the running configuration stays: {}"),
                       escape_line(request_.file), first_errors(reading, its_language)));
            return;
        }
        request_.renew_log(reading.config->logging, Catalog(reading.config->language));
        const bool moved = reading.config->storage != app_.config().storage;
        app_.reload(std::move(*reading.config));
        warn_of_configuration(reading.warnings);
        if (moved) {
            log_.write(LogLevel::warning,
                       std::string(catalog().text(
                           N_("\"storage\" has changed: that takes effect at the next start"))));
        }
    }

private:
    ShardLimits limits() const {
        ShardLimits limits;
        limits.max_in_flight =
            descriptor_budget(request_.descriptors, request_.config.enabled_monitors())
                .max_in_flight;
        limits.max_per_database = request_.config.max_database_connections;
        return limits;
    }

    Log& log_;
    RunRequest request_;
    App app_;
};

/// Twice as often as it is wanted, from the loop that does the work.
asio::awaitable<void> keep_alive(Clock& clock, Supervisor& supervisor, const App& app) {
    const Duration period = *supervisor.patience() / 2;
    for (bool slept = true; slept;) {
        if (app.is_working()) supervisor.alive();
        slept = co_await clock.sleep_until(clock.now().mono + period);
    }
}

}  // namespace

std::string summary(const AppStats& stats, const Catalog& catalog) {
    const auto milliseconds = [](Duration d) { return to_seconds(d) * 1'000; };
    const LagHistogram& lag = stats.shard.lag;
    constexpr double kMedian = 0.5;
    constexpr double kTail = 0.99;
    return phrase(catalog,
                  N_("Summary: checks {}, skipped slots {}, lag p50 {:.1f} ms, p99 {:.1f} ms, "
                     "max {:.1f} ms, unknown by own lateness {}, mails sent {}, pending {}"),
                  stats.shard.checks, stats.shard.skipped_slots,
                  milliseconds(lag.percentile(kMedian)), milliseconds(lag.percentile(kTail)),
                  milliseconds(lag.max()), stats.shard.probes.own_lateness,
                  stats.deliveries.delivered, stats.pending_notifications);
}

asio::awaitable<int> run(Env& env, Store& store, OperatorSignals& signals, Supervisor& supervisor,
                         RunRequest request) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const std::string store_name = request.store_name;
    RunningMonitor monitor(executor, env, store, std::move(request));
    const Result<void> started = monitor.app().start();
    if (!started) {
        env.log.write(LogLevel::critical,
                      describe_store_error(started.error(), store_name, monitor.catalog()));
        co_return kExitFailed;
    }
    monitor.started();
    supervisor.ready();
    std::exception_ptr failure;
    TaskGroup beat(executor, [&failure](std::exception_ptr error) { failure = std::move(error); });
    if (supervisor.patience()) beat.spawn(keep_alive(env.clock, supervisor, monitor.app()));
    // g++ 12 miscompiles a co_await inside a condition: so it is named first.
    OperatorSignal asked = co_await signals.next();
    while (asked == OperatorSignal::reload) {
        supervisor.reloading();
        monitor.reload();
        supervisor.ready();
        asked = co_await signals.next();
    }
    supervisor.stopping();
    co_await monitor.app().stop();
    co_await beat.stop();
    if (failure) std::rethrow_exception(failure);
    env.log.write(LogLevel::info, summary(monitor.app().stats(), monitor.catalog()));
    co_return kExitOk;
}

}  // namespace vigia
