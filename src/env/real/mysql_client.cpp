#include "env/real/mysql_client.hpp"

#include "core/sql_guard.hpp"
#include "env/real/mysql_failure.hpp"
#include "env/real/mysql_session.hpp"
#include "env/real/mysql_transport.hpp"
#include "env/real/process.hpp"
#include "env/real/socket_watch.hpp"
#include "env/real/tls_trust.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstddef>
#include <fmt/format.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace vigia {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr const char* kDefaultQuery = "SELECT 1";
constexpr Duration kBehind = 200ms;    // the server's time limit comes after ours
constexpr Duration kKillTime = 500ms;  // for ending a statement that nobody waits for any more
constexpr int kKillShare = 4;          // at most this part of what was left for the query

// What a server says that has no read-only transactions.
constexpr unsigned kSyntaxError = 1064;
constexpr unsigned kNotSupported = 1235;

// Since these versions there is a time limit, and there are read-only transactions.
constexpr unsigned long kMariadbLimits = 100101;
constexpr unsigned long kMysqlLimits = 50708;
constexpr unsigned long kMysqlReadOnly = 50605;

/// The statement that limits the statements to come to a little more than `left`; empty where there
/// is none. It must not come first: a SLEEP that it ends is an answer to MySQL.
std::string limit_statement(const MysqlSession& session, Duration left) {
    const auto ms = std::max<std::int64_t>(1, (left + kBehind) / 1ms);
    if (session.is_mariadb()) {
        if (session.version() < kMariadbLimits) return {};
        return fmt::format("SET SESSION max_statement_time={}.{:03}", ms / 1000, ms % 1000);
    }
    if (session.version() < kMysqlLimits) return {};
    return fmt::format("SET SESSION max_execution_time={}", ms);
}

}  // namespace

class MysqlClient::Impl {
public:
    Impl(asio::io_context& context, Clock& clock, Resolver& resolver)
        : clock_(clock),
          resolver_(resolver),
          sockets_(context, clock),
          trust_(clock, system_ca_file()),
          shared_{sockets_, trust_, account_name()} {}

    asio::awaitable<DbAnswer> ask(DbRequest request);

private:
    using Addresses = std::vector<SocketAddress>;

    asio::awaitable<std::optional<Reason>> find(const DbTarget& target, Addresses& addresses,
                                                MonoTime deadline);
    asio::awaitable<void> converse(MysqlSession& session, const DbTarget& target,
                                   const SocketAddress& address, MonoTime deadline);
    asio::awaitable<bool> restrict(MysqlSession& session, MonoTime deadline);
    asio::awaitable<void> end_statement(const DbTarget& target, const SocketAddress& address,
                                        unsigned long thread, MonoTime until);

    MonoTime now() const { return clock_.now().mono; }

    Clock& clock_;
    Resolver& resolver_;
    SocketWatches sockets_;
    TrustStores trust_;
    MysqlShared shared_;
};

asio::awaitable<std::optional<Reason>> MysqlClient::Impl::find(const DbTarget& target,
                                                               Addresses& addresses,
                                                               MonoTime deadline) {
    if (is_socket_path(target.host)) {
        if (target.host.size() >= sizeof(sockaddr_un::sun_path)) {
            co_return Reason{Phase::connect, ReasonCode::connection_refused, 0, {}};
        }
        const asio::local::stream_protocol::endpoint endpoint(target.host);
        addresses.push_back(SocketAddress{endpoint, target.host});
        co_return std::nullopt;
    }
    std::shared_ptr<const AddressList> known = resolver_.known(target.host);
    if (!known) {
        Resolution resolution = co_await resolver_.resolve(target.host, deadline);
        known = std::move(resolution.addresses);
        if (!known) co_return Reason{Phase::resolve, resolution.failure, 0, {}};
    }
    for (const asio::ip::address& address : known->addresses) {
        const asio::ip::tcp::endpoint endpoint(address, target.port);
        addresses.push_back(SocketAddress{endpoint, address.to_string()});
    }
    co_return std::nullopt;
}

