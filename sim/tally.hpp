#pragma once

#include "sim/observer.hpp"

#include <cstddef>
#include <cstdint>
#include <set>

namespace vigia::sim {

/// What happened in a run, in numbers.
class Tally final : public Observer {
public:
    void stopped(const Moment&) override { ++restarts_; }
    void crashed(const Moment&) override { ++crashes_; }
    void reloaded(const Moment&, const Config&) override { ++reloads_; }
    void probe_ended(const Moment&, const MonitorId&, Sight) override { ++probes_; }
    void committed(const Moment&, const Batch& batch) override {
        checks_ += batch.results.size();
        for (const Incident& incident : batch.incidents) incidents_.insert(incident.id);
        for (const Notification& row : batch.notifications) {
            put(pending_, row, DeliveryStatus::pending);
            put(dead_, row, DeliveryStatus::dead);
        }
    }
    void commit_refused(const Moment&) override { ++refused_commits_; }
    void mail_accepted(const Moment&, const AcceptedMail&) override { ++mails_; }

    std::uint64_t checks() const { return checks_; }
    std::uint64_t probes() const { return probes_; }
    std::uint64_t incidents() const { return incidents_.size(); }
    std::uint64_t mails() const { return mails_; }
    std::uint64_t crashes() const { return crashes_; }
    std::uint64_t restarts() const { return restarts_; }
    std::uint64_t reloads() const { return reloads_; }
    std::uint64_t refused_commits() const { return refused_commits_; }
    std::size_t pending() const { return pending_.size(); }
    std::size_t dead() const { return dead_.size(); }

private:
    using Rows = std::set<NotificationId>;
    static void put(Rows& rows, const Notification& row, DeliveryStatus status) {
        if (row.status == status) {
            rows.insert(row.id);
        } else {
            rows.erase(row.id);
        }
    }

    std::uint64_t checks_ = 0;
    std::uint64_t probes_ = 0;
    std::set<IncidentId> incidents_;
    Rows pending_;
    Rows dead_;
    std::uint64_t mails_ = 0;
    std::uint64_t crashes_ = 0;
    std::uint64_t restarts_ = 0;
    std::uint64_t reloads_ = 0;
    std::uint64_t refused_commits_ = 0;
};

}  // namespace vigia::sim
