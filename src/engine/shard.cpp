#include "engine/shard.hpp"

#include "base/assert.hpp"
#include "core/timetable.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// Checks started in one pass of the loop before other work gets its turn.
constexpr std::size_t kMaxStartsAtOnce = 256;

/// What a restart must know of a good monitor does not change with every good check.
bool worth_writing(const MonitorState& before, const MonitorState& after) {
    if (before.health != after.health || before.bad_streak != after.bad_streak) return true;
    return after.health == Health::down && before.good_streak != after.good_streak;
}

}  // namespace

/// Puts the slot back to rest when a check ends, whichever way.
class Shard::CheckScope {
public:
    CheckScope(Shard& shard, Index index) : shard_(shard), index_(index) {}
    ~CheckScope() { shard_.end(index_); }
    CheckScope(const CheckScope&) = delete;
    CheckScope& operator=(const CheckScope&) = delete;

private:
    Shard& shard_;
    Index index_;
};

// tidy: allow(size-parameters) wiring: each is a part that it works with
Shard::Shard(asio::any_io_executor executor, Env& env, Committer& committer, Dispatcher& dispatcher,
             EventLog& events, ShardLimits limits, UplinkWatch* uplink)
    : executor_(executor),
      env_(env),
      committer_(committer),
      dispatcher_(dispatcher),
      events_(events),
      limits_(limits),
      stalls_(env.clock),
      runner_(executor, env, events, stalls_, limits.max_in_flight, uplink),
      timer_(env.clock.make_alarm()),
      loops_(executor, report_to(events)),
      checks_(executor, report_to(events)),
      commits_(executor, report_to(events)) {}

Shard::~Shard() = default;

void Shard::start(const std::vector<MonitorPtr>& monitors,
                  const std::unordered_map<MonitorId, InitialState>& initial) {
    const MonoTime now = env_.clock.now().mono;
    for (std::size_t i = 0; i < monitors.size(); ++i) {
        const auto known = initial.find(monitors[i]->id);
        add(monitors[i], known == initial.end() ? InitialState{} : known->second,
            first_check(now, i, monitors.size(), monitors[i]->policy.check_interval));
    }
    loops_.spawn(stalls_.run());
    loops_.spawn(run());
}

void Shard::apply(const ConfigDifference& change_set) {
    const MonoTime now = env_.clock.now().mono;
    for (const MonitorId& id : change_set.removed) remove(id);
    for (const MonitorPtr& monitor : change_set.changed) change(monitor, now);
    for (std::size_t i = 0; i < change_set.added.size(); ++i) {
        const MonitorPtr& monitor = change_set.added[i];
        if (succeed(monitor)) continue;
        add(monitor, InitialState{},
            first_check(now, i, change_set.added.size(), monitor->policy.check_interval));
    }
    std::erase_if(endpoints_, [](const auto& entry) { return entry.second.expired(); });
    timer_->ring();
}

