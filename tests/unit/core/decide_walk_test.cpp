// decide() against an independent naive model, over a long random life of one monitor: outages of
// every length, unknown checks, reloads, restarts, steps of the wall clock, a stuck mail server.

#include "base/rng.hpp"
#include "core/decide.hpp"
#include "tests/unit/core/checks.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace vigia {
namespace {

using core_test::kStart;
using core_test::monitor;
using core_test::policy;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// What the rules say, told from the list of all known outcomes since the monitor's first check;
/// clocks do not occur here except to say when the last announcement was.
class NaiveModel {
public:
    struct Expected {
        bool opens = false;
        bool closes = false;
        bool reminds = false;
        std::set<Recipient> told;
    };

    Expected see(Outcome seen, const Policy& rules, const DecisionContext& context, Duration now) {
        Expected expected;
        if (seen == Outcome::unknown) return expected;
        known_.push_back(is_good(seen));
        if (!down_ && run_of(false) >= rules.alert_threshold) {
            down_ = true;
            expected.opens = true;
            expected.told = {context.recipients.begin(), context.recipients.end()};
            due_recovery_ = expected.told;
            announced_ = now;
        } else if (down_ && run_of(true) >= rules.recovery_threshold) {
            down_ = false;
            expected.closes = true;
            expected.told = due_recovery_;
        } else if (down_ && !known_.back() && rules.alert_repeat_interval > Duration::zero() &&
                   now - announced_ >= rules.alert_repeat_interval) {
            expected.reminds = true;
            announced_ = now;
            for (const Recipient& r : context.recipients) {
                const auto& waiting = context.reminder_pending;
                if (std::count(waiting.begin(), waiting.end(), r) == 0) expected.told.insert(r);
            }
            due_recovery_.insert(expected.told.begin(), expected.told.end());
        }
        return expected;
    }

    bool down() const { return down_; }

    /// After a restart: where the last announcement lies on the new process's clock.
    void announced_at(Duration when) { announced_ = when; }

private:
    int run_of(bool good) const {
        const auto end = std::find(known_.rbegin(), known_.rend(), !good);
        return static_cast<int>(end - known_.rbegin());
    }

    std::vector<bool> known_;
    bool down_ = false;
    Duration announced_{};
    std::set<Recipient> due_recovery_;
};

class Walk {
public:
    explicit Walk(std::uint64_t seed) : rng_(seed) { reload(); }

    void step() {
        advance();
        if (rng_.below(400) == 0) reload();
        if (rng_.below(300) == 0) restart();
        draw_reminder_pending();

        const CheckResult result = next_check();
        const DecisionContext context{recipients_, reminder_pending_};
        const Decision d = decide(monitor(rules_), state_, open_, result, context);
        const NaiveModel::Expected expected = model_.see(result.outcome(), rules_, context, mono_);
        compare(d, expected);
        expect_sound_rows(d, result);
        if (result.outcome() == Outcome::unknown) {
            EXPECT_EQ(d.state, state_);
        }
        state_ = d.state;
        open_ = d.open;
    }

