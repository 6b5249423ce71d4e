#pragma once

#include "core/rollup.hpp"
#include "core/slots.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/result_codec.hpp"

#include <cstdint>
#include <span>

namespace vigia::sqlite {

/// Puts the results of one monitor into the rollups of every tier, and into those that are kept as
/// they are. What is there is merged with; what is there and makes no sense is replaced. Inside of
/// Transactions.
class RollupWriter {
public:
    /// Results that are kept of each monitor.
    static constexpr std::size_t kRecent = 120;

    explicit RollupWriter(Database& database);

    /// `results`: all of one monitor, in the order of arrival, at least one.
    void write(std::span<const StoredResult> results);

private:
    void merge(Tier tier, std::int64_t slot, MonitorNumber monitor, Rollup rollup);
    void remember(std::span<const StoredResult> results);

    Statement find_;
    Statement put_;
    Statement find_recent_;
    Statement put_recent_;
};

}  // namespace vigia::sqlite