Shard::Index Shard::add(const MonitorPtr& monitor, const InitialState& initial, MonoTime due) {
    Index index = 0;
    if (free_.empty()) {
        index = static_cast<Index>(slots_.size());
        slots_.emplace_back();
    } else {
        index = free_.back();
        free_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.monitor = monitor;
    const Now now = env_.clock.now();
    slot.state = resume_state(initial.state, now);
    slot.open = initial.open ? std::make_unique<OpenIncident>(resume_incident(*initial.open, now))
                             : nullptr;
    slot.endpoint = endpoint_for(*monitor);
    slot.due = due;
    index_of_[monitor->id] = index;
    queue_.push({slot.due, index, slot.generation});
    return index;
}

void Shard::change(const MonitorPtr& monitor, MonoTime now) {
    const auto it = index_of_.find(monitor->id);
    VIGIA_ASSERT(it != index_of_.end());
    Slot& slot = slots_[it->second];
    if (slot.leaving) {
        slot.successor = monitor;
        return;
    }
    const Duration before = slot.monitor->policy.check_interval;
    const Duration interval = monitor->policy.check_interval;
    // Of a target that nobody asks about any more, no answer is waited for.
    if (slot.monitor->target != monitor->target) checks_.cancel(slot.check);
    slot.monitor = monitor;
    slot.endpoint = endpoint_for(*monitor);
    if (interval == before || slot.in_flight) return;
    // A longer interval never moves the next check away, which may be the first.
    const MonoTime last = slot.due - before;
    slot.due = std::min(slot.due, next_slot(std::max(now, last + interval / 2),
                                            phase_of(monitor->id, interval), interval));
    queue_.push({slot.due, it->second, ++slot.generation});
}

void Shard::remove(const MonitorId& id) {
    const auto it = index_of_.find(id);
    if (it == index_of_.end()) return;
    const Index index = it->second;
    index_of_.erase(it);
    Slot& slot = slots_[index];
    slot.successor = nullptr;
    if (slot.leaving) return;
    slot.leaving = true;
    if (slot.in_flight) {
        leaving_.emplace(id, index);
        checks_.cancel(slot.check);
    } else {
        release(index);
    }
}

/// A monitor that was removed and added again while its last check is still under way takes its
/// place when that has ended: probes of one monitor never overlap. False if there is none.
bool Shard::succeed(const MonitorPtr& monitor) {
    const auto it = leaving_.find(monitor->id);
    if (it == leaving_.end()) return false;
    slots_[it->second].successor = monitor;
    index_of_[monitor->id] = it->second;
    return true;
}

/// Frees the slot of a removed monitor: its open incident is closed as retired, its state
/// forgotten.
void Shard::release(Index index) {
    Slot& slot = slots_[index];
    leaving_.erase(slot.monitor->id);
    if (slot.open) {
        retire_orphan(std::move(slot.open->incident));
    } else if (slot.state != MonitorState{}) {
        commits_.spawn(commit_forgotten(slot.monitor->id));
    }
    const MonitorPtr successor = std::move(slot.successor);
    const std::uint32_t generation = slot.generation + 1;  // makes queue entries stale
    slot = Slot{};
    slot.generation = generation;
    free_.push_back(index);
    if (successor) {
        add(successor, InitialState{}, env_.clock.now().mono);
        timer_->ring();
    }
}

void Shard::forget_orphan(MonitorId id) {
    commits_.spawn(commit_forgotten(std::move(id)));
}

void Shard::retire_orphan(Incident incident) {
    Batch batch;
    batch.states.push_back({incident.monitor, MonitorState{}});
    commits_.spawn(commit_retired(std::move(incident), std::move(batch)));
}

void Shard::retire_stale(Incident incident) {
    commits_.spawn(commit_retired(std::move(incident), Batch{}));
}

asio::awaitable<void> Shard::commit_retired(Incident incident, Batch batch) {
    OpenIncident open;
    open.incident = std::move(incident);
    const Incident closed = retire(open, env_.clock.now().wall);
    batch.incidents.push_back(closed);
    co_await committer_.commit(std::move(batch));
    events_.retired(closed);
}

asio::awaitable<void> Shard::commit_forgotten(MonitorId id) {
    Batch batch;
    batch.states.push_back({std::move(id), MonitorState{}});
    co_await committer_.commit(std::move(batch));
}

std::shared_ptr<Semaphore> Shard::endpoint_for(const Monitor& monitor) {
    std::weak_ptr<Semaphore>& known = endpoints_[endpoint_of(monitor.target)];
    std::shared_ptr<Semaphore> endpoint = known.lock();
    if (!endpoint) {
        const bool database = monitor.category == MonitorCategory::database;
        endpoint = std::make_shared<Semaphore>(
            executor_, database ? limits_.max_per_database : limits_.max_per_endpoint);
        known = endpoint;
    }
    return endpoint;
}

asio::awaitable<void> Shard::run() {
    for (;;) {
        start_due(env_.clock.now().mono);
        const MonoTime next = queue_.empty() ? MonoTime::max() : queue_.top().due;
        const bool woken = co_await timer_->wait_until(next);
        if (!woken) co_return;
    }
}

void Shard::start_due(MonoTime now) {
    for (std::size_t started = 0; started < kMaxStartsAtOnce && !queue_.empty();) {
        const DueQueue::Entry entry = queue_.top();
        if (entry.due > now) return;
        queue_.pop();
        const Slot& slot = slots_[entry.index];
        if (slot.generation != entry.generation || slot.in_flight || !slot.monitor) continue;
        begin(entry.index, now);
        ++started;
    }
}

void Shard::begin(Index index, MonoTime now) {
    Slot& slot = slots_[index];
    slot.in_flight = true;
    stats_.lag.add(now - slot.due);
    ++stats_.checks;
    slot.check = checks_.spawn(check(index));
}

/// Puts the next slot of the timetable into the queue.
void Shard::end(Index index) {
    Slot& slot = slots_[index];
    slot.in_flight = false;
    if (slot.leaving) return release(index);
    const MonoTime now = env_.clock.now().mono;
    const Duration interval = slot.monitor->policy.check_interval;
    const Duration phase = phase_of(slot.monitor->id, interval);
    const NextSlot next = slot_after(slot.due, now, phase, interval);
    slot.due = next.due;
    stats_.skipped_slots += next.skipped;
    queue_.push({slot.due, index, ++slot.generation});
    if (queue_.top().index == index) timer_->ring();
}

asio::awaitable<void> Shard::check(Index index) {
    const CheckScope scope(*this, index);
    const MonitorPtr monitor = slots_[index].monitor;
    const std::shared_ptr<Semaphore> endpoint = slots_[index].endpoint;
    CheckResult result = co_await runner_.check(monitor, *endpoint);
    // From here on the result counts: a stop waits until it is committed.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await settle(index, monitor, std::move(result));
}

asio::awaitable<void> Shard::settle(Index index, MonitorPtr checked, CheckResult result) {
    Slot& slot = slots_[index];  // a slot in flight is neither freed nor moved
    const MonitorPtr monitor = slot.monitor;
    // A reload may have changed the target under way: what was found says nothing of the new one.
    if (slot.leaving || (monitor != checked && monitor->target != checked->target)) co_return;

    std::optional<OpenIncident> open;
    std::vector<Recipient> waiting;
    if (slot.open) {
        open = *slot.open;
        waiting = dispatcher_.reminder_pending(open->incident.id);
    }
    const std::vector<Recipient> recipients = dispatcher_.recipients();
    Decision decision = decide(*monitor, slot.state, open, result,
                               {recipients, waiting, dispatcher_.message_domain()});

    Batch batch;
    const Duration took = result.finished.mono - result.started.mono;
    batch.results.push_back({monitor->id, result.finished.wall, result.outcome(),
                             result.probe.reason.code, result.probe.timings.total,
                             monitor->policy.check_interval + took});
    if (worth_writing(slot.state, decision.state)) {
        batch.states.push_back({monitor->id, decision.state});
    }
    if (decision.changed) batch.incidents.push_back(*decision.changed);
    batch.notifications = decision.notifications;
    if (batch.is_transition() || decision.state.health != slot.state.health) {
        const CommitOutcome written = co_await committer_.commit(std::move(batch));
        if (written == CommitOutcome::abandoned) co_return;
    } else {
        // Nobody acts on a streak: it does not wait for a store in trouble, check after check.
        committer_.record(std::move(batch));
    }

    slot.state = decision.state;
    slot.open = decision.open ? std::make_unique<OpenIncident>(*decision.open) : nullptr;
    announce(*monitor, decision);
    dispatcher_.add(std::move(decision.notifications));
}

void Shard::announce(const Monitor& monitor, const Decision& decision) {
    switch (decision.transition) {
        case Transition::confirmed_down:
            events_.went_down(monitor);
            break;
        case Transition::recovered:
            events_.recovered(monitor);
            break;
        case Transition::none:
        case Transition::confirmed_up:
        case Transition::quality:
            break;
    }
    if (decision.reminded) events_.still_down(monitor);
}

asio::awaitable<void> Shard::stop() {
    co_await loops_.stop();
    co_await checks_.stop();
    co_await commits_.wait_empty();
}

ShardStats Shard::stats() const {
    ShardStats stats = stats_;
    stats.monitors = index_of_.size();
    stats.probes = runner_.counters();
    stats.stalls = stalls_.stalls();
    return stats;
}

Duration Shard::overdue() const {
    if (queue_.empty()) return Duration::zero();
    return std::max(env_.clock.now().mono - queue_.top().due, Duration::zero());
}

const MonitorState* Shard::state_of(const MonitorId& id) const {
    const auto it = index_of_.find(id);
    if (it == index_of_.end()) return nullptr;
    const Slot& slot = slots_[it->second];
    return slot.leaving ? &pending_ : &slot.state;
}

}  // namespace vigia
