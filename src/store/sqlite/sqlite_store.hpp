#pragma once

#include "env/real/side_thread.hpp"
#include "store/sqlite/sqlite_file.hpp"
#include "store/store.hpp"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <vector>

namespace vigia {

/// The Store in an SQLite file: a SqliteFile on a thread of its own, so that a disk that stands
/// still holds up nobody but those who wait for a commit. One thread, that of `context`, which must
/// outlive it; every call must have ended before it is destroyed.
class SqliteStore final : public Store {
public:
    SqliteStore(boost::asio::io_context& context, std::unique_ptr<SqliteFile> file);

    boost::asio::awaitable<Result<void>> commit(Batch batch) override;
    /// Blocks.
    Result<StoredState> load() override;
    boost::asio::awaitable<Result<std::vector<Notification>>> take_retried() override;

private:
    template <class T>
    using Work = std::function<Result<T>(SqliteFile&)>;
    template <class T>
    boost::asio::awaitable<Result<T>> on_thread(Work<T> work);

    boost::asio::any_io_executor executor_;
    const std::shared_ptr<SqliteFile> file_;
    SideThread writer_;
};

}  // namespace vigia
