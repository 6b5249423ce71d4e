#pragma once

#include "base/time.hpp"
#include "core/odbc_string.hpp"
#include "env/db_client.hpp"
#include "env/real/odbc_failure.hpp"
#include "env/real/odbc_pool.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <sqltypes.h>
#include <string>
#include <vector>

namespace vigia {

/// A way to the server that a session may try.
struct OdbcRoute {
    OdbcString string;
    std::vector<std::string> addresses;  ///< where it may lead, as far as that is known
};

/// What a session is to do.
struct OdbcQuestion {
    std::shared_ptr<const DbTarget> target;
    std::vector<OdbcRoute> routes;  ///< tried in order; at least one
    MonoTime deadline{};
};

/// One conversation through a driver, which blocks: connect, ask, read, roll back, disconnect. Its
/// answer is for the loop, after ended().
class OdbcSession final : public OdbcTask {
public:
    OdbcSession(OdbcQuestion question, std::function<void()> on_end);
    ~OdbcSession() override;

    void run() override;
    void ended() override { on_end_(); }
    /// Nobody is to be told any more. The loop's thread.
    void forget() {
        on_end_ = [] {};
    }

    /// Any thread: `none` until a thread has begun; while the driver connects, `connect`, whatever
    /// it does meanwhile.
    Phase phase() const { return phase_.load(); }
    /// Any thread: when a thread began; max() until then.
    MonoTime begun() const { return begun_.load(); }
    /// Any thread: has the driver cancel a running statement. May block as the driver does.
    void cancel();

    DbAnswer take_answer() { return std::move(answer_); }

private:
    struct Handles;

    bool connect(const OdbcRoute& route, MonoTime limit);
    bool connect_driver(const OdbcRoute& route, MonoTime limit);
    OdbcNumbers numbers() const;
    bool explain(const OdbcRoute& route, MonoTime limit);
    void describe_server();
    void ask();
    bool execute();
    bool read();
    bool read_row(std::uint64_t& bytes);
    bool read_column(SQLUSMALLINT column, std::uint64_t& bytes);
    bool expect_end();
    void close();
    bool fail(Reason reason);
    bool fail_statement();
    bool broken();

    const OdbcQuestion question_;
    std::function<void()> on_end_;
    std::atomic<Phase> phase_{Phase::none};
    std::atomic<MonoTime> begun_{MonoTime::max()};
    std::mutex mutex_;              ///< guards `statement_`
    SQLHSTMT statement_ = nullptr;  ///< as long as it may be cancelled
    std::unique_ptr<Handles> handles_;
    DbAnswer answer_;
    short columns_ = 0;
    std::u16string piece_;  ///< room for what is read of a column at once
    bool capped_ = false;   ///< there may be more rows than were read
};

}  // namespace vigia
