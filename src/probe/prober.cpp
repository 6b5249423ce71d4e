#include "probe/prober.hpp"

#include "probe/db_probe.hpp"
#include "probe/http_probe.hpp"

#include <utility>
#include <variant>

namespace vigia {
namespace {

/// A new kind of target adds a call here and a file beside this one.
struct Prober {
    Env& env;
    const MonitorPtr& monitor;
    MonoTime deadline;

    boost::asio::awaitable<ProbeResult> operator()(const HttpTarget& target) const {
        return http_probe(env.http, std::shared_ptr<const HttpTarget>(monitor, &target), deadline);
    }
    boost::asio::awaitable<ProbeResult> operator()(const DbTarget& target) const {
        return db_probe(env.db, std::shared_ptr<const DbTarget>(monitor, &target), deadline);
    }
};

}  // namespace

boost::asio::awaitable<ProbeResult> probe(Env& env, MonitorPtr monitor, MonoTime deadline) {
    return std::visit(Prober{env, monitor, deadline}, monitor->target);
}

}  // namespace vigia
