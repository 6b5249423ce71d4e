#pragma once

#include "core/evaluator.hpp"

namespace vigia::sim {

/// Equal in all that outlives a process: the monotonic clock does not.
inline bool same_row(MonitorState a, MonitorState b) {
    for (MonitorState* const state : {&a, &b}) {
        if (state->first_failure) state->first_failure->mono = {};
    }
    return a == b;
}

}  // namespace vigia::sim
