#include "core/evaluator.hpp"

#include <algorithm>
#include <limits>

namespace vigia {
namespace {

std::uint32_t one_more(std::uint32_t streak) {
    return streak == std::numeric_limits<std::uint32_t>::max() ? streak : streak + 1;
}

bool reached(std::uint32_t streak, int threshold) {
    return streak >= static_cast<std::uint32_t>(std::max(threshold, 1));
}

Evaluation after_good(MonitorState state, const CheckResult& check, const Policy& policy) {
    const Health seen = check.outcome() == Outcome::degraded ? Health::degraded : Health::up;
    state.bad_streak = 0;
    state.first_failure.reset();
    state.good_streak = one_more(state.good_streak);

    Transition transition = Transition::none;
    switch (state.health) {
        case Health::pending:
            transition = Transition::confirmed_up;
            break;
        case Health::up:
        case Health::degraded:
            if (seen != state.health) transition = Transition::quality;
            break;
        case Health::down:
            if (reached(state.good_streak, policy.recovery_threshold)) {
                transition = Transition::recovered;
            }
            break;
    }
    if (transition != Transition::none) {
        state.health = seen;
        state.since = check.finished.wall;
    }
    return {.state = state, .transition = transition};
}

Evaluation after_bad(MonitorState state, const CheckResult& check, const Policy& policy) {
    state.good_streak = 0;
    state.bad_streak = one_more(state.bad_streak);
    if (!state.first_failure) state.first_failure = check.started;

    if (state.health == Health::down || !reached(state.bad_streak, policy.alert_threshold)) {
        return {.state = state, .transition = Transition::none};
    }
    state.health = Health::down;
    state.since = check.finished.wall;
    return {.state = state, .transition = Transition::confirmed_down};
}

}  // namespace

Evaluation evaluate(const MonitorState& state, const CheckResult& check, const Policy& policy) {
    switch (check.outcome()) {
        case Outcome::up:
        case Outcome::degraded:
            return after_good(state, check, policy);
        case Outcome::down:
            return after_bad(state, check, policy);
        case Outcome::unknown:
            break;
    }
    return {.state = state, .transition = Transition::none};
}

MonitorState resume_state(MonitorState state, const Now& now) {
    if (state.first_failure) {
        state.first_failure->mono = mono_mark(state.first_failure->wall, now);
    }
    return state;
}

}  // namespace vigia
