#pragma once

#include "core/monitor.hpp"
#include "core/probe_result.hpp"
#include "env/env.hpp"

#include <boost/asio/awaitable.hpp>

namespace vigia {

/// One attempt at `monitor`'s target, whatever its kind, over by `deadline`. Never throws for
/// anything that the target does; our own failures come back as `unknown`.
boost::asio::awaitable<ProbeResult> probe(Env& env, MonitorPtr monitor, MonoTime deadline);

}  // namespace vigia
