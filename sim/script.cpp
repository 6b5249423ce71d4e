#include "sim/script.hpp"

#include <array>
#include <span>

namespace vigia::sim {

namespace {

template <class Enum>
using Name = std::pair<std::string_view, Enum>;

constexpr std::array<Name<Behaviour>, 9> kBehaviours{{
    {"up", Behaviour::up},
    {"slow", Behaviour::slow},
    {"status_503", Behaviour::status_503},
    {"refused", Behaviour::refused},
    {"reset", Behaviour::reset},
    {"hang", Behaviour::hang},
    {"truncated", Behaviour::truncated},
    {"no_such_name", Behaviour::no_such_name},
    {"flaky", Behaviour::flaky},
}};

constexpr std::array<Name<OwnFault>, 4> kOwnFaults{{
    {"no_descriptors", OwnFault::no_descriptors},
    {"resolver_dead", OwnFault::resolver_dead},
    {"network_unreachable", OwnFault::network_unreachable},
    {"uplink_cut", OwnFault::uplink_cut},
}};

constexpr std::array<Name<MailFault>, 7> kMailFaults{{
    {"deferred", MailFault::deferred},
    {"rejected", MailFault::rejected},
    {"refused", MailFault::refused},
    {"stalled", MailFault::stalled},
    {"authentication", MailFault::authentication},
    {"unwilling", MailFault::unwilling},
    {"lost_acknowledgement", MailFault::lost_acknowledgement},
}};

constexpr std::array<Name<StoreFault>, 3> kStoreFaults{{
    {"failing", StoreFault::failing},
    {"slow", StoreFault::slow},
    {"hanging", StoreFault::hanging},
}};

constexpr std::array<Name<CrashPoint>, 5> kCrashPoints{{
    {"step", CrashPoint::step},
    {"before_commit", CrashPoint::before_commit},
    {"after_commit", CrashPoint::after_commit},
    {"after_accept", CrashPoint::after_accept},
    {"disk_write", CrashPoint::disk_write},
}};

template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<Name<Enum>, N>& names, std::string_view wanted) {
    for (const auto& [name, value] : names) {
        if (name == wanted) return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<bool> truth_of(Behaviour behaviour) {
    switch (behaviour) {
        case Behaviour::up:
        case Behaviour::slow:
            return true;
        case Behaviour::flaky:
            return std::nullopt;
        case Behaviour::status_503:
        case Behaviour::refused:
        case Behaviour::reset:
        case Behaviour::hang:
        case Behaviour::truncated:
        case Behaviour::no_such_name:
            return false;
    }
    return std::nullopt;
}

std::optional<Behaviour> behaviour_named(std::string_view name) {
    return named(kBehaviours, name);
}

std::optional<OwnFault> own_fault_named(std::string_view name) {
    return named(kOwnFaults, name);
}

std::optional<MailFault> mail_fault_named(std::string_view name) {
    return named(kMailFaults, name);
}

std::optional<StoreFault> store_fault_named(std::string_view name) {
    return named(kStoreFaults, name);
}

std::optional<CrashPoint> crash_point_named(std::string_view name) {
    return named(kCrashPoints, name);
}

std::string_view to_string(Behaviour behaviour) {
    return kBehaviours[static_cast<std::size_t>(behaviour)].first;
}

Timeline::Segment Timeline::at(Duration at) const {
    const auto next = std::upper_bound(segments_.begin(), segments_.end(), at,
                                       [](Duration t, const Segment& s) { return t < s.from; });
    return next == segments_.begin() ? Segment{} : *std::prev(next);
}

}  // namespace vigia::sim
