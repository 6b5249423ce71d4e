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
      work_(clock.make_alarm()) {}

asio::awaitable<CommitOutcome> Committer::commit(Batch batch) {
    auto entry = std::make_shared<Entry>(executor_, std::move(batch), clock_.now().mono);
    queue_.push_back(entry);
    work_->ring();
    co_await entry->parking.wait();
    co_return entry->outcome;
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
        const MonoTime now = clock_.now().mono;
        if (queue_.empty() || pause > Duration::zero()) {
            // While failing only the pause ends the wait; new batches ring and must not hurry it.
            const MonoTime until = queue_.empty() ? MonoTime::max() : now + pause;
            do {
                if (!co_await work_->wait_until(until)) co_return;
            } while (!queue_.empty() && !stopping_ && clock_.now().mono < until &&
                     until != MonoTime::max());
            if (queue_.empty()) continue;
        }
        if (co_await write_once()) {
            pause = Duration::zero();
        } else {
            release_overdue();
            if (stopping_) co_return;
            pause = std::clamp(pause * 2, kFirstRetry, kLastRetry);
        }
    }
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
    const Result<void> written = co_await store_.commit(std::move(merged));
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
    for (std::size_t i = 0; i < count; ++i) {
        release(*queue_.front(), CommitOutcome::committed);
        queue_.pop_front();
    }
    co_return true;
}

void Committer::release_overdue() {
    const MonoTime now = clock_.now().mono;
    for (std::size_t i = 0; i < queue_.size(); ++i) {
        Entry& entry = *queue_[i];
        if (!stopping_ && now - entry.since < kPatience) continue;
        if (!std::exchange(overdue_reported_, true)) events_.commit_overdue();
        release(entry, CommitOutcome::overdue);
        if (i >= kMaxQueue) entry.batch.results.clear();
    }
}

void Committer::stop() {
    stopping_ = true;
    work_->ring();
}

}  // namespace vigia
