#include "probe/prober.hpp"

#include "probe/http_probe.hpp"

#include <utility>
#include <variant>

namespace vigia {

boost::asio::awaitable<ProbeResult> probe(Env& env, MonitorPtr monitor, MonoTime deadline) {
    // One alternative so far; a new kind of target adds a branch here and a file beside this one.
    static_assert(std::variant_size_v<Target> == 1);
    const HttpTarget& target = std::get<HttpTarget>(monitor->target);
    return http_probe(env.http, std::shared_ptr<const HttpTarget>(monitor, &target), deadline);
}

}  // namespace vigia
