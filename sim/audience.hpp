#pragma once

#include "sim/observer.hpp"

#include <vector>

namespace vigia::sim {

/// Tells several observers the same, in the order in which they were added; they outlive it.
class Audience final : public Observer {
public:
    void add(Observer& observer) { observers_.push_back(&observer); }

    void starting(const Moment& moment, const Config& config, const StoredState& stored) override {
        for (Observer* o : observers_) o->starting(moment, config, stored);
    }
    void started(const Moment& moment, const Sample& sample) override {
        for (Observer* o : observers_) o->started(moment, sample);
    }
    void reloaded(const Moment& moment, const Config& config) override {
        for (Observer* o : observers_) o->reloaded(moment, config);
    }
    void stopped(const Moment& moment) override {
        for (Observer* o : observers_) o->stopped(moment);
    }
    void crashed(const Moment& moment) override {
        for (Observer* o : observers_) o->crashed(moment);
    }
    void clock_stepped(const Moment& moment) override {
        for (Observer* o : observers_) o->clock_stepped(moment);
    }
    void frozen(const Moment& moment) override {
        for (Observer* o : observers_) o->frozen(moment);
    }
    void probe_started(const Moment& moment, const MonitorId& monitor) override {
        for (Observer* o : observers_) o->probe_started(moment, monitor);
    }
    void probe_ended(const Moment& moment, const MonitorId& monitor, Sight sight) override {
        for (Observer* o : observers_) o->probe_ended(moment, monitor, sight);
    }
    void probe_abandoned(const Moment& moment, const MonitorId& monitor) override {
        for (Observer* o : observers_) o->probe_abandoned(moment, monitor);
    }
    void commit_begun(const Moment& moment) override {
        for (Observer* o : observers_) o->commit_begun(moment);
    }
    void committing(const Moment& moment, const Batch& batch) override {
        for (Observer* o : observers_) o->committing(moment, batch);
    }
    void committed(const Moment& moment, const Batch& batch) override {
        for (Observer* o : observers_) o->committed(moment, batch);
    }
    void commit_refused(const Moment& moment) override {
        for (Observer* o : observers_) o->commit_refused(moment);
    }
    void commit_in_doubt(const Moment& moment, const Batch& batch) override {
        for (Observer* o : observers_) o->commit_in_doubt(moment, batch);
    }
    void mail_accepted(const Moment& moment, const AcceptedMail& mail) override {
        for (Observer* o : observers_) o->mail_accepted(moment, mail);
    }
    void mail_reported(const Moment& moment, const std::string& message_id,
                       const DeliveryOutcome& outcome) override {
        for (Observer* o : observers_) o->mail_reported(moment, message_id, outcome);
    }
    void sampled(const Moment& moment, const Sample& sample) override {
        for (Observer* o : observers_) o->sampled(moment, sample);
    }
    void finished(const Moment& moment, const Sample& sample) override {
        for (Observer* o : observers_) o->finished(moment, sample);
    }

private:
    std::vector<Observer*> observers_;
};

}  // namespace vigia::sim
