#include "sim/faulty_store.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace vigia::sim {

namespace asio = boost::asio;

namespace {

constexpr Duration kSlowCommit = std::chrono::seconds(4);

Error unavailable() {
    return Error{make_error_code(StoreErrc::unavailable), "no space left on device"};
}

/// Gives way once: a moment at which the process may be gone.
asio::awaitable<void> give_way() {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

}  // namespace

asio::awaitable<Result<void>> FaultyStore::commit(Batch batch) {
    const Duration begun = clock_.moment().elapsed;
    if (!failing_since_) failing_since_ = begun;
    if (!severed_) observer_.commit_begun(clock_.moment());
    co_await be_late();
    if (!severed_) observer_.committing(clock_.moment(), batch);
    co_await give_way();
    if (severed_) co_return unavailable();

    const auto* const fault = plan_.at(clock_.moment().elapsed);
    const bool refused =
        fail_next_ > 0 || (fault != nullptr && fault->fault == StoreFault::failing);
    if (refused) {
        if (fail_next_ > 0) --fail_next_;
        observer_.commit_refused(clock_.moment());
        co_return unavailable();
    }
    // Written without a pause: nothing comes between this and the lines below.
    Result<void> written = co_await inner_.commit(batch);
    if (written) {
        failing_since_.reset();
        observer_.committed(clock_.moment(), batch);
    } else {
        observer_.commit_in_doubt(clock_.moment(), batch);
    }
    co_await give_way();
    co_return written;
}

asio::awaitable<void> FaultyStore::be_late() {
    const auto* const fault = plan_.at(clock_.moment().elapsed);
    if (fault == nullptr || severed_) co_return;
    const MonoTime now = clock_.now().mono;
    if (fault->fault == StoreFault::slow) co_await clock_.sleep_until(now + kSlowCommit);
    if (fault->fault == StoreFault::hanging) {
        co_await clock_.sleep_until(now + (fault->when.to - clock_.moment().elapsed));
    }
}

}  // namespace vigia::sim
