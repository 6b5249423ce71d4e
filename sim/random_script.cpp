#include "sim/random_script.hpp"

#include "base/hash.hpp"
#include "base/rng.hpp"
#include "sim/config_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace vigia::sim {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kDay = hours(24);

class Maker {
public:
    explicit Maker(const ScenarioOptions& options)
        : options_(options),
          rng_(stable_hash(fmt::format("seed {}", options.seed))),
          busy_(std::max(options.length - options.quiet, Duration::zero())) {}

    Script make() {
        script_.name = fmt::format("seed {}", options_.seed);
        script_.reproduce =
            fmt::format("./dev sim --seed {} --monitors {} --hours {} --faults {}{}", options_.seed,
                        options_.monitors, to_seconds(options_.length) / 3600, options_.faults,
                        options_.on_disk ? " --disk" : "");
        script_.seed = rng_.next();
        script_.length = options_.length;
        script_.on_disk = options_.on_disk;
        make_config();
        for (const MonitorText& monitor : config_.monitors) add_targets(monitor);
        script_.config = config_.str();
        make_faults();
        make_actions();
        return std::move(script_);
    }

private:
    template <class T, std::size_t N>
    T pick(const std::array<T, N>& from) {
        return from[rng_.below(N)];
    }
    bool chance(double p) { return rng_.uniform() < p; }
    Duration between(Duration low, Duration high) {
        const double spread = static_cast<double>((high - low).count());
        return low + Duration(static_cast<Duration::rep>(rng_.uniform() * spread));
    }
    /// Until the next of events that come `per_day` times a day, at random.
    Duration until_next(double per_day) {
        if (per_day <= 0) return options_.length * 2;
        const double days = -std::log(1.0 - rng_.uniform()) / per_day;
        return from_seconds(std::min(days, 1000.0) * to_seconds(kDay)) + seconds(1);
    }
    /// Mostly minutes, seldom hours.
    Duration outage_length() {
        const double minutes_long = std::exp(rng_.uniform(0.0, 6.0));
        return from_seconds(std::min(minutes_long, 360.0) * 60);
    }
    /// Calls `add(at)`, which returns how long it lasts, at random times while there may be faults.
    template <class Add>
    void at_random(double per_day, Add add) {
        for (Duration at = until_next(per_day); at < busy_; at += until_next(per_day)) {
            at += add(at);
        }
    }
    Duration within(Duration at, Duration length) { return std::min(length, busy_ - at); }

    void make_config() {
        config_.language = chance(0.5) ? "es" : "en";
        config_.expiry_hours = chance(0.3) ? 3 : 24;
        for (std::size_t i = 0; i < options_.recipients; ++i) {
            config_.recipients.push_back(fmt::format("person{}@people.sim", i));
        }
        for (std::size_t i = 0; i < options_.monitors; ++i) {
            MonitorText monitor;
            const bool database = i % 4 == 3;
            monitor.name = fmt::format("{} {}", database ? "Base" : "Web", i);
            monitor.url = fmt::format(
                fmt::runtime(database ? "postgresql://base{}.sim:5432/" : "http://web{}.sim/"), i);
            set_policy(monitor);
            config_.monitors.push_back(std::move(monitor));
        }
    }

    void set_policy(MonitorText& monitor) {
        monitor.interval = seconds(options_.intervals[rng_.below(options_.intervals.size())]);
        monitor.timeout = seconds(pick(std::array{2, 5, 10}));
        monitor.attempts = pick(std::array{1, 2, 3});
        monitor.retry_delay = seconds(pick(std::array{0, 1, 6}));
        monitor.alert_threshold = pick(std::array{1, 2, 3, 3, 5});
        monitor.recovery_threshold = pick(std::array{1, 2, 2, 3});
        monitor.repeat_minutes = pick(std::array{0, 20, 60, 240});
    }

    /// Two places: a reload may move the monitor from one to the other.
    void add_targets(const MonitorText& monitor) {
        script_.targets[monitor.url] = make_timeline(monitor);
        script_.targets[monitor.url + "moved"] = make_timeline(monitor);
    }

    Timeline make_timeline(const MonitorText& monitor) {
        std::vector<Timeline::Segment> segments;
        at_random(options_.outages + options_.blips, [&](Duration at) {
            const bool blip = chance(options_.blips / (options_.outages + options_.blips));
            const Duration length =
                within(at, blip ? between(seconds(1), monitor.interval) : outage_length());
            segments.push_back({at, pick(kTroubles)});
            segments.push_back({at + length, chance(0.1) ? Behaviour::slow : Behaviour::up});
            return length;
        });
        return Timeline(std::move(segments));
    }

