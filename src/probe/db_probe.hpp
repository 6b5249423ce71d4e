#pragma once

#include "core/probe_result.hpp"
#include "env/db_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>

namespace vigia {

// What is kept of texts that come from a server, once its secrets are hidden.
inline constexpr std::size_t kMaxDbDetail = 512;
inline constexpr std::size_t kMaxDbVersion = 200;
inline constexpr std::size_t kMaxShownValue = 1024;

/// Asks the database its question and judges the answer.
boost::asio::awaitable<ProbeResult> db_probe(DbClient& client,
                                             std::shared_ptr<const DbTarget> target,
                                             MonoTime deadline);

/// Judges an answer; pure. Own faults → unknown, other failures → down, an answer that is not as
/// expected → down with the phase `condition`, everything else → up.
ProbeResult judge(const DbTarget& target, DbAnswer answer);

}  // namespace vigia
