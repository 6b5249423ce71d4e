#include "sim/world.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>
#include <variant>

namespace vigia::sim {

namespace {

/// 2024-12-19 10:15:23 UTC.
constexpr WallTime kBeginning{std::chrono::seconds(1'734'603'323)};

/// PRODUCT §2: a signal stops the program within 5 s.
constexpr Duration kLongestStop = std::chrono::seconds(5);

/// A mail server is beyond the uplink, too.
std::vector<MailTrouble> mail_troubles(const Script& script) {
    std::vector<MailTrouble> troubles = script.mail;
    for (const auto& window : script.machine.windows()) {
        if (window.fault != OwnFault::uplink_cut) continue;
        troubles.push_back({window.when, MailFault::stalled, {}});
    }
    return troubles;
}

}  // namespace

World::World(const Script& script)
    : script_(script),
      rng_(script.seed),
      storage_(script.on_disk),
      keeper_(journal_),
      confirmation_(findings_),
      incident_book_(findings_),
      delivery_(findings_),
      retired_silence_(findings_),
      rhythm_(findings_),
      committed_view_(findings_),
      crash_checker_(findings_),
      bounds_(findings_),
      convergence_(findings_),
      offline_notice_(findings_, script_.machine),
      trouble_notice_(findings_, script_.store) {
    network_.set_own_faults(script.machine);
    office_.set_troubles(mail_troubles(script));
    for (Observer* observer : std::initializer_list<Observer*>{
             &tally_, &keeper_, &confirmation_, &incident_book_, &delivery_, &retired_silence_,
             &rhythm_, &committed_view_, &crash_checker_, &bounds_, &convergence_, &offline_notice_,
             &trouble_notice_, &crash_trigger_, &doubtful_commit_}) {
        audience_.add(*observer);
    }
    moment_.now.wall = kBeginning;
}

Report World::run() {
    adopt(read_config(script_.config));
    begin_life();
    while (findings_.empty() && step()) {
    }
    if (findings_.empty()) {
        audience_.finished(life_->moment(), look());
        const Report before = report();
        end_life(Duration::zero());
        Report after = report();
        after.health = before.health;
        return after;
    }
    Report broken = report();
    if (life_) life_->crash();
    return broken;
}

/// One move of the world: what is ready, then the next thing in time. False at the end.
bool World::step() {
    if (life_) drain();
    Duration next = std::min(script_.length, next_sample_);
    if (next_action_ < script_.actions.size()) {
        next = std::min(next, script_.actions[next_action_].at);
    }
    if (rebirth_) next = std::min(next, *rebirth_);
    if (life_) {
        const auto wake = life_->clock().next();
        if (wake && life_->moment().elapsed + (*wake - life_->moment().now.mono) <= next) {
            life_->clock().jump();
            return true;
        }
    }
    advance_to(next);
    if (rebirth_ && *rebirth_ <= next) {
        begin_life();
    } else if (next_action_ < script_.actions.size() && script_.actions[next_action_].at <= next) {
        act(script_.actions[next_action_++]);
    } else if (next_sample_ <= next) {
        sample();
    } else {
        // The end waits for a life to look at.
        if (life_) return false;
        VIGIA_ASSERT(rebirth_);
        advance_to(*rebirth_);
        begin_life();
    }
    return true;
}

/// Runs what is ready, handler by handler: a crash may come after any of them.
void World::drain() {
    while (life_->poll_one()) {
        if (!findings_.empty()) return;
        if (crash_trigger_.handler_has_run(life_->moment().elapsed)) {
            return crash(crash_trigger_.take().down);
        }
        if (!storage_.has_power()) return crash(power_cut_);
    }
}

void World::advance_to(Duration when) {
    const Moment& moment = life_ ? life_->moment() : moment_;
    const Duration ahead = std::max(Duration::zero(), when - moment.elapsed);
    if (life_) {
        life_->clock().pass(ahead);
    } else {
        moment_.elapsed += ahead;
        moment_.now.wall += ahead;
    }
}

void World::begin_life() {
    rebirth_.reset();
    // A reboot starts the monotonic clock anywhere.
    moment_.now.mono = MonoTime(std::chrono::seconds(10 + rng_.below(5'000'000)));
    machine_troubled_until_ = moment_.elapsed;
    Store& store = storage_.open();
    const StoredState stored = store.load().value();
    if (const auto written = doubtful_commit_.found_in(stored)) {
        audience_.committed(moment_, *written);
    }
    const Surroundings around{network_, office_, store, script_.store, journal_, audience_, rng_};
    life_ = std::make_unique<Life>(around, moment_, config_, rng_.next());
    const std::string alarm(Catalog(config_.language).text("Internal error: {}"));
    life_->log().set_listener(
        [this, prefix = alarm.substr(0, alarm.find('{'))](LogLevel level, const std::string& text) {
            if (level == LogLevel::critical && text.starts_with(prefix)) {
                findings_.report({"engine", life_->moment().elapsed, {}, text});
            }
        });
    audience_.starting(moment_, config_, stored);
    const Result<void> started = life_->app().start();
    VIGIA_ASSERT(started.has_value());
    audience_.started(moment_, look());
}

void World::end_life(Duration down) {
    // A commit that is under way is taken to its end, however long the store takes.
    const auto store_is_late = [this] {
        const auto* const fault = script_.store.at(life_->moment().elapsed);
        return fault != nullptr && fault->fault != StoreFault::failing;
    };
    const bool was_late = store_is_late();
    const Duration took = life_->stop();
    if (took > kLongestStop && !was_late && !store_is_late()) {
        findings_.report({"stop",
                          life_->moment().elapsed,
                          {},
                          fmt::format("stopping took {} s", to_seconds(took))});
    }
    moment_ = life_->moment();
    life_.reset();
    storage_.close(rng_);
    audience_.stopped(moment_);
    rebirth_ = moment_.elapsed + down;
}

void World::crash(Duration down) {
    moment_ = life_->moment();
    storage_.crash(rng_);
    life_->crash();
    life_.reset();
    audience_.crashed(moment_);
    rebirth_ = moment_.elapsed + down;
}

void World::act(const Action& action) {
    std::visit([this](const auto& what) { perform(what); }, action.what);
}

void World::perform(const Reload& reload) {
    adopt(read_config(reload.config));
    if (!life_) return;  // the next start reads it
    audience_.reloaded(life_->moment(), config_);
    life_->app().reload(config_);
}

void World::perform(const Crash& crash) {
    if (!life_) return;
    if (crash.point != CrashPoint::disk_write) {
        return crash_trigger_.arm(crash, life_->moment().elapsed);
    }
    power_cut_ = crash.down;
    storage_.cut_power_at(crash.steps + 1);
}

void World::perform(const Restart& restart) {
    if (life_) end_life(restart.down);
}

void World::perform(const StepClock& step) {
    if (life_) life_->clock().step_wall(step.by);
    moment_.now.wall += step.by;
    audience_.clock_stepped(life_ ? life_->moment() : moment_);
}

void World::perform(const Freeze& freeze) {
    if (!life_) return;
    life_->clock().pass(freeze.length);
    machine_troubled_until_ = life_->moment().elapsed;
    audience_.frozen(life_->moment());
}

void World::sample() {
    next_sample_ += kSamplePeriod;
    if (!life_) return;
    audience_.sampled(life_->moment(), look());
}

Sample World::look() const {
    const Duration now = life_->moment().elapsed;
    Sample sample;
    const Shard& shard = life_->app().shard();
    sample.state_of = [&shard](const MonitorId& id) { return shard.state_of(id); };
    sample.pending_notifications = life_->app().stats().pending_notifications;
    sample.probes_in_flight = life_->http().in_flight();
    sample.waiters = life_->clock().waiters();
    sample.calm.mail = std::min(now, office_.troubled_until(now));
    if (const auto* fault = script_.store.last_begun(now)) {
        sample.calm.store = std::min(now, fault->when.to);
    }
    sample.calm.machine = machine_troubled_until_;
    if (const auto* fault = script_.machine.last_begun(now)) {
        sample.calm.machine = std::max(sample.calm.machine, std::min(now, fault->when.to));
    }
    sample.store_failing_since = life_->store().failing_since();
    sample.truth_of = [this, now](const MonitorId& id) {
        const Network::Place* const place = network_.find(url_of_.at(id));
        const Timeline::Segment segment = place->timeline.at(now);
        return std::pair(segment.from, truth_of(segment.behaviour));
    };
    return sample;
}

Config World::read_config(const std::string& text) const {
    ConfigSources sources;
    sources.read_file = [](const std::string&) { return std::nullopt; };
    sources.environment = [](const std::string&) { return std::nullopt; };
    sources.base_directory = "/sim";
    ConfigOutcome outcome = parse_config(text, sources, Language::en);
    if (!outcome.config) {
        throw std::invalid_argument(format_problem(script_.name, outcome.errors.front()));
    }
    return std::move(*outcome.config);
}

/// Says whose each target is, and takes the configuration for what is to run.
void World::adopt(const Config& config) {
    for (const MonitorPtr& monitor : config.monitors) {
        const std::string url = url_of(monitor->target);
        const auto timeline = script_.targets.find(url);
        if (timeline == script_.targets.end()) {
            throw std::invalid_argument(fmt::format("{}: no target {}", script_.name, url));
        }
        network_.put(url, monitor->id, timeline->second);
        url_of_[monitor->id] = url;
    }
    config_ = config;
}

Report World::report() {
    Report report;
    report.length = life_ ? life_->moment().elapsed : moment_.elapsed;
    report.tally = tally_;
    report.hash = journal_.hash();
    report.last_draw = Rng(rng_).next();
    report.findings = findings_;
    report.open_incidents = incident_book_.open();
    report.mails = office_.accepted();
    report.pending = tally_.pending();
    report.dead_letters = tally_.dead();
    for (const MonitorPtr& monitor : config_.monitors) {
        const MonitorState* const state =
            life_ ? life_->app().shard().state_of(monitor->id) : nullptr;
        if (state != nullptr) report.health[monitor->name] = state->health;
    }
    if (!findings_.empty()) {
        for (const Journal::Line& line : journal_.last_lines()) {
            report.last_lines.push_back(format_line(line));
        }
    }
    return report;
}

}  // namespace vigia::sim
