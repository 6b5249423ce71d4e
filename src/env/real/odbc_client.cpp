#include "env/real/odbc_client.hpp"

#include "core/odbc_string.hpp"
#include "core/sql_guard.hpp"
#include "env/real/freetds_file.hpp"
#include "env/real/odbc_pool.hpp"
#include "env/real/odbc_session.hpp"
#include "env/real/tds_glance.hpp"
#include "env/real/tls_trust.hpp"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// Looks at the server beside a driver that takes its time to connect.
class GlanceTask final : public OdbcTask {
public:
    GlanceTask(TdsPeer peer, MonoTime deadline) : glance_(std::move(peer), deadline) {}
    void run() override { seen_ = glance_.look(); }
    void ended() override { reason_ = std::move(seen_); }

    Phase phase() const { return glance_.phase(); }
    /// Why one does not come as far as the login, once that is known. The loop's thread.
    const std::optional<Reason>& reason() const { return reason_; }

private:
    TdsGlance glance_;
    std::optional<Reason> seen_;  // the pool's thread, until ended()
    std::optional<Reason> reason_;
};

/// Ends a statement that nobody waits for any more, for which a driver may take its time.
class CancelTask final : public OdbcTask {
public:
    explicit CancelTask(std::shared_ptr<OdbcSession> session) : session_(std::move(session)) {}
    void run() override { session_->cancel(); }
    bool expendable() const override { return true; }

private:
    std::shared_ptr<OdbcSession> session_;
};

}  // namespace

