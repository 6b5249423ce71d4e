#include "store/sqlite/sqlite_store.hpp"

#include "base/i18n.hpp"
#include "env/parking.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// One call of the file, on its thread.
template <class T>
class Call final : public SideTask {
public:
    using Work = std::function<Result<T>(SqliteFile&)>;
    Call(std::shared_ptr<SqliteFile> file, Work work, Parking& waiter)
        : file_(std::move(file)), work_(std::move(work)), waiter_(waiter) {}

    void run() override {
        try {
            result_ = work_(*file_);
        } catch (const std::exception& error) {  // no memory: nothing was written
            result_ = Error{make_error_code(StoreErrc::unavailable), error.what()};
        }
    }
    void ended() override { waiter_.resume(); }
    Result<T> take() { return *std::move(result_); }

private:
    const std::shared_ptr<SqliteFile> file_;
    const Work work_;
    Parking& waiter_;
    std::optional<Result<T>> result_;
};

}  // namespace

SqliteStore::SqliteStore(asio::io_context& context, std::unique_ptr<SqliteFile> file)
    : executor_(context.get_executor()), file_(std::move(file)), writer_(context, "vigia-store") {}

template <class T>
asio::awaitable<Result<T>> SqliteStore::on_thread(Work<T> work) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    // Keeps the loop running while nothing else would.
    const auto busy = asio::make_work_guard(executor_);
    Parking waiter(executor_);
    const auto call = std::make_shared<Call<T>>(file_, std::move(work), waiter);
    if (!writer_.submit(call)) {
        co_return Error{make_error_code(StoreErrc::unavailable),
                        std::string(N_("no thread can be started"))};
    }
    co_await waiter.wait();
    co_return call->take();
}

asio::awaitable<Result<void>> SqliteStore::commit(Batch batch) {
    const auto kept = std::make_shared<const Batch>(std::move(batch));
    Work<void> work = [kept](SqliteFile& file) { return file.commit(*kept); };
    return on_thread(std::move(work));
}

asio::awaitable<Result<std::vector<Notification>>> SqliteStore::take_retried() {
    Work<std::vector<Notification>> work = [](SqliteFile& file) { return file.take_retried(); };
    return on_thread(std::move(work));
}

Result<StoredState> SqliteStore::load() {
    return file_->load();
}

}  // namespace vigia
