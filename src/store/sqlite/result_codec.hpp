#pragma once

#include "core/outcome.hpp"
#include "core/reason.hpp"
#include "core/uptime.hpp"
#include "store/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::sqlite {

/// The number that stands for a monitor in the tables of the history.
using MonitorNumber = std::uint32_t;

/// A result as the history keeps it: to the millisecond and the microsecond.
struct StoredResult {
    std::int64_t at_ms = 0;
    std::uint32_t total_us = 0;  ///< longer ones (71 minutes) count as the longest
    MonitorNumber monitor = 0;
    std::uint16_t reason = 0;  ///< a number of ReasonNumbers
    Outcome outcome = Outcome::unknown;

    WallTime at() const { return WallTime(std::chrono::milliseconds(at_ms)); }
    Duration total() const { return std::chrono::microseconds(total_us); }

    friend bool operator==(const StoredResult&, const StoredResult&) = default;
};

/// Which number stands for a reason in the results: the names of JSON outlive the order of an
/// enumeration.
class ReasonNumbers {
public:
    /// Reads those that the file has.
    explicit ReasonNumbers(Database& database);
    /// Gives those that it has not a number; inside a Transaction.
    void complete(Database& database);

    std::uint16_t number_of(ReasonCode code) const {
        return numbers_[static_cast<std::size_t>(code)];
    }
    /// Nothing: no reason has this number.
    std::optional<ReasonCode> code_of(std::uint16_t number) const;

private:
    std::vector<std::optional<ReasonCode>> codes_;  ///< by number
    std::vector<std::uint16_t> numbers_;            ///< by code; kNone: has none yet
};

/// Whether the results of one blob are all of one monitor, which they do not say then.
enum class BlobOf : std::uint8_t { one_monitor, many_monitors };

/// About 7 bytes a result of one in many monitors, 6 where there is only one.
std::string encode_results(std::span<const StoredResult> results, BlobOf kind);

/// Appends to `results` what encode_results() wrote, until the bytes end or make no sense. True:
/// all of it.
bool decode_results(std::string_view bytes, BlobOf kind, std::vector<StoredResult>& results);

}  // namespace vigia::sqlite