/// The limits of what is configured: false where the conversation ended.
asio::awaitable<bool> MysqlClient::Impl::restrict(MysqlSession& session, MonoTime deadline) {
    if (!session.is_mariadb() && session.version() < kMysqlReadOnly) co_return true;
    std::string statement = "SET SESSION TRANSACTION READ ONLY";  // also after a COMMIT
    bool lives = co_await session.execute(std::move(statement), deadline);
    if (!lives) co_return false;
    statement = "START TRANSACTION READ ONLY";
    lives = co_await session.execute(std::move(statement), deadline);
    const unsigned error = session.server_error();
    if (!lives || error == 0 || error == kSyntaxError || error == kNotSupported) co_return lives;
    co_return session.fail_as_reported();
}

asio::awaitable<void> MysqlClient::Impl::converse(MysqlSession& session, const DbTarget& target,
                                                  const SocketAddress& address, MonoTime deadline) {
    bool lives = co_await session.log_in(deadline);
    if (!lives) co_return;
    if (target.query.empty()) {
        std::string query = kDefaultQuery;
        co_await session.query(std::move(query), deadline);
        co_return;
    }
    bool limited = false;  // the server ends the statement by itself
    std::string limit = limit_statement(session, deadline - now());
    if (!limit.empty()) {
        lives = co_await session.execute(std::move(limit), deadline);
        if (!lives) co_return;
        limited =
            session.server_error() == 0 && (session.is_mariadb() || is_plain_select(target.query));
    }
    lives = co_await restrict(session, deadline);
    if (!lives) co_return;
    const Duration reserve = std::min((deadline - now()) / kKillShare, kKillTime);
    lives = co_await session.query(target.query, limited ? deadline : deadline - reserve);
    if (lives || !session.left_statement() || (limited && !session.was_cancelled())) co_return;

    // Cancelled or not, the statement is not to go on without us.
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    const MonoTime until = session.was_cancelled() ? now() + kKillTime : deadline;
    co_await end_statement(target, address, session.thread(), until);
    co_await asio::this_coro::throw_if_cancelled(throws);
}

/// Over a second connection, as the protocol wants it. Best effort.
asio::awaitable<void> MysqlClient::Impl::end_statement(const DbTarget& target,
                                                       const SocketAddress& address,
                                                       unsigned long thread, MonoTime until) {
    MysqlSession session(shared_, target, address);
    session.ignore_cancellation();
    bool lives = co_await session.connect(until);
    if (!lives) co_return;
    lives = co_await session.log_in(until);
    if (!lives) co_return;
    std::string statement = fmt::format("KILL QUERY {}", thread);
    co_await session.execute(std::move(statement), until);
}

asio::awaitable<DbAnswer> MysqlClient::Impl::ask(DbRequest request) {
    const DbTarget& target = *request.target;
    const MonoTime started = now();
    DbAnswer answer;
    if (find_query_fault(target.query, target.kind) != QueryFault::none) {
        answer.failure = Reason{Phase::query, ReasonCode::query_not_reading, 0, {}};
        co_return answer;
    }
    Addresses addresses;
    answer.failure = co_await find(target, addresses, request.deadline);
    const Duration dns = now() - started;
    auto left = static_cast<Duration::rep>(addresses.size());
    for (const SocketAddress& address : addresses) {
        MysqlSession session(shared_, target, address);
        const MonoTime before = now();
        const bool connected =
            co_await session.connect(before + (request.deadline - before) / left);
        --left;
        if (connected) co_await converse(session, target, address, request.deadline);
        answer = std::move(session.answer());
        if (connected || session.was_cancelled()) break;
    }
    answer.timings.dns = dns;
    answer.timings.total = now() - started;
    co_return answer;
}

MysqlClient::MysqlClient(asio::io_context& context, Clock& clock, Resolver& resolver) {
    MysqlTransport::install();
    impl_ = std::make_unique<Impl>(context, clock, resolver);
}

MysqlClient::~MysqlClient() = default;

asio::awaitable<DbAnswer> MysqlClient::ask(DbRequest request) {
    return impl_->ask(std::move(request));
}

}  // namespace vigia
