#pragma once

#include "engine/event_log.hpp"
#include "env/clock.hpp"
#include "env/parking.hpp"
#include "store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>

namespace vigia {

/// What became of a batch.
enum class CommitOutcome : std::uint8_t {
    committed,
    overdue,    ///< the store has refused for kPatience: act without it; it is committed first when
                ///< the store is back
    abandoned,  ///< a stop could not wait for that: act on nothing; the next start decides again
};

/// The only caller of Store::commit(): keeps the order of the batches, merges those that wait into
/// one transaction, retries with backoff. All is written at once but results alone, which linger
/// for company. After kPatience without success the waiting batches are released as `overdue`
/// (silence is the one thing that must not happen) and stay at the head of the queue. One per
/// process, one thread.
class Committer {
public:
    static constexpr Duration kPatience = std::chrono::seconds(30);
    static constexpr Duration kLastPatience = std::chrono::seconds(1);
    static constexpr Duration kFirstRetry = std::chrono::milliseconds(100);
    static constexpr Duration kLastRetry = std::chrono::seconds(5);
    static constexpr std::size_t kMaxBatchesAtOnce = 1000;
    static constexpr Duration kLinger = std::chrono::seconds(1);
    /// Beyond so many batches in the queue only transitions are taken (see commit()).
    static constexpr std::size_t kMaxQueue = 200'000;

    Committer(boost::asio::any_io_executor executor, Clock& clock, Store& store, EventLog& events);

    /// Commits `batch`; returns when it is durable or overdue. Must not be cancelled: a decision
    /// that is being committed is taken to its end. While kMaxQueue batches wait, a batch that is
    /// no transition is overdue at once and never written: history is lost, and a restart may find
    /// an older streak, but no incident and no notification is lost and memory stays bounded.
    boost::asio::awaitable<CommitOutcome> commit(Batch batch);

    /// Takes a batch that nobody acts on, so that nobody waits for it: results, streaks. States are
    /// written at once; results with what comes next, at the latest kLinger later or as one of
    /// kMaxBatchesAtOnce; while kMaxQueue batches wait, none. A kill loses what is not yet written.
    void record(Batch batch);

    /// The writing loop. Ends when stop() was called and the queue is empty, or, with the store
    /// still failing, after one last try.
    boost::asio::awaitable<void> run();

    /// Releases who has waited for too long, also while a commit hangs. Beside run(); ends at
    /// stop().
    boost::asio::awaitable<void> watch();

    /// Before a stop: from now on nobody waits for the store longer than kLastPatience.
    void hurry();
    void stop();

    /// For how long the oldest batch waits to be written; zero with none.
    Duration oldest_wait() const {
        return queue_.empty() ? Duration::zero() : clock_.now().mono - queue_.front()->since;
    }
    /// False while the last commit failed: readiness.
    bool healthy() const { return failing_since_ == MonoTime{}; }
    std::size_t queued() const { return queue_.size(); }
    std::uint64_t commits() const { return commits_; }
    std::uint64_t dropped() const { return dropped_; }  ///< batches never written

private:
    /// One batch in the queue. The committing coroutine waits in `parking`; once `released`, nobody
    /// waits any more, and for what was recorded nobody ever did.
    struct Entry {
        Entry(boost::asio::any_io_executor executor, Batch b, MonoTime at)
            : batch(std::move(b)), since(at), parking(std::move(executor)) {}
        Batch batch;
        MonoTime since;
        bool lingers = false;
        bool released = false;
        CommitOutcome outcome = CommitOutcome::committed;
        Parking parking;
    };

    bool has_room(const Batch& batch);
    /// When the queue is to be written.
    MonoTime due() const;
    void release(Entry& entry, CommitOutcome outcome);
    void release_overdue();
    boost::asio::awaitable<bool> write_once();
    boost::asio::awaitable<Result<void>> write(Batch batch);

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    Store& store_;
    EventLog& events_;
    std::unique_ptr<Alarm> work_;
    std::unique_ptr<Alarm> lateness_;
    std::deque<std::shared_ptr<Entry>> queue_;
    std::size_t urgent_ = 0;    ///< entries that do not linger
    std::size_t released_ = 0;  ///< entries at the head that nobody waits for any more
    Duration patience_ = kPatience;
    MonoTime failing_since_{};
    bool overdue_reported_ = false;
    bool dropping_reported_ = false;
    bool stopping_ = false;
    std::uint64_t commits_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace vigia