    void make_faults() {
        at_random(options_.own_faults * options_.faults, [&](Duration at) {
            const auto fault = static_cast<OwnFault>(rng_.below(4));
            // A process that was started into a loss, perhaps into two with a freeze between, holds
            // it for outages after ten minutes.
            const Duration longest = minutes(fault == OwnFault::no_descriptors ? 20 : 4);
            const Duration length = within(at, between(seconds(5), longest));
            script_.machine.add({at, at + length}, fault);
            return length + seconds(15);  // so that each is seen to end
        });
        at_random(options_.store_faults * options_.faults, [&](Duration at) {
            const auto fault = pick(std::array{StoreFault::failing, StoreFault::failing,
                                               StoreFault::slow, StoreFault::hanging});
            const Duration length = within(at, chance(0.5) ? between(seconds(1), seconds(25))
                                                           : between(seconds(35), minutes(10)));
            script_.store.add({at, at + length}, fault);
            return length + minutes(1);
        });
        at_random(options_.mail_troubles * options_.faults, [&](Duration at) {
            const Duration length = within(at, outage_length());
            std::string who;
            if (chance(0.4) && !config_.recipients.empty()) {
                who = config_.recipients[rng_.below(config_.recipients.size())];
            }
            auto fault = static_cast<MailFault>(rng_.below(7));
            // For good is for one recipient, and seldom.
            if (fault == MailFault::rejected && who.empty()) fault = MailFault::deferred;
            script_.mail.push_back({{at, at + length}, fault, who});
            return Duration(minutes(1));  // they may overlap
        });
    }

    void make_actions() {
        std::vector<Action>& actions = script_.actions;
        at_random(options_.crashes * options_.faults, [&](Duration at) {
            Crash crash;
            crash.point = static_cast<CrashPoint>(rng_.below(options_.on_disk ? 6 : 4));
            crash.steps = static_cast<unsigned>(rng_.below(2000));
            if (crash.point >= CrashPoint::disk_write) {  // as often as two of the others
                crash.point = CrashPoint::disk_write;
                crash.steps %= 50;
            }
            crash.down =
                chance(0.8) ? between(seconds(1), minutes(1)) : between(minutes(1), hours(1));
            actions.push_back({at, crash});
            return crash.down;
        });
        at_random(options_.restarts * options_.faults, [&](Duration at) {
            actions.push_back({at, Restart{between(seconds(1), minutes(5))}});
            return Duration(minutes(5));
        });
        at_random(options_.clock_steps * options_.faults, [&](Duration at) {
            const Duration by = between(milliseconds(1), hours(1));
            actions.push_back({at, StepClock{chance(0.5) ? by : -by}});
            return Duration(minutes(1));
        });
        at_random(options_.freezes * options_.faults, [&](Duration at) {
            const Duration length = between(seconds(2), minutes(15));
            actions.push_back({at, Freeze{within(at, length)}});
            return length;
        });
        at_random(options_.reloads * options_.faults, [&](Duration at) {
            change_config();
            actions.push_back({at, Reload{config_.str()}});
            return chance(0.2) ? Duration(seconds(10)) : Duration(minutes(10));
        });
        std::ranges::stable_sort(actions, {}, &Action::at);
    }

    /// What people do to a configuration. Later reloads build on earlier ones.
    void change_config() {
        const std::size_t changes = 1 + rng_.below(std::max<std::size_t>(2, options_.monitors / 5));
        for (std::size_t i = 0; i < changes && !config_.monitors.empty(); ++i) {
            MonitorText& monitor = config_.monitors[rng_.below(config_.monitors.size())];
            switch (rng_.below(6)) {
                case 0:
                case 1:
                    monitor.enabled = !monitor.enabled || chance(0.5);
                    break;
                case 2:
                    move(monitor);
                    break;
                default:
                    set_policy(monitor);
                    break;
            }
        }
        if (!config_.monitors.empty()) config_.monitors.front().enabled = true;
        if (chance(0.3)) change_recipients();
    }

    static void move(MonitorText& monitor) {
        constexpr std::string_view kMoved = "moved";
        if (monitor.url.ends_with(kMoved)) {
            monitor.url.resize(monitor.url.size() - kMoved.size());
        } else {
            monitor.url += kMoved;
        }
    }

    void change_recipients() {
        if (config_.recipients.size() > 1 && chance(0.5)) {
            const auto who = rng_.below(config_.recipients.size());
            config_.recipients.erase(config_.recipients.begin() + static_cast<std::ptrdiff_t>(who));
        } else if (config_.recipients.size() <= options_.recipients) {
            config_.recipients.push_back(fmt::format("new{}@people.sim", newcomers_++));
        }
    }

    static constexpr std::array kTroubles{
        Behaviour::status_503, Behaviour::refused,      Behaviour::reset, Behaviour::hang,
        Behaviour::truncated,  Behaviour::no_such_name, Behaviour::flaky};

    const ScenarioOptions& options_;
    Rng rng_;
    Duration busy_;
    ConfigText config_;
    Script script_;
    unsigned newcomers_ = 0;
};

}  // namespace

Script make_random_script(const ScenarioOptions& options) {
    return Maker(options).make();
}

}  // namespace vigia::sim