class OdbcClient::Impl {
public:
    Impl(asio::io_context& context, Clock& clock, const OdbcOptions& options)
        : clock_(clock),
          resolver_(options.resolver),
          pool_(std::make_shared<OdbcPool>(context,
                                           OdbcPoolOptions{options.workers, options.max_hanging})),
          freetds_(FreetdsFile::of_process()),
          ca_file_(system_ca_file()) {}
    ~Impl() { pool_->stop(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    asio::awaitable<DbAnswer> ask(DbRequest request);
    std::size_t hanging() const { return pool_->hanging(); }

private:
    /// A question under way, as the loop sees it.
    struct Talk {
        std::shared_ptr<OdbcSession> session;
        std::shared_ptr<GlanceTask> glance;
        TdsPeer peer;  ///< for the glance; without an address there is none
        MonoTime began{};
        MonoTime deadline{};
        bool over = false;
    };

    asio::awaitable<void> find(const DbTarget& target, DbAnswer& answer, MonoTime deadline,
                               std::vector<std::string>& addresses);
    asio::awaitable<void> converse(DbRequest& request, DbAnswer& answer);
    asio::awaitable<void> wait(Talk& talk, Alarm& alarm);
    std::vector<OdbcRoute> routes(const DbTarget& target,
                                  const std::vector<std::string>& addresses);
    OdbcRoute freetds_route(const DbTarget& target);
    void give_up(Talk& talk, DbAnswer& answer);
    static bool began_late(const Talk& talk);

    Clock& clock_;
    Resolver* resolver_;
    std::shared_ptr<OdbcPool> pool_;
    FreetdsFile& freetds_;
    std::string ca_file_;
};

OdbcClient::OdbcClient(asio::io_context& context, Clock& clock, OdbcOptions options)
    : impl_(std::make_unique<Impl>(context, clock, options)) {}

OdbcClient::~OdbcClient() = default;

asio::awaitable<DbAnswer> OdbcClient::ask(DbRequest request) {
    return impl_->ask(std::move(request));
}

std::size_t OdbcClient::hanging() const {
    return impl_->hanging();
}

/// The addresses of the host; none if the driver is left to find them, or if the answer has got a
/// failure.
asio::awaitable<void> OdbcClient::Impl::find(const DbTarget& target, DbAnswer& answer,
                                             MonoTime deadline,
                                             std::vector<std::string>& addresses) {
    if (resolver_ == nullptr || target.host.empty()) co_return;
    Resolution resolution;
    resolution.addresses = resolver_->known(target.host);
    if (!resolution.addresses) {
        const MonoTime began = clock_.now().mono;
        resolution = co_await resolver_->resolve(target.host, deadline);
        answer.timings.dns = clock_.now().mono - began;
    }
    if (!resolution.addresses) {
        answer.failure = Reason{Phase::resolve, resolution.failure, 0, {}};
        co_return;
    }
    for (const asio::ip::address& address : resolution.addresses->addresses) {
        addresses.push_back(address.to_string());
    }
}

/// The way that a section of FreeTDS' configuration describes.
OdbcRoute OdbcClient::Impl::freetds_route(const DbTarget& target) {
    OdbcRoute route;
    const auto lines = freetds_section(target, ca_file_);
    if (!lines) {
        route.string.problem = "FreeTDS has no \"ca_file\", and the system no bundle";
        return route;
    }
    OdbcPlace place;
    place.section = freetds_.section(*lines);
    if (place.section.empty()) {
        route.string.problem = "no memory for the configuration of FreeTDS";
        return route;
    }
    route.string = connection_string(target, place);
    return route;
}

/// FreeTDS gets addresses, except where its configuration has to name the host. Other drivers get
/// the name: what they do with it is theirs.
std::vector<OdbcRoute> OdbcClient::Impl::routes(const DbTarget& target,
                                                const std::vector<std::string>& addresses) {
    std::vector<OdbcRoute> routes;
    const bool freetds = family_of(target.driver) == OdbcFamily::freetds && !target.host.empty();
    const bool by_section = freetds && needs_freetds_section(target);
    if (freetds && !by_section && !addresses.empty()) {
        for (const std::string& address : addresses) {
            routes.push_back({connection_string(target, {{}, address}), {address}});
        }
        return routes;
    }
    if (by_section) {
        routes.push_back(freetds_route(target));
    } else {
        routes.push_back({connection_string(target, {{}, target.host}), {}});
    }
    routes.back().addresses = addresses;
    return routes;
}

/// True if the queue took so much of the time that what is left says nothing of the target.
bool OdbcClient::Impl::began_late(const Talk& talk) {
    constexpr int kShare = 4;
    return talk.session->begun() - talk.began > (talk.deadline - talk.began) / kShare;
}

/// The deadline has passed, or the question was cancelled.
void OdbcClient::Impl::give_up(Talk& talk, DbAnswer& answer) {
    talk.session->forget();
    const Phase reached = talk.session->phase();
    switch (pool_->give_up(talk.session)) {
        case OdbcPool::Found::ended:
            answer = talk.session->take_answer();
            return;
        case OdbcPool::Found::queued:
            answer.failure = Reason{Phase::none, ReasonCode::no_driver_room, 0, {}};
            return;
        case OdbcPool::Found::running:
            break;
    }
    if (reached == Phase::query) {
        pool_->submit(std::make_shared<CancelTask>(talk.session), true);
    }
    const bool connecting = reached == Phase::connect && talk.glance != nullptr;
    const Phase phase = connecting ? talk.glance->phase() : reached;
    answer.failure = Reason{phase, ReasonCode::timeout, 0, {}};
    // FreeTDS goes on waiting where connect() itself has failed.
    if (connecting && talk.glance->reason()) answer.failure = talk.glance->reason();
    if (talk.peer.addresses.size() == 1) answer.remote_address = talk.peer.addresses.front();
}

/// Until the session is over, or nobody is to wait any longer.
asio::awaitable<void> OdbcClient::Impl::wait(Talk& talk, Alarm& alarm) {
    const MonoTime half = talk.began + (talk.deadline - talk.began) / 2;
    bool glanced = talk.peer.addresses.empty();
    while (!talk.over) {
        const MonoTime next = glanced ? talk.deadline : half;
        const bool waited = co_await alarm.wait_until(next);
        const MonoTime now = clock_.now().mono;
        if (!waited || now >= talk.deadline) break;
        if (glanced || now < half) continue;
        glanced = true;
        if (talk.over || talk.session->phase() != Phase::connect) continue;
        talk.glance = std::make_shared<GlanceTask>(talk.peer, talk.deadline);
        if (!pool_->submit(talk.glance, true)) talk.glance.reset();
    }
}

asio::awaitable<void> OdbcClient::Impl::converse(DbRequest& request, DbAnswer& answer) {
    const DbTarget& target = *request.target;
    std::vector<std::string> addresses;
    co_await find(target, answer, request.deadline, addresses);
    if (answer.failure) co_return;
    OdbcQuestion question{request.target, routes(target, addresses), request.deadline};
    for (const OdbcRoute& route : question.routes) {
        if (route.string.problem.empty()) continue;
        answer.failure = Reason{Phase::none, ReasonCode::no_driver, 0, route.string.problem};
        co_return;
    }
    Talk talk;
    talk.began = clock_.now().mono;
    talk.deadline = request.deadline;
    if (!addresses.empty() && target.port != 0) {
        talk.peer = TdsPeer{addresses,       target.port,        target.host,
                            target.tls_mode, target.tls.ca_file, speaks_tds(target)};
    }
    const std::unique_ptr<Alarm> alarm = clock_.make_alarm();
    const std::function<void()> on_end = [&talk, &alarm] {
        talk.over = true;
        alarm->ring();
    };
    talk.session = std::make_shared<OdbcSession>(std::move(question), on_end);
    if (!pool_->submit(talk.session)) {
        answer.failure = Reason{Phase::none, ReasonCode::no_driver_room, 0, {}};
        co_return;
    }
    co_await wait(talk, *alarm);
    const Duration dns = answer.timings.dns;
    if (talk.over) {
        answer = talk.session->take_answer();
    } else {
        give_up(talk, answer);
    }
    if (answer.failure && answer.failure->code == ReasonCode::timeout && began_late(talk)) {
        answer.failure = Reason{Phase::none, ReasonCode::no_driver_room, 0, {}};
    }
    answer.timings.dns = dns;
}

asio::awaitable<DbAnswer> OdbcClient::Impl::ask(DbRequest request) {
    // A cancelled question still has to give its worker up.
    co_await asio::this_coro::throw_if_cancelled(false);
    const MonoTime began = clock_.now().mono;
    const DbTarget& target = *request.target;
    DbAnswer answer;
    // The configuration has refused what these find, but not everything comes from there.
    const std::vector<OdbcProblem> problems = odbc_problems(target);
    if (!problems.empty()) {
        const OdbcProblem& first = problems.front();
        std::string detail = fmt::format("{}: {}", first.key, message_of(first.fault));
        answer.failure = Reason{Phase::none, ReasonCode::no_driver, 0, std::move(detail)};
    } else if (find_query_fault(target.query, dialect_of(target)) != QueryFault::none) {
        answer.failure = Reason{Phase::query, ReasonCode::query_not_reading, 0, {}};
    } else {
        co_await converse(request, answer);
    }
    answer.timings.total = clock_.now().mono - began;
    co_return answer;
}

}  // namespace vigia
