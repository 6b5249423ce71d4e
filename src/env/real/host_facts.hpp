#pragma once

#include "env/env.hpp"

namespace vigia {

/// The machine this process runs on, from uname(2) and gethostname(2). Never fails: what cannot be
/// had is "unknown". Any thread.
HostFacts read_host_facts();

}  // namespace vigia
