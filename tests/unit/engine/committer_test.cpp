#include "engine/committer.hpp"

#include "tests/unit/engine/bench.hpp"

#include <gtest/gtest.h>
#include <map>
#include <optional>

namespace vigia {
namespace {

namespace asio = boost::asio;
using engine_test::Bench;
using sim::StoreFault;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// A batch that says which it is: the state of monitor `number`.
Batch batch_of(unsigned number) {
    Batch batch;
    MonitorState state;
    state.bad_streak = number;
    batch.states.push_back({MonitorId("m"), state});
    return batch;
}

class CommitterTest : public testing::Test {
protected:
    CommitterTest() {
        bench_.tasks.spawn(committer_.run());
        bench_.tasks.spawn(committer_.watch());
    }
    ~CommitterTest() override {
        committer_.stop();
        bench_.run_for(minutes(2));
    }

    asio::awaitable<void> commit(unsigned number) {
        const CommitOutcome outcome = co_await committer_.commit(batch_of(number));
        ended_.push_back(number);
        outcomes_[number] = outcome;
        ended_at_[number] = bench_.elapsed();
    }
    asio::awaitable<void> commit_incident() {
        Batch batch;
        batch.incidents.emplace_back();
        co_await committer_.commit(std::move(batch));
    }
    static Batch result_of(unsigned number) {
        Batch batch;
        ResultRow row{MonitorId("m")};
        row.total = Duration(number);
        batch.results.push_back(row);
        return batch;
    }
    /// How many results each transaction holds.
    std::vector<std::size_t> results_written() const {
        std::vector<std::size_t> counts;
        for (const Batch& batch : bench_.seen.commits) counts.push_back(batch.results.size());
        return counts;
    }
    void start(unsigned number) { bench_.tasks.spawn(commit(number)); }

    /// The numbers of the batches in the order in which the store has them.
    std::vector<unsigned> written() const {
        std::vector<unsigned> numbers;
        for (const Batch& batch : bench_.seen.commits) {
            for (const StateRow& row : batch.states) numbers.push_back(row.state.bad_streak);
        }
        return numbers;
    }
    void store_is(StoreFault fault, Duration from, Duration to) {
        bench_.store_faults.add({bench_.elapsed() + from, bench_.elapsed() + to}, fault);
    }

