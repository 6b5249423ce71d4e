#include "store/sqlite/result_codec.hpp"

#include "core/varint.hpp"

#include <limits>

namespace vigia::sqlite {
namespace {

constexpr std::uint16_t kNone = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t kReasons = static_cast<std::size_t>(ReasonCode::internal) + 1;

// The order of the bytes, which outlive this program.
static_assert(static_cast<int>(Outcome::up) == 0 && static_cast<int>(Outcome::degraded) == 1 &&
              static_cast<int>(Outcome::down) == 2 && static_cast<int>(Outcome::unknown) == 3);
constexpr unsigned kOutcomeBits = 2;
constexpr std::uint64_t kOutcomeMask = 3;

/// A time in milliseconds that no arithmetic here takes out of range.
constexpr std::int64_t kMostMs = std::numeric_limits<std::int64_t>::max() / 1'000'000;

std::optional<StoredResult> decode_one(VarintReader& reader, BlobOf kind, std::int64_t before_ms) {
    constexpr std::uint64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
    StoredResult result;
    if (kind == BlobOf::many_monitors) {
        const auto monitor = reader.take_at_most(kMost32);
        if (!monitor) return std::nullopt;
        result.monitor = static_cast<MonitorNumber>(*monitor);
    }
    const auto step = reader.take_signed();
    const auto total = reader.take_at_most(kMost32);
    const auto verdict = reader.take_at_most((std::uint64_t{kNone} << kOutcomeBits) - 1);
    if (!step || !total || !verdict) return std::nullopt;
    if (*step > kMostMs - before_ms || *step < -before_ms) return std::nullopt;
    result.at_ms = before_ms + *step;
    result.total_us = static_cast<std::uint32_t>(*total);
    result.outcome = static_cast<Outcome>(*verdict & kOutcomeMask);
    result.reason = static_cast<std::uint16_t>(*verdict >> kOutcomeBits);
    return result;
}

}  // namespace

ReasonNumbers::ReasonNumbers(Database& database) : numbers_(kReasons, kNone) {
    Statement all(database, "SELECT no, name FROM reason WHERE no BETWEEN 0 AND ?");
    all.bind(1, kNone - 1);
    while (all.step()) {
        const std::string name = all.text(1);
        for (std::size_t i = 0; i < kReasons; ++i) {
            const auto code = static_cast<ReasonCode>(i);
            if (to_string(code) != name) continue;
            const auto number = static_cast<std::uint16_t>(all.integer(0));
            numbers_[i] = number;
            if (codes_.size() <= number) codes_.resize(number + std::size_t{1});
            codes_[number] = code;
        }
    }
}

void ReasonNumbers::complete(Database& database) {
    Statement put(database, "INSERT INTO reason (no, name) VALUES (?, ?)");
    for (std::size_t i = 0; i < kReasons; ++i) {
        if (numbers_[i] != kNone) continue;
        const auto number = static_cast<std::uint16_t>(
            database.integer("SELECT coalesce(max(no), -1) + 1 FROM reason"));
        const auto code = static_cast<ReasonCode>(i);
        put.bind(1, number).bind(2, to_string(code)).run();
        numbers_[i] = number;
        codes_.resize(number + std::size_t{1});
        codes_[number] = code;
    }
}

std::optional<ReasonCode> ReasonNumbers::code_of(std::uint16_t number) const {
    return number < codes_.size() ? codes_[number] : std::nullopt;
}

std::string encode_results(std::span<const StoredResult> results, BlobOf kind) {
    std::string bytes;
    std::int64_t before_ms = 0;
    for (const StoredResult& result : results) {
        if (kind == BlobOf::many_monitors) put_varint(bytes, result.monitor);
        put_signed_varint(bytes, result.at_ms - before_ms);
        put_varint(bytes, result.total_us);
        put_varint(bytes, (std::uint64_t{result.reason} << kOutcomeBits) |
                              static_cast<std::uint64_t>(result.outcome));
        before_ms = result.at_ms;
    }
    return bytes;
}

bool decode_results(std::string_view bytes, BlobOf kind, std::vector<StoredResult>& results) {
    VarintReader reader(bytes);
    std::int64_t before_ms = 0;
    while (!reader.at_end()) {
        const std::optional<StoredResult> result = decode_one(reader, kind, before_ms);
        if (!result) return false;
        before_ms = result->at_ms;
        results.push_back(*result);
    }
    return true;
}

}  // namespace vigia::sqlite
