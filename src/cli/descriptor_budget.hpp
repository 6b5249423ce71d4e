#pragma once

#include "base/i18n.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace vigia {

/// How many probes may be in flight with so many descriptors.
struct DescriptorBudget {
    std::size_t max_in_flight = 1;
    bool enough = true;        ///< all monitors can be probed at once, or kMostInFlight of them
    std::uint64_t needed = 0;  ///< descriptors with which it is enough without doubt
};

inline constexpr std::size_t kMostInFlight = 20'000;
/// Kept free for everything that is no probe: log, mail, resolver, the loop itself.
inline constexpr std::uint64_t kReservedDescriptors = 64;

/// A probe may hold three descriptors: that of a PostgreSQL server does, a socket and the pair that
/// libpq reads it through; others two, while an IPv6 and an IPv4 address are tried side by side. Of
/// a very low limit half is kept free.
DescriptorBudget descriptor_budget(std::uint64_t limit, std::size_t monitors);

/// The warning that belongs to a budget which is not enough.
std::string describe_shortage(const DescriptorBudget& budget, std::uint64_t limit,
                              std::size_t monitors, const Catalog& catalog);

}  // namespace vigia
