#include "env/real/pg_client.hpp"

#include "env/real/pg_session.hpp"
#include "env/real/process.hpp"

#include <cstddef>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

class PgClient::Impl final : public PollSet::Listener {
public:
    Impl(asio::io_context& context, Clock& clock, Resolver& resolver)
        : clock_(clock),
          resolver_(resolver),
          sockets_(context, *this),
          trust_(clock, system_ca_file()),
          calculations_(context, "vigia-scram"),
          shared_{clock, sockets_, trust_, calculations_, account_name(), {}} {}

    asio::awaitable<DbAnswer> ask(DbRequest request);

private:
    void ready(int fd, unsigned events) override;
    asio::awaitable<std::vector<std::string>> find(const DbTarget& target, DbAnswer& answer,
                                                   MonoTime deadline);
    asio::awaitable<void> converse(const DbTarget& target, DbAnswer& answer, MonoTime deadline);

    Clock& clock_;
    Resolver& resolver_;
    PollSet sockets_;
    TrustStores trust_;
    SideThread calculations_;
    PgShared shared_;
};

PgClient::PgClient(asio::io_context& context, Clock& clock, Resolver& resolver)
    : impl_(std::make_unique<Impl>(context, clock, resolver)) {}

PgClient::~PgClient() = default;

asio::awaitable<DbAnswer> PgClient::ask(DbRequest request) {
    return impl_->ask(std::move(request));
}

void PgClient::Impl::ready(int fd, unsigned events) {
    const auto index = static_cast<std::size_t>(fd);
    if (index < shared_.waiting.size() && shared_.waiting[index] != nullptr) {
        shared_.waiting[index]->ready(events);
    }
}

/// Where to connect to; an empty address is the Unix socket. None: the answer has the failure.
asio::awaitable<std::vector<std::string>> PgClient::Impl::find(const DbTarget& target,
                                                               DbAnswer& answer,
                                                               MonoTime deadline) {
    std::vector<std::string> found;
    if (is_socket_path(target.host)) {
        // libpq would take it for two.
        if (target.host.find(',') == std::string::npos) found.emplace_back();
        if (found.empty()) answer.failure = Reason{Phase::connect, ReasonCode::internal, 0, ","};
        co_return found;
    }
    Resolution resolution;
    resolution.addresses = resolver_.known(target.host);
    if (!resolution.addresses) {
        const MonoTime began = clock_.now().mono;
        resolution = co_await resolver_.resolve(target.host, deadline);
        answer.timings.dns = clock_.now().mono - began;
    }
    if (!resolution.addresses) {
        answer.failure = Reason{Phase::resolve, resolution.failure, 0, {}};
        co_return found;
    }
    for (const asio::ip::address& address : resolution.addresses->addresses) {
        found.push_back(address.to_string());
    }
    co_return found;
}

asio::awaitable<void> PgClient::Impl::converse(const DbTarget& target, DbAnswer& answer,
                                               MonoTime deadline) {
    std::vector<std::string> addresses = co_await find(target, answer, deadline);
    for (std::size_t left = addresses.size(); left > 0; --left) {
        answer.failure.reset();
        PgSession session(shared_, target, answer);
        // One address that swallows everything must not hide the others.
        const MonoTime now = clock_.now().mono;
        const MonoTime limit = now + (deadline - now) / static_cast<int>(left);
        std::string address = std::move(addresses[addresses.size() - left]);
        const bool open = co_await session.open(std::move(address), limit, deadline);
        if (open) {
            co_await session.ask(deadline);
            co_return;
        }
        const bool last = left == 1 || answer.failure->code == ReasonCode::internal;
        if (!session.unconnected() || last) co_return;
    }
}

asio::awaitable<DbAnswer> PgClient::Impl::ask(DbRequest request) {
    const MonoTime began = clock_.now().mono;
    const DbTarget& target = *request.target;
    DbAnswer answer;
    auto problem = target.tls_mode == DbTlsMode::disable ? std::nullopt
                                                         : client_certificate_problem(target.tls);
    if (problem) {
        answer.failure =
            Reason{Phase::tls, ReasonCode::unusable_client_certificate, 0, *std::move(problem)};
    } else {
        co_await converse(target, answer, request.deadline);
    }
    answer.timings.total = clock_.now().mono - began;
    co_return answer;
}

}  // namespace vigia
