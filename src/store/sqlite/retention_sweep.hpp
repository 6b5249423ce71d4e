#pragma once

#include "core/retention.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/result_codec.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vigia::sqlite {

/// Deletes what is older than the Retention says, in bites, so that no commit is held up. The pages
/// that become free are used again; the file does not shrink. All inside of Transactions.
///
/// A clock that is wrong for a while must not cost the history: the time that is reckoned from
/// follows the clock by at most a day with each begin(), and never runs before it.
class RetentionSweep {
public:
    RetentionSweep(Database& database, const Retention& retention);

    /// There may be something to delete by now: `now` is what the clock says. What is under way
    /// is finished first.
    void begin(WallTime now);
    /// Deletes about `rows` rows, if there are so many. Returns the monitors that are gone.
    std::vector<MonitorNumber> bite(std::size_t rows);

private:
    enum class Step : std::uint8_t {
        five_minutes,
        hours,
        days,
        notifications,
        incidents,
        monitors,
        done
    };

    /// What ended before this is to go.
    std::int64_t limit(Duration keep) const;
    /// Each deletes, and returns true if there may be more.
    bool drop_slots(Tier tier, std::size_t rows);
    bool drop_notifications(std::size_t rows);
    bool drop_incidents(std::size_t rows);
    bool visit_monitors(std::size_t rows, std::vector<MonitorNumber>& gone);
    bool is_forgotten(MonitorNumber monitor);
    /// The first column of a query whose second parameter is its limit.
    std::vector<std::string> names(Statement& query, std::size_t rows);

    Database& database_;
    const Retention retention_;
    WallTime now_{};
    Step step_ = Step::done;
    bool again_ = false;             ///< after `done`, from the beginning
    std::int64_t day_visited_ = -1;  ///< monitors are visited once a day
    std::int64_t last_visited_ = 0;

    Statement drop_slots_;
    Statement old_notifications_;
    Statement drop_notification_;
    Statement drop_lone_announcements_;
    Statement old_incidents_;
    std::array<Statement, 4> drop_incident_;
    Statement next_monitors_;
    Statement drop_spans_;
    Statement recent_;
    std::array<Statement, 2> drop_monitor_;
};

}  // namespace vigia::sqlite
