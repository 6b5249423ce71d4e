#pragma once

#include "core/uptime.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/result_codec.hpp"
#include "store/store.hpp"

#include <optional>
#include <unordered_map>
#include <vector>

namespace vigia::sqlite {

/// Follows what each monitor is, and writes its spans: a row when one ends. Gives the monitors
/// their numbers. What is in the file and makes no sense counts as nothing: it must not hold up
/// what comes now. After a transaction that was rolled back it is made anew.
class SpanBook {
public:
    /// Reads the file. `seen`: when the last result came; spans that have not ended were good then.
    SpanBook(Database& database, WallTime seen);

    /// Inside a Transaction: takes up the results and states of `batch`; returns the results with
    /// the numbers of their monitors.
    std::vector<StoredResult> write(const Batch& batch, const ReasonNumbers& reasons);

    /// The rows of a monitor have been deleted: if it comes back, it gets a new number.
    void drop(MonitorNumber number);

private:
    struct Entry {
        MonitorNumber number = 0;  ///< 0: none yet
        Health health = Health::pending;
        SpanTrack track;
    };
    using StatesOf = std::unordered_map<MonitorId, std::vector<const MonitorState*>>;

    void read(WallTime seen);
    StoredResult write(const ResultRow& row, Entry& entry, const ReasonNumbers& reasons);
    void take_up(const MonitorState& state, Entry& entry);
    void put(const Entry& entry, const std::optional<Span>& ended);
    MonitorNumber number_of(const MonitorId& id);

    Database& database_;
    Statement put_monitor_;
    Statement find_monitor_;
    Statement put_state_;
    Statement put_span_;
    std::unordered_map<MonitorId, Entry> entries_;
};

}  // namespace vigia::sqlite