    Bench bench_;
    Committer committer_{bench_.io.get_executor(), bench_.clock, bench_.store, bench_.events};
    std::vector<unsigned> ended_;
    std::map<unsigned, CommitOutcome> outcomes_;
    std::map<unsigned, Duration> ended_at_;
};

using Numbers = std::vector<unsigned>;

TEST_F(CommitterTest, ReturnsOnceTheBatchIsDurable) {
    start(1);
    bench_.settle();
    EXPECT_EQ(written(), Numbers{1});
    EXPECT_EQ(ended_, Numbers{1});
    EXPECT_EQ(outcomes_.at(1), CommitOutcome::committed);
    EXPECT_EQ(committer_.commits(), 1U);
    EXPECT_EQ(committer_.queued(), 0U);
}

TEST_F(CommitterTest, KeepsTheOrderAndWritesWhatWaitsInOneTransaction) {
    store_is(StoreFault::slow, {}, seconds(10));
    start(1);
    bench_.run_for(seconds(1));
    for (unsigned i = 2; i <= 5; ++i) start(i);
    bench_.run_for(minutes(1));
    EXPECT_EQ(written(), (Numbers{1, 2, 3, 4, 5}));
    EXPECT_EQ(ended_, (Numbers{1, 2, 3, 4, 5}));
    EXPECT_EQ(committer_.commits(), 2U);
}

TEST_F(CommitterTest, ResultsLingerForCompanyButNotForLong) {
    committer_.record(result_of(1));
    bench_.run_for(milliseconds(600));
    committer_.record(result_of(2));
    EXPECT_EQ(results_written(), std::vector<std::size_t>{});
    bench_.run_for(milliseconds(500));
    EXPECT_EQ(results_written(), std::vector<std::size_t>{2}) << "a second after the first";
    bench_.run_for(minutes(1));
    EXPECT_EQ(committer_.commits(), 1U) << "nothing is written where nothing waits";
}

TEST_F(CommitterTest, WhatSomebodyWaitsForTakesLingeringResultsAlong) {
    committer_.record(result_of(1));
    bench_.run_for(milliseconds(10));
    start(1);
    bench_.settle();
    EXPECT_EQ(ended_, Numbers{1});
    EXPECT_EQ(results_written(), std::vector<std::size_t>{1});
    committer_.record(result_of(2));
    bench_.run_for(milliseconds(900));
    EXPECT_EQ(committer_.commits(), 1U);
}

TEST_F(CommitterTest, ManyResultsAreWrittenAtOnce) {
    for (unsigned i = 0; i < Committer::kMaxBatchesAtOnce; ++i) committer_.record(result_of(i));
    bench_.settle();
    EXPECT_EQ(results_written(), std::vector<std::size_t>{Committer::kMaxBatchesAtOnce});
}

TEST_F(CommitterTest, AStreakIsWrittenAtOnceThoughNobodyWaits) {
    committer_.record(result_of(1));
    committer_.record(batch_of(1));
    bench_.settle();
    EXPECT_EQ(written(), Numbers{1});
    EXPECT_EQ(results_written(), std::vector<std::size_t>{1}) << "in its company";
}

TEST_F(CommitterTest, AStopWritesLingeringResults) {
    committer_.record(result_of(1));
    bench_.settle();
    committer_.stop();
    bench_.run_for({});
    EXPECT_EQ(results_written(), std::vector<std::size_t>{1});
    EXPECT_EQ(bench_.tasks.size(), 0U);
}

TEST_F(CommitterTest, ResultsThatAFailingStoreRefusedAreWrittenWhenItIsBack) {
    store_is(StoreFault::failing, {}, seconds(40));
    committer_.record(result_of(1));
    bench_.run_for(seconds(3));
    EXPECT_FALSE(committer_.healthy());
    committer_.record(result_of(2));
    bench_.run_for(minutes(1));
    EXPECT_EQ(results_written(), std::vector<std::size_t>{2});
    EXPECT_TRUE(committer_.healthy());
}

TEST_F(CommitterTest, TriesAgainEachTimeLaterUntilTheStoreIsBack) {
    store_is(StoreFault::failing, {}, seconds(12));
    start(1);
    bench_.run_for(seconds(11));
    EXPECT_FALSE(committer_.healthy());
    EXPECT_TRUE(ended_.empty());
    EXPECT_EQ(bench_.seen.refused, 7U) << "at 0, 0.1, 0.3, 0.7, 1.5, 3.1 and 6.3 s";
    bench_.run_for(seconds(6));
    EXPECT_EQ(outcomes_.at(1), CommitOutcome::committed);
    EXPECT_TRUE(committer_.healthy());
    EXPECT_EQ(bench_.logged("The store cannot be written"), 1U);
    EXPECT_EQ(bench_.logged("The store is written again"), 1U);
    EXPECT_EQ(bench_.logged("CRITICAL"), 0U);
}

TEST_F(CommitterTest, NewBatchesDoNotHurryTheRetry) {
    store_is(StoreFault::failing, {}, minutes(1));
    start(1);
    bench_.run_for(seconds(10));
    const unsigned before = bench_.seen.refused;
    for (unsigned i = 2; i < 50; ++i) start(i);
    bench_.run_for(milliseconds(100));
    EXPECT_LE(bench_.seen.refused, before + 1);
}

TEST_F(CommitterTest, AfterThirtySecondsEachBatchIsReleasedAndCommittedFirstWhenTheStoreIsBack) {
    store_is(StoreFault::failing, {}, seconds(50));
    start(1);
    bench_.run_for(seconds(10));
    start(2);
    bench_.run_for(seconds(19));
    EXPECT_TRUE(ended_.empty()) << "29 s";
    bench_.run_for(seconds(2));
    EXPECT_EQ(ended_, Numbers{1});
    EXPECT_EQ(outcomes_.at(1), CommitOutcome::overdue);
    EXPECT_EQ(bench_.logged("CRITICAL"), 1U);
    bench_.run_for(seconds(10));
    EXPECT_EQ(outcomes_.at(2), CommitOutcome::overdue);
    EXPECT_EQ(ended_at_.at(2) - ended_at_.at(1), seconds(10)) << "each has its own 30 s";
    start(3);
    bench_.run_for(seconds(20));
    EXPECT_EQ(written(), (Numbers{1, 2, 3}));
    EXPECT_EQ(outcomes_.at(3), CommitOutcome::committed);
    EXPECT_EQ(ended_.size(), 3U) << "nobody is answered twice";
    EXPECT_EQ(bench_.logged("CRITICAL"), 1U);
}

TEST_F(CommitterTest, ACommitThatHangsReleasesWhoWaitsToo) {
    store_is(StoreFault::hanging, {}, seconds(90));
    start(1);
    bench_.run_for(seconds(5));
    start(2);
    bench_.run_for(seconds(26));
    EXPECT_EQ(ended_, Numbers{1});
    EXPECT_EQ(outcomes_.at(1), CommitOutcome::overdue);
    EXPECT_FALSE(committer_.healthy()) << "readiness must show it";
    EXPECT_EQ(bench_.logged("CRITICAL"), 1U);
    bench_.run_for(seconds(5));
    EXPECT_EQ(outcomes_.at(2), CommitOutcome::overdue);
    bench_.run_for(minutes(1));
    EXPECT_EQ(written(), (Numbers{1, 2}));
    EXPECT_TRUE(committer_.healthy());
}

TEST_F(CommitterTest, ASecondOutageHasItsOwnPatience) {
    store_is(StoreFault::failing, {}, seconds(40));
    start(1);
    bench_.run_for(seconds(60));
    store_is(StoreFault::failing, {}, seconds(40));
    start(2);
    bench_.run_for(seconds(29));
    EXPECT_EQ(ended_, Numbers{1});
    bench_.run_for(seconds(2));
    EXPECT_EQ(outcomes_.at(2), CommitOutcome::overdue);
    EXPECT_EQ(bench_.logged("CRITICAL"), 2U);
}

TEST_F(CommitterTest, AtAStopNobodyWaitsLongForAFailingStore) {
    store_is(StoreFault::failing, {}, minutes(10));
    start(1);
    bench_.run_for(seconds(10));
    committer_.hurry();
    start(2);
    bench_.run_for(seconds(1));
    EXPECT_EQ(ended_.size(), 2U);
    EXPECT_EQ(outcomes_.at(1), CommitOutcome::abandoned) << "it would be told, and told again";
    committer_.stop();
    bench_.run_for({});
    EXPECT_EQ(bench_.tasks.size(), 0U) << "one last try, no more";
    EXPECT_EQ(bench_.logged("CRITICAL"), 0U) << "it has not failed for 30 s";
    EXPECT_EQ(bench_.logged("decided anew after the next start: 2"), 1U);
}

TEST_F(CommitterTest, AStopWritesWhatWaits) {
    store_is(StoreFault::failing, {}, seconds(2));
    start(1);
    bench_.run_for(milliseconds(1900));
    start(2);
    bench_.run_for(milliseconds(200));
    committer_.stop();
    bench_.run_for({});
    EXPECT_EQ(written(), (Numbers{1, 2}));
    EXPECT_EQ(bench_.tasks.size(), 0U);
}

TEST_F(CommitterTest, WhileTooMuchWaitsOnlyTransitionsAreTaken) {
    store_is(StoreFault::failing, {}, minutes(10));
    for (std::size_t i = 0; i < Committer::kMaxQueue; ++i) start(1);
    bench_.settle();
    EXPECT_EQ(committer_.queued(), Committer::kMaxQueue);
    start(2);
    bench_.settle();
    EXPECT_EQ(committer_.queued(), Committer::kMaxQueue);
    EXPECT_EQ(committer_.dropped(), 1U);
    EXPECT_EQ(bench_.logged("results are dropped"), 1U);
    EXPECT_EQ(outcomes_.at(2), CommitOutcome::overdue);
    bench_.tasks.spawn(commit_incident());
    bench_.settle();
    EXPECT_EQ(committer_.queued(), Committer::kMaxQueue + 1);
    bench_.run_for(minutes(11));
    EXPECT_EQ(committer_.queued(), 0U);
    EXPECT_EQ(bench_.memory.incidents().size(), 1U);
}

/// A store that throws where it should answer.
struct ThrowingStore final : Store {
    explicit ThrowingStore(Store& behind) : store(behind) {}
    asio::awaitable<Result<void>> commit(Batch batch) override {
        if (throws > 0) {
            --throws;
            throw std::runtime_error("disk on fire");
        }
        Result<void> written = co_await store.commit(std::move(batch));
        co_return written;
    }
    Result<StoredState> load() override { return store.load(); }

    Store& store;
    int throws = 3;
};

TEST(CommitterOfAThrowingStore, GoesOnTrying) {
    Bench bench;
    ThrowingStore store(bench.memory);
    Committer committer(bench.io.get_executor(), bench.clock, store, bench.events);
    bench.tasks.spawn(committer.run());
    bench.tasks.spawn(
        [](Committer& c) -> asio::awaitable<void> { co_await c.commit(batch_of(1)); }(committer));
    bench.run_for(seconds(1));
    EXPECT_EQ(committer.commits(), 1U);
    EXPECT_EQ(bench.logged("disk on fire"), 1U);
    committer.stop();
    bench.run_for({});
}

}  // namespace
}  // namespace vigia
