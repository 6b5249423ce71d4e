#pragma once

#include "core/latency_histogram.hpp"
#include "core/outcome.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// What became of the checks of one monitor in a stretch of time: how many of each outcome, and how
/// long the good ones took. Merging two is exact.
struct Rollup {
    std::array<std::uint64_t, 4> checks{};  ///< by Outcome
    LatencyHistogram latency;               ///< of good checks only

    void add(Outcome outcome, Duration total);
    void merge(const Rollup& other);
    std::uint64_t count(Outcome outcome) const { return checks[static_cast<std::size_t>(outcome)]; }

    friend bool operator==(const Rollup&, const Rollup&) = default;
};

/// As bytes: compact, and the same on every machine.
std::string encode(const Rollup& rollup);
/// Nothing for what encode() never writes.
std::optional<Rollup> decode_rollup(std::string_view bytes);

}  // namespace vigia
