#include "sim/life.hpp"

#include "base/assert.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace vigia::sim {

namespace asio = boost::asio;

Life::Life(const Surroundings& around, const Moment& start, Config config, std::uint64_t seed)
    : io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      work_(io_.get_executor()),
      clock_(io_.get_executor(), start),
      rng_(seed),
      http_(clock_, around.network, around.rng, around.observer),
      db_(http_),
      mailer_(clock_, around.office, around.rng, around.observer),
      canaries_(clock_, around.network),
      store_(clock_, around.store, around.store_faults, around.observer),
      log_(clock_, around.journal, LogLevel::info),
      env_{clock_,    http_, db_,  mailer_,
           canaries_, log_,  rng_, HostFacts{"sim", "Linux 6.1.0", "x86_64"}},
      app_(io_.get_executor(), env_, store_, std::move(config), ShardLimits{}) {}

void Life::crash() {
    http_.sever();
    mailer_.sever();
    store_.sever();
    log_.sever();
    // Time goes on for the unwinding only: the next life starts from the world's.
    run_until_stopped(std::chrono::hours(1));
}

Duration Life::stop() {
    const Duration begun = clock_.moment().elapsed;
    run_until_stopped(std::chrono::hours(1));
    return clock_.moment().elapsed - begun;
}

void Life::run_until_stopped(Duration limit) {
    const MonoTime latest = clock_.now().mono + limit;
    asio::co_spawn(io_, app_.stop(), [this](const std::exception_ptr& error) {
        VIGIA_ASSERT(!error);
        stopped_ = true;
    });
    for (;;) {
        while (poll_one()) {
        }
        if (stopped_) return;
        const auto next = clock_.next();
        VIGIA_ASSERT(next && *next < latest);  // a stop that never ends
        clock_.jump();
    }
}

}  // namespace vigia::sim