    std::size_t incidents() const { return incidents_.size(); }
    std::size_t messages() const { return ids_.size(); }

private:
    void advance() {
        const Duration passed =
            milliseconds(1 + rng_.below(rng_.below(20) == 0 ? 3'600'000 : 90'000));
        mono_ += passed;
        wall_ += passed;
        if (rng_.below(200) == 0) {
            wall_ += milliseconds(rng_.below(7'200'000)) - hours(1);
        }
    }

    void reload() {
        rules_ = policy(static_cast<int>(1 + rng_.below(3)), static_cast<int>(1 + rng_.below(3)));
        rules_.alert_repeat_interval = minutes(rng_.below(4) * 10);
        recipients_.clear();
        for (const char* name : {"a@x.org", "b@x.org", "c@x.org"}) {
            if (rng_.below(2) == 0) recipients_.push_back({"email", name});
        }
    }

    /// Another process: a monotonic clock that begins anew, and marks from the wall clock.
    void restart() {
        mono_ = seconds(rng_.below(1000));
        const Now now{.mono = MonoTime(mono_), .wall = kStart + wall_};
        state_ = resume_state(state_, now);
        if (open_) open_ = resume_incident(open_->incident, now);
        if (open_) {
            EXPECT_LE(open_->started_mono, now.mono);
            EXPECT_LE(open_->announced_mono, now.mono);
        }
        model_.announced_at(mono_ - std::max(wall_ - announced_wall_, Duration::zero()));
    }

    void draw_reminder_pending() {
        reminder_pending_.clear();
        for (const Recipient& r : recipients_) {
            if (rng_.below(3) == 0) reminder_pending_.push_back(r);
        }
    }

    CheckResult next_check() {
        // Moods, so that long outages and long calm both happen.
        if (rng_.below(12) == 0) mood_ = static_cast<int>(rng_.below(3));
        const std::uint64_t draw = rng_.below(10);
        Outcome seen = mood_ == 0 ? Outcome::up : Outcome::down;
        if (mood_ == 2) seen = draw < 5 ? Outcome::up : Outcome::down;
        if (draw == 0) seen = Outcome::unknown;
        if (draw == 1 && seen == Outcome::up) seen = Outcome::degraded;
        CheckResult result = core_test::check(seen, Duration::zero());
        result.started = {MonoTime(mono_), kStart + wall_};
        const Duration took = milliseconds(rng_.below(500));
        mono_ += took;
        wall_ += took;
        result.finished = {MonoTime(mono_), kStart + wall_};
        return result;
    }

    void compare(const Decision& d, const NaiveModel::Expected& expected) {
        EXPECT_EQ(d.transition == Transition::confirmed_down, expected.opens);
        EXPECT_EQ(d.transition == Transition::recovered, expected.closes);
        EXPECT_EQ(d.reminded, expected.reminds);
        std::set<Recipient> told;
        for (const Notification& n : d.notifications) told.insert(n.recipient);
        EXPECT_EQ(told, expected.told);
        EXPECT_EQ(told.size(), d.notifications.size());
        EXPECT_EQ(d.open.has_value(), model_.down());
        EXPECT_EQ(d.state.health == Health::down, model_.down());
        EXPECT_EQ(d.changed.has_value(), expected.opens || expected.closes || expected.reminds);
        if (expected.opens || expected.reminds) announced_wall_ = wall_;
    }

    void expect_sound_rows(const Decision& d, const CheckResult& result) {
        const NotificationKind kind =
            d.transition == Transition::recovered
                ? NotificationKind::recovery
                : (d.reminded ? NotificationKind::reminder : NotificationKind::alert);
        for (const Notification& n : d.notifications) {
            EXPECT_EQ(n.kind, kind);
            EXPECT_TRUE(ids_.insert(n.id).second) << n.id.str();
            EXPECT_EQ(n.announcement->incident, d.changed->id);
            EXPECT_GE(n.announcement->down_for, Duration::zero());
            EXPECT_EQ(n.created_at, result.finished.wall);
        }
        if (!d.changed) return;
        EXPECT_LE(d.changed->started_at, d.changed->confirmed_at);
        if (d.transition == Transition::confirmed_down) {
            EXPECT_TRUE(incidents_.insert(d.changed->id).second);
        } else {
            EXPECT_TRUE(incidents_.contains(d.changed->id));
        }
        if (d.changed->ended_at) {
            EXPECT_GE(*d.changed->ended_at, d.changed->confirmed_at);
        }
    }

    Rng rng_;
    NaiveModel model_;
    Policy rules_;
    std::vector<Recipient> recipients_;
    std::vector<Recipient> reminder_pending_;
    MonitorState state_;
    std::optional<OpenIncident> open_;
    Duration mono_ = hours(1);
    Duration wall_{};
    Duration announced_wall_{};
    int mood_ = 0;
    std::set<IncidentId> incidents_;
    std::set<NotificationId> ids_;
};

TEST(DecideWalk, AgreesWithTheNaiveModelForAHundredThousandChecks) {
    Walk walk(20'241'219);
    for (int i = 0; i < 100'000; ++i) {
        walk.step();
        if (::testing::Test::HasFailure()) FAIL() << "at step " << i;
    }
    // The walk went somewhere.
    EXPECT_GT(walk.incidents(), 1000U);
    EXPECT_GT(walk.messages(), 5000U);
}

}  // namespace
}  // namespace vigia
