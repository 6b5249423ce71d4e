#include "cli/descriptor_budget.hpp"

#include "cli/phrase.hpp"

#include <algorithm>

namespace vigia {

DescriptorBudget descriptor_budget(std::uint64_t limit, std::size_t monitors) {
    constexpr std::uint64_t kPerProbe = 3;
    const std::uint64_t reserved = std::min(kReservedDescriptors, limit / 2);
    const std::uint64_t room = (limit - reserved) / kPerProbe;
    const std::uint64_t wanted = std::min<std::uint64_t>(monitors, kMostInFlight);

    DescriptorBudget budget;
    budget.max_in_flight =
        static_cast<std::size_t>(std::clamp<std::uint64_t>(room, 1, kMostInFlight));
    budget.needed = wanted * kPerProbe + kReservedDescriptors;
    budget.enough = wanted <= room;
    return budget;
}

std::string describe_shortage(const DescriptorBudget& budget, std::uint64_t limit,
                              std::size_t monitors, const Catalog& catalog) {
    return phrase(catalog,
                  N_("The limit of {} open file descriptors is low for {} monitors: at most {} "
                     "probes run at once; {} descriptors would be needed for all"),
                  limit, monitors, budget.max_in_flight, budget.needed);
}

}  // namespace vigia
