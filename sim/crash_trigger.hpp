#pragma once

#include "sim/observer.hpp"
#include "sim/script.hpp"

#include <optional>

namespace vigia::sim {

/// Waits for the point at which a crash is to come. Armed by the driver, which asks after every
/// handler whether the time has come.
class CrashTrigger final : public Observer {
public:
    /// How long an armed crash waits for its point before it comes anyhow.
    static constexpr Duration kLongestWait = std::chrono::hours(6);

    void arm(const Crash& crash, Duration now) {
        crash_ = crash;
        armed_at_ = now;
        steps_left_ = crash.steps;
        pulled_ = false;
    }
    /// After every handler; true when the process is to crash now.
    bool handler_has_run(Duration now) {
        if (!crash_) return false;
        if (crash_->point == CrashPoint::step && steps_left_-- == 0) pulled_ = true;
        return pulled_ || now - armed_at_ > kLongestWait;
    }
    /// The crash that has come; nothing is armed afterwards.
    Crash take() {
        const Crash crash = *crash_;
        crash_.reset();
        return crash;
    }

    void committing(const Moment&, const Batch& batch) override {
        pull(CrashPoint::before_commit, batch.is_transition());
    }
    void committed(const Moment&, const Batch& batch) override {
        pull(CrashPoint::after_commit, batch.is_transition());
    }
    void mail_accepted(const Moment&, const AcceptedMail&) override {
        pull(CrashPoint::after_accept, true);
    }

private:
    void pull(CrashPoint point, bool worth_it) {
        if (crash_ && crash_->point == point && worth_it) pulled_ = true;
    }

    std::optional<Crash> crash_;
    Duration armed_at_{};
    unsigned steps_left_ = 0;
    bool pulled_ = false;
};

}  // namespace vigia::sim
