#pragma once

#include "sim/findings.hpp"
#include "sim/observer.hpp"

#include <map>
#include <set>
#include <string>

namespace vigia::sim {

/// Invariant 2: at most one open incident per monitor; an incident opens once, closes once, and its
/// times do not decrease. `retired` is only for what is not watched. Looks at committed rows alone.
class IncidentBookChecker final : public Observer {
public:
    explicit IncidentBookChecker(Findings& findings) : findings_(findings) {}

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void committed(const Moment& moment, const Batch& batch) override;

    std::size_t open() const { return open_.size(); }
    std::size_t opened() const { return known_.size(); }

private:
    void written(const Moment& moment, const Incident& incident);
    void remember_watched(const Config& config);

    Findings& findings_;
    std::map<IncidentId, Incident> known_;
    std::map<MonitorId, IncidentId> open_;
    std::set<MonitorId> watched_;
    std::set<MonitorId> ever_unwatched_;  ///< was removed at some time: may be retired late
};

}  // namespace vigia::sim
