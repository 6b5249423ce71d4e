#include "store/sqlite/sqlite_store.hpp"

#include "env/parking.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

class Commit final : public SideTask {
public:
    Commit(std::shared_ptr<SqliteFile> file, Batch batch, Parking& waiter)
        : file_(std::move(file)), batch_(std::move(batch)), waiter_(waiter) {}

    void run() override { result_ = file_->commit(batch_); }
    void ended() override { waiter_.resume(); }
    Result<void> result() const { return *result_; }

private:
    const std::shared_ptr<SqliteFile> file_;
    const Batch batch_;
    Parking& waiter_;
    std::optional<Result<void>> result_;
};

}  // namespace

SqliteStore::SqliteStore(asio::io_context& context, std::unique_ptr<SqliteFile> file)
    : executor_(context.get_executor()), file_(std::move(file)), writer_(context, "vigia-store") {}

asio::awaitable<Result<void>> SqliteStore::commit(Batch batch) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    // Keeps the loop running while nothing else would.
    const auto busy = asio::make_work_guard(executor_);
    Parking waiter(executor_);
    const auto job = std::make_shared<Commit>(file_, std::move(batch), waiter);
    if (!writer_.submit(job)) {
        co_return Error{make_error_code(StoreErrc::unavailable), "no thread"};
    }
    co_await waiter.wait();
    co_return job->result();
}

Result<StoredState> SqliteStore::load() {
    return file_->load();
}

}  // namespace vigia
