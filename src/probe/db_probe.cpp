#include "probe/db_probe.hpp"

#include "base/text.hpp"
#include "probe/hide_secrets.hpp"

#include <algorithm>
#include <utility>

namespace vigia {
namespace {

/// In this order: a secret that was changed or cut before would not be known.
std::string clean(std::string text, const DbTarget& target, std::size_t most) {
    return shorten(hide_secrets(std::move(text), target), most);
}

std::string clean_line(std::string text, const DbTarget& target, std::size_t most) {
    text = hide_secrets(std::move(text), target);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return shorten(text, most);
}

/// A client times the phases that it gets through: what they leave of the total went to the one
/// that failed.
void time_the_failure(Timings& timings, Phase phase) {
    Duration* const took = phase == Phase::resolve   ? &timings.dns
                           : phase == Phase::connect ? &timings.connect
                           : phase == Phase::tls     ? &timings.tls
                           : phase == Phase::login   ? &timings.login
                           : phase == Phase::query   ? &timings.ttfb
                                                     : nullptr;
    if (took == nullptr || *took != Duration::zero()) return;
    const Duration known = timings.dns + timings.connect + timings.tls + timings.login +
                           timings.ttfb + timings.transfer;
    *took = std::max(timings.total - known, Duration::zero());
}

}  // namespace

boost::asio::awaitable<ProbeResult> db_probe(DbClient& client,
                                             std::shared_ptr<const DbTarget> target,
                                             MonoTime deadline) {
    DbRequest request;
    request.target = target;
    request.deadline = deadline;
    DbAnswer answer = co_await client.ask(std::move(request));
    co_return judge(*target, std::move(answer));
}

ProbeResult judge(const DbTarget& target, DbAnswer answer) {
    ProbeResult result;
    result.timings = answer.timings;
    result.remote_address = std::move(answer.remote_address);
    std::optional<Reason> failure = std::move(answer.failure);
    if (!failure) failure = judge(target.expect, answer.result);
    result.outcome = Outcome::up;
    if (failure) {
        result.outcome = is_own_fault(failure->code) ? Outcome::unknown : Outcome::down;
        time_the_failure(result.timings, failure->phase);
        result.reason = std::move(*failure);
        result.reason.detail = clean_line(std::move(result.reason.detail), target, kMaxDbDetail);
    }
    if (!answer.server_version.empty()) {
        result.database = DbFacts{
            .server_version = clean(std::move(answer.server_version), target, kMaxDbVersion),
            .tls_version = std::move(answer.tls_version),
            .rows = answer.result.rows,
            .value = std::move(answer.result.value),
        };
        if (std::optional<std::string>& value = result.database->value) {
            value = clean(std::move(*value), target, kMaxShownValue);
        }
    }
    return result;
}

}  // namespace vigia
