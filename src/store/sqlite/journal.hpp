#pragma once

#include "core/slots.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/result_codec.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace vigia::sqlite {

/// What has come in and is in no rollup yet: one row a commit, so that a result costs a few bytes
/// at the end of the file. It is divided into chapters: the open one grows; when it is over it is
/// read back and moved into the other tables, in bites, and then deleted. Nothing of it is held in
/// memory before that. All inside of Transactions.
class Journal {
public:
    /// A chapter is over with the five minutes of its first result, and in any case with so many.
    static constexpr std::int64_t kMostResults = 1'000'000;

    explicit Journal(Database& database);

    /// When the last result came, over restarts too; 1970 if there was none.
    WallTime seen() const { return seen_; }
    /// How far the chapter that is being moved has been: its monitors up to this one. Nothing: none
    /// is.
    std::optional<MonitorNumber> moved() const { return moved_; }

    /// `results` must not be empty; the last one tells what time it is.
    void append(const std::vector<StoredResult>& results);
    /// True if `now` is no time of the open chapter. Precondition: none is being moved.
    bool is_over(WallTime now) const;
    /// Closes the open chapter, to be moved.
    void close();
    /// The results of the chapter that is being moved, by monitor, each in the order of arrival.
    std::vector<StoredResult> closed_results();
    void set_moved(MonitorNumber monitor);
    /// Deletes the chapter that has been moved.
    void finish();

private:
    Database& database_;
    Statement put_;
    std::int64_t closed_ = 0;  ///< the last row of the chapter that is being moved; 0: none is
    std::optional<MonitorNumber> moved_;
    WallTime seen_{};
    std::optional<std::int64_t> slot_;  ///< in which the open chapter began; nothing: it is empty
    std::int64_t count_ = 0;            ///< of its results
};

}  // namespace vigia::sqlite
