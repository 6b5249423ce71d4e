#pragma once

#include "store/sqlite/database.hpp"
#include "store/store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace vigia::sqlite {

/// A whole row of `incident`; its recipients stand elsewhere.
Incident incident_of(const Statement& row);

/// The rows of a Batch into the tables, and those that a start needs out of them. Throws Refused;
/// SQLITE_CORRUPT also for a row that no version of ours can have written.
class Rows {
public:
    explicit Rows(Database& database);

    /// Inside a Transaction.
    void write(const Batch& batch);
    StoredState read();
    /// The pending notifications that were retried after `mark`, which becomes the latest of them.
    std::vector<Notification> read_retried(WallTime& mark);
    /// The latest retry of all.
    WallTime last_retry();

private:
    void write(const StateRow& row);
    void write(const Incident& incident);
    void write(const Notification& row);
    void write(const Announcement& what, NotificationKind kind, std::uint32_t seq);
    std::vector<StateRow> read_states();
    std::vector<Incident> read_open_incidents();
    std::vector<Recipient> read_recipients(const std::string& incident);
    std::vector<Notification> read_pending(WallTime after_retry);

    Database& database_;
    Statement put_state_;
    Statement drop_state_;
    Statement put_incident_;
    Statement drop_recipients_;
    Statement put_recipient_;
    Statement put_announcement_;
    Statement put_notification_;
};

}  // namespace vigia::sqlite
