#include "core/rollup.hpp"

#include <utility>

namespace vigia {

// The order of the bytes, which outlive this program.
static_assert(static_cast<int>(Outcome::up) == 0 && static_cast<int>(Outcome::degraded) == 1 &&
              static_cast<int>(Outcome::down) == 2 && static_cast<int>(Outcome::unknown) == 3);

void Rollup::add(Outcome outcome, Duration total) {
    ++checks[static_cast<std::size_t>(outcome)];
    if (is_good(outcome)) latency.add(total);
}

void Rollup::merge(const Rollup& other) {
    for (std::size_t i = 0; i < checks.size(); ++i) checks[i] += other.checks[i];
    latency.merge(other.latency);
}

std::string encode(const Rollup& rollup) {
    std::string bytes;
    for (const std::uint64_t count : rollup.checks) put_varint(bytes, count);
    rollup.latency.encode(bytes);
    return bytes;
}

std::optional<Rollup> decode_rollup(std::string_view bytes) {
    VarintReader reader(bytes);
    Rollup rollup;
    for (std::uint64_t& count : rollup.checks) {
        const std::optional<std::uint64_t> number = reader.take();
        if (!number) return std::nullopt;
        count = *number;
    }
    std::optional<LatencyHistogram> latency = LatencyHistogram::decode(reader);
    if (!latency || !reader.at_end()) return std::nullopt;
    rollup.latency = std::move(*latency);
    return rollup;
}

}  // namespace vigia
