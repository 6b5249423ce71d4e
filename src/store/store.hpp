#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "core/evaluator.hpp"
#include "core/incident.hpp"
#include "core/notification.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <vector>

namespace vigia {

/// The confirmed state of a monitor, as a row. The state of one that was never checked says that
/// there is nothing to keep: the row goes.
struct StateRow {
    MonitorId monitor;
    MonitorState state;
};

/// What one check found, for the history.
struct ResultRow {
    MonitorId monitor;
    WallTime at{};
    Outcome outcome = Outcome::unknown;
    ReasonCode reason = ReasonCode::none;
    Duration total{};
    /// Its interval and how long the check took: a silence of more than two of these before it was
    /// no watching.
    Duration cycle{};
};

/// Everything that one decision writes, or that one delivery attempt changes. Rows with a key that
/// exists replace it.
struct Batch {
    std::vector<ResultRow> results;
    std::vector<StateRow> states;
    std::vector<Incident> incidents;
    std::vector<Notification> notifications;

    /// True if the batch holds more than results: it must not be dropped under pressure.
    bool is_transition() const { return !incidents.empty() || !notifications.empty(); }
    bool is_results_only() const { return !is_transition() && states.empty(); }
};

/// What a start finds: enough to go on where the last run stopped.
struct StoredState {
    std::vector<StateRow> states;
    std::vector<Incident> open_incidents;
    std::vector<Notification> pending;
};

enum class StoreErrc : std::uint8_t {
    unavailable = 1,  ///< cannot be read or written now; may be tried again
    held,             ///< another instance has it
    foreign,          ///< the file is something else
    damaged,
    newer,   ///< written by a later version of this program; detail = the file's version
    older,   ///< not yet brought to this program's version; detail = the file's version
    absent,  ///< there is none
};
boost::system::error_code make_error_code(StoreErrc code);

/// Where states, incidents and the outbox live, and the history, which is read through a History
/// (store/history.hpp). Implementations: memory (reference; keeps no history), sqlite/.
/// Called from any shard's thread one at a time per shard; commit() completes on the caller's
/// executor.
class Store {
public:
    virtual ~Store() = default;

    /// All or nothing, in the order of the calls. Error `unavailable`: nothing was written, the
    /// caller may try again. Not cancellable: once begun it completes.
    virtual boost::asio::awaitable<Result<void>> commit(Batch batch) = 0;

    /// The state of the last commit. Called once, before the first commit.
    virtual Result<StoredState> load() = 0;

    /// The notifications that another process has made pending since load() or the last call: dead
    /// letters that were retried by hand (docs/adr/0011). A store that no other process can write
    /// has none. Error `unavailable`: they are given by a later call. Not cancellable.
    virtual boost::asio::awaitable<Result<std::vector<Notification>>> take_retried();
};

}  // namespace vigia
