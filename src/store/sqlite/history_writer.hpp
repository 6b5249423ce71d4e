#pragma once

#include "store/sqlite/database.hpp"
#include "store/sqlite/journal.hpp"
#include "store/sqlite/result_codec.hpp"
#include "store/sqlite/retention_sweep.hpp"
#include "store/sqlite/rollup_writer.hpp"
#include "store/sqlite/span_book.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <vector>

namespace vigia::sqlite {

/// The history's part of each commit: spans, the journal, and a bite of what is to be moved out of
/// that, or of what is too old. Throws Refused; after a transaction that was rolled back it is made
/// anew, from the file.
class HistoryWriter {
public:
    /// Inside a Transaction.
    HistoryWriter(Database& database, const Retention& retention);

    /// Inside a Transaction.
    void write(const Batch& batch);

private:
    void append(const std::vector<StoredResult>& results);
    void move(std::size_t monitors);

    ReasonNumbers reasons_;
    Journal journal_;
    SpanBook spans_;
    RollupWriter rollups_;
    RetentionSweep sweep_;
    std::vector<StoredResult> moving_;  ///< of the closed chapter, by monitor
    std::size_t moved_ = 0;             ///< so many of them have been
};

}  // namespace vigia::sqlite
