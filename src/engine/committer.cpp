#include "engine/committer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Committer::Committer(asio::any_io_executor executor, Clock& clock, Store& store, EventLog& events)
    : executor_(std::move(executor)),
      clock_(clock),
      store_(store),
      events_(events),
      work_(clock.make_alarm()),
      lateness_(clock.make_alarm()) {}

asio::awaitable<CommitOutcome> Committer::commit(Batch batch) {
    if (!has_room(batch)) co_return CommitOutcome::overdue;
    auto entry = std::make_shared<Entry>(executor_, std::move(batch), clock_.now().mono);
    queue_.push_back(entry);
    ++urgent_;
    work_->ring();
    co_await entry->parking.wait();
    co_return entry->outcome;
}

void Committer::record(Batch batch) {
    if (!has_room(batch)) return;
    auto entry = std::make_shared<Entry>(executor_, std::move(batch), clock_.now().mono);
    entry->released = true;
    entry->lingers = entry->batch.is_results_only();
    if (!entry->lingers) ++urgent_;
    // Results in between change nothing about when to write.
    const bool rings = !entry->lingers || queue_.empty() || queue_.size() + 1 == kMaxBatchesAtOnce;
    queue_.push_back(std::move(entry));
    if (rings) work_->ring();
}

bool Committer::has_room(const Batch& batch) {
    if (queue_.size() < kMaxQueue || batch.is_transition()) return true;
    ++dropped_;
    if (!std::exchange(dropping_reported_, true)) events_.results_dropped();
    return false;
}

void Committer::release(Entry& entry, CommitOutcome outcome) {
    if (entry.released) return;
    entry.released = true;
    entry.outcome = outcome;
    entry.parking.resume();
}

asio::awaitable<void> Committer::run() {
    Duration pause{};
    while (!(stopping_ && queue_.empty())) {
        // While failing only the pause ends the wait: new batches ring and must not hurry it.
        const MonoTime retry = clock_.now().mono + pause;
        for (;;) {
            const MonoTime until = pause > Duration::zero() ? retry : due();
            if (stopping_ || clock_.now().mono >= until) break;
            const bool woken = co_await work_->wait_until(until);
            if (!woken) co_return;
        }
        if (queue_.empty()) continue;
        const bool written = co_await write_once();
        if (!written && stopping_) {
            patience_ = Duration::zero();  // that was the last try: nobody is left waiting
            release_overdue();
            events_.left_unwritten(queue_.size());
            co_return;
        }
        pause = written ? Duration::zero() : std::clamp(pause * 2, kFirstRetry, kLastRetry);
    }
}

MonoTime Committer::due() const {
    if (queue_.empty()) return MonoTime::max();
    const MonoTime oldest = queue_.front()->since;
    const bool at_once = urgent_ > 0 || queue_.size() >= kMaxBatchesAtOnce;
    return at_once ? oldest : oldest + kLinger;
}

asio::awaitable<bool> Committer::write_once() {
    Batch merged;
    const std::size_t count = std::min(queue_.size(), kMaxBatchesAtOnce);
    for (std::size_t i = 0; i < count; ++i) {
        const Batch& batch = queue_[i]->batch;
        append(merged.results, batch.results);
        append(merged.states, batch.states);
        append(merged.incidents, batch.incidents);
        append(merged.notifications, batch.notifications);
    }
    const Result<void> written = co_await write(std::move(merged));
    if (!written) {
        if (healthy()) {
            failing_since_ = clock_.now().mono;
            events_.commit_failing(written.error().detail);
        }
        co_return false;
    }
    ++commits_;
    if (!healthy()) events_.commit_restored();
    failing_since_ = MonoTime{};
    overdue_reported_ = false;
    dropping_reported_ = false;
    for (std::size_t i = 0; i < count; ++i) {
        release(*queue_.front(), CommitOutcome::committed);
        if (!queue_.front()->lingers) --urgent_;
        queue_.pop_front();
    }
    released_ -= std::min(released_, count);
    co_return true;
}

/// A store that throws has not written, like one that says so: the loop must outlive both.
asio::awaitable<Result<void>> Committer::write(Batch batch) {
    try {
        Result<void> written = co_await store_.commit(std::move(batch));
        co_return written;
    } catch (const std::exception& error) {
        co_return Error{make_error_code(StoreErrc::unavailable), error.what()};
    }
}

asio::awaitable<void> Committer::watch() {
    while (!stopping_) {
        release_overdue();
        // What comes later is late later: nobody has to ring for it.
        const MonoTime next =
            released_ < queue_.size() ? queue_[released_]->since : clock_.now().mono;
        const bool go_on = co_await lateness_->wait_until(next + patience_);
        if (!go_on) co_return;
    }
}

void Committer::release_overdue() {
    const MonoTime now = clock_.now().mono;
    for (; released_ < queue_.size(); ++released_) {
        Entry& entry = *queue_[released_];
        if (now - entry.since < patience_) return;
        if (healthy()) failing_since_ = now;
        if (!overdue_reported_ && patience_ == kPatience) {
            overdue_reported_ = true;
            events_.commit_overdue();
        }
        const bool waited = now - entry.since >= kPatience;
        release(entry, waited ? CommitOutcome::overdue : CommitOutcome::abandoned);
    }
}

void Committer::hurry() {
    patience_ = std::min(patience_, kLastPatience);
    lateness_->ring();
}

void Committer::stop() {
    stopping_ = true;
    work_->ring();
    lateness_->ring();
}

}  // namespace vigia
