#include "engine/own_health_watch.hpp"

#include <algorithm>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

OwnHealthWatch::OwnHealthWatch(asio::any_io_executor executor, Env& env, Engine engine,
                               EventLog& events)
    : env_(env),
      engine_(engine),
      events_(events),
      window_began_(env.clock.now().mono),
      loop_(executor, report_to(events)),
      telling_(executor, report_to(events)) {}

asio::awaitable<void> OwnHealthWatch::run() {
    for (;;) {
        const bool slept = co_await env_.clock.sleep_until(env_.clock.now().mono + kPeriod);
        if (!slept) co_return;
        look();
    }
}

asio::awaitable<void> OwnHealthWatch::stop() {
    co_await loop_.stop();
    co_await telling_.wait_empty();
}

OwnSigns OwnHealthWatch::signs() const {
    OwnSigns signs;
    signs.store_wait = engine_.committer.oldest_wait();
    signs.check_lag = std::max(lag_, engine_.shard.overdue());
    signs.dead_letters = engine_.dispatcher.counters().dead;
    signs.undelivered = engine_.dispatcher.pending();
    signs.oldest_notification = engine_.dispatcher.oldest_wait();
    signs.lost_log_lines = env_.log.dropped();
    return signs;
}

void OwnHealthWatch::look() {
    const Now now = env_.clock.now();
    measure_lag(now.mono);
    for (const TroubleChange& change : health_.look(signs(), now)) tell(change, now);
}

void OwnHealthWatch::measure_lag(MonoTime now) {
    if (now - window_began_ < kLagWindow) return;
    constexpr double kTail = 0.99;
    const LagHistogram& all = engine_.shard.lag();
    lag_ = all.since(measured_).percentile(kTail);
    measured_ = all;
    window_began_ = now;
}

void OwnHealthWatch::tell(const TroubleChange& change, const Now& now) {
    events_.own_trouble(change);
    if (!change.notice || !notices_) return;
    telling_.spawn(engine_.dispatcher.announce(trouble_notices(
        change, engine_.dispatcher.recipients(), engine_.dispatcher.message_domain(), now)));
}

}  // namespace vigia
