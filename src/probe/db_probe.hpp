#pragma once

#include "core/probe_result.hpp"
#include "env/db_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <memory>

namespace vigia {

/// Asks the database its question and judges the answer.
boost::asio::awaitable<ProbeResult> db_probe(DbClient& client,
                                             std::shared_ptr<const DbTarget> target,
                                             MonoTime deadline);

/// Judges an answer; pure. Own faults → unknown, other failures → down, an answer that is not as
/// expected → down with the phase `condition`, everything else → up.
ProbeResult judge(const DbTarget& target, DbAnswer answer);

}  // namespace vigia
