#include "engine/dead_man_ping.hpp"

#include <algorithm>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

constexpr int kFirstGood = 200;
constexpr int kFirstBad = 300;
constexpr std::size_t kMaxAnswer = std::size_t{16} * 1024;  // nobody reads it

}  // namespace

DeadManPing::DeadManPing(asio::any_io_executor executor, Env& env, EventLog& events,
                         std::function<bool()> is_well)
    : env_(env),
      events_(events),
      is_well_(std::move(is_well)),
      work_(env.clock.make_alarm()),
      loop_(std::move(executor), report_to(events)) {}

void DeadManPing::configure(const HealthSettings& settings) {
    target_.reset();
    if (!settings.ping_url.empty()) {
        auto target = std::make_shared<HttpTarget>();
        target->url = settings.ping_url.reveal();
        target_ = std::move(target);
    }
    interval_ = settings.ping_interval;
    next_ = env_.clock.now().mono + std::min(kSoon, interval_);
    failing_ = false;
    work_->ring();
}

asio::awaitable<void> DeadManPing::run() {
    for (;;) {
        const bool woken = co_await work_->wait_until(target_ ? next_ : MonoTime::max());
        if (!woken) co_return;
        const MonoTime now = env_.clock.now().mono;
        if (!target_ || now < next_) continue;
        if (!is_well_()) {
            next_ = now + std::min(kSoon, interval_);
            continue;
        }
        next_ = now + interval_;
        co_await ping();
        if (loop_.cancelled()) co_return;
    }
}

asio::awaitable<void> DeadManPing::ping() {
    HttpFetch request;
    request.target = target_;
    request.deadline = env_.clock.now().mono + kTimeout;
    request.max_body = kMaxAnswer;
    const std::shared_ptr<const HttpTarget> asked = target_;
    const HttpExchange exchange = co_await env_.http.fetch(std::move(request));
    if (asked == target_ && !loop_.cancelled()) judge(exchange);
}

/// Says what is wrong with the first ping of a row that fails, and that there is an end to it. Of
/// the address, which may hold a token, and of what came from it, nothing is said.
void DeadManPing::judge(const HttpExchange& exchange) {
    Reason reason;
    if (exchange.failure) {
        reason = *exchange.failure;
        reason.detail.clear();
    } else if (exchange.status < kFirstGood || exchange.status >= kFirstBad) {
        reason.phase = Phase::status;
        reason.code = ReasonCode::unexpected_status;
        reason.value = exchange.status;
    }
    const bool failed = reason.code != ReasonCode::none;
    if (failed && !failing_) events_.ping_failing(reason);
    if (!failed && failing_) events_.ping_restored();
    failing_ = failed;
}

}  // namespace vigia
