#pragma once

#include "core/probe_result.hpp"
#include "env/http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <memory>

namespace vigia {

inline constexpr std::size_t kMaxEvidence = 1024;  ///< bytes of an answer's
                                                   ///< body, and of its headers, kept

/// Requests `target` and judges the answer.
boost::asio::awaitable<ProbeResult> http_probe(HttpClient& client,
                                               std::shared_ptr<const HttpTarget> target,
                                               MonoTime deadline);

/// Judges an exchange; pure. Own faults → unknown, other failures → down, a status that is not
/// expected → down with `unexpected_status`, everything else → up. Evidence is the start of the
/// body, and only of an answer that was not good.
ProbeResult judge(const HttpTarget& target, HttpExchange exchange);

}  // namespace vigia
