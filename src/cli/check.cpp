#include "cli/check.hpp"

#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "cli/phrase.hpp"
#include "cli/silent_log.hpp"
#include "config/object_reader.hpp"
#include "engine/event_log.hpp"
#include "engine/probe_runner.hpp"
#include "engine/semaphore.hpp"
#include "engine/stall_watch.hpp"
#include "env/task_group.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// A line on standard error that tells how far the checks are. Gone when the object is.
class ProgressLine {
public:
    ProgressLine(Terminal& terminal, const Catalog& catalog, std::size_t total)
        : terminal_(terminal), catalog_(catalog), total_(total) {
        if (terminal_.shape().progress) show();
    }
    ~ProgressLine() {
        if (terminal_.shape().progress) terminal_.error("\r\x1b[K");
    }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void step() {
        ++done_;
        // A hundred steps are as good as ten thousand.
        if (done_ % (total_ / 100 + 1) == 0 && terminal_.shape().progress) show();
    }

private:
    void show() {
        terminal_.error("\r\x1b[K" + phrase(catalog_, N_("Checking… {} of {}"), done_, total_));
    }

    Terminal& terminal_;
    const Catalog& catalog_;
    std::size_t total_;
    std::size_t done_ = 0;
};

/// Everything that the checks of one command share; lives in the frame of check().
class CheckRound {
public:
    CheckRound(asio::any_io_executor executor, const Env& env, Terminal& terminal,
               CheckRequest request)
        : executor_(executor),
          env_{env.clock, env.http, env.db, env.mailer, env.canaries, log_, env.rng, env.host},
          catalog_(request.language),
          events_(log_, catalog_),
          stalls_(env.clock),
          runner_(executor, env_, events_, stalls_, request.max_in_flight),
          progress_(std::make_unique<ProgressLine>(terminal, catalog_, request.monitors.size())),
          beat_(executor, [this](std::exception_ptr error) { failure_ = std::move(error); }),
          checks_(executor, [this](std::exception_ptr error) { failure_ = std::move(error); }) {
        for (MonitorPtr& monitor : request.monitors) checked_.push_back({std::move(monitor), {}});
    }

    asio::awaitable<void> run() {
        beat_.spawn(stalls_.run());
        for (CheckedMonitor& checked : checked_) checks_.spawn(check_one(checked));
        co_await checks_.wait_empty();
        co_await beat_.stop();
        progress_.reset();
        if (failure_) std::rethrow_exception(failure_);
    }

    const std::vector<CheckedMonitor>& checked() const { return checked_; }
    const Catalog& catalog() const { return catalog_; }

private:
    asio::awaitable<void> check_one(CheckedMonitor& checked) {
        const std::string key = endpoint_of(checked.monitor->target);
        constexpr std::size_t kPerEndpoint = 32;
        Semaphore& endpoint = endpoints_.try_emplace(key, executor_, kPerEndpoint).first->second;
        checked.result = co_await runner_.check(checked.monitor, endpoint);
        progress_->step();
    }

    asio::any_io_executor executor_;
    SilentLog log_;  ///< the attempts are in the results; nothing is said twice
    Env env_;
    Catalog catalog_;
    EventLog events_;
    StallWatch stalls_;
    ProbeRunner runner_;
    std::unordered_map<std::string, Semaphore> endpoints_;
    std::vector<CheckedMonitor> checked_;
    std::unique_ptr<ProgressLine> progress_;
    std::exception_ptr failure_;
    TaskGroup beat_;
    TaskGroup checks_;
};

std::string unknown_monitor(const Config& config, const std::string& name, const Catalog& catalog) {
    constexpr std::size_t kLongestName = 100;
    std::vector<std::string_view> known;
    for (const MonitorPtr& monitor : config.monitors) {
        known.push_back(monitor->name);
        known.push_back(monitor->id.str());
    }
    std::string line = phrase(catalog, N_("no monitor has the name or id {}"),
                              shorten(escape_line(name), kLongestName));
    if (const auto meant = nearest(name, known)) {
        line += " " + phrase(catalog, N_("(did you mean {}?)"),
                             shorten(escape_line(*meant), kLongestName));
    }
    return line;
}

}  // namespace

Selection select_monitors(const Config& config, const std::vector<std::string>& names,
                          const Catalog& catalog) {
    Selection selection;
    std::unordered_set<std::string> wanted(names.begin(), names.end());
    std::unordered_set<std::string> found;
    for (const MonitorPtr& monitor : config.monitors) {
        const bool by_name = wanted.contains(monitor->name);
        const bool by_id = wanted.contains(monitor->id.str());
        if (by_name) found.insert(monitor->name);
        if (by_id) found.insert(monitor->id.str());
        if (names.empty() ? monitor->enabled : by_name || by_id) {
            selection.monitors.push_back(monitor);
        }
    }
    for (const std::string& name : names) {
        if (found.insert(name).second) {
            selection.unknown.push_back(unknown_monitor(config, name, catalog));
        }
    }
    return selection;
}

asio::awaitable<int> check(Env& env, Terminal& terminal, CheckRequest request) {
    const bool json = request.json;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    CheckRound round(executor, env, terminal, std::move(request));
    co_await round.run();

    const std::vector<CheckedMonitor>& checked = round.checked();
    terminal.out(
        json ? check_json(checked, round.catalog())
             : check_table(checked, round.catalog(), terminal.shape(), env.clock.now().wall));
    const bool all_good = std::ranges::all_of(
        checked, [](const CheckedMonitor& one) { return is_good(one.result.outcome()); });
    co_return all_good ? kExitOk : kExitFailed;
}

}  // namespace vigia
