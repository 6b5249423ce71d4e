#include "tests/contract/real_db.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <optional>

namespace vigia::test {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 10ms;  // how often a condition outside the loop is looked at

asio::awaitable<void> say_nothing(TcpPeer& peer) {
    co_await peer.read_all();
}

}  // namespace

DbTarget RealDbWorld::target(DbPlace place) {
    DbTarget target = good();
    switch (place) {
        case DbPlace::answers:
            break;
        case DbPlace::refuses:
            target.port = refused_port(io);
            break;
        case DbPlace::hangs:
            target.port = serve(&say_nothing);
            break;
        case DbPlace::unknown_name:
            target.host = "absent.test";
            break;
    }
    return target;
}

DbAnswer RealDbWorld::ask(DbRequest request) {
    return run(io, client().ask(std::move(request)));
}

DbAnswer RealDbWorld::ask(DbTarget target, Duration within) {
    DbRequest request;
    request.target = std::make_shared<const DbTarget>(std::move(target));
    request.deadline = now() + within;
    return ask(std::move(request));
}

DbAnswer RealDbWorld::ask_cancelled(DbRequest request) {
    ScriptedServer& server = servers_.back();
    return ask_cancelled_when(std::move(request),
                              [&server] { return server.open_connections() > 0; });
}

DbAnswer RealDbWorld::ask_cancelled_when(DbRequest request, std::function<bool()> when) {
    asio::cancellation_signal signal;
    std::optional<DbAnswer> result;
    asio::co_spawn(
        io, client().ask(std::move(request)),
        asio::bind_cancellation_slot(signal.slot(), [&result](std::exception_ptr, DbAnswer answer) {
            result = std::move(answer);
        }));
    within(kPatience, [&] { return result.has_value() || when(); });
    signal.emit(asio::cancellation_type::terminal);
    run_until(io, [&result] { return result.has_value(); });
    return *std::move(result);
}

std::vector<DbAnswer> RealDbWorld::ask_all(std::vector<DbRequest> requests) {
    std::vector<DbAnswer> answers;
    const std::size_t count = requests.size();
    for (DbRequest& request : requests) {
        asio::co_spawn(io, client().ask(std::move(request)),
                       [&answers](std::exception_ptr, DbAnswer answer) {
                           answers.push_back(std::move(answer));
                       });
    }
    run_until(io, [&answers, count] { return answers.size() == count; });
    return answers;
}

bool RealDbWorld::within(Duration limit, std::function<bool()> condition) {
    const MonoTime end = now() + limit;
    while (!condition()) {
        if (now() >= end) return false;
        io.restart();
        io.run_one_for(kLook);
        io.poll();
    }
    return true;
}

std::string brief(const DbAnswer& answer) {
    if (!answer.failure) return "good";
    return std::string(to_string(answer.failure->phase)) + " " +
           std::string(to_string(answer.failure->code));
}

}  // namespace vigia::test
