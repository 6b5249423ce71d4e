#include "sim/sim_db.hpp"

#include <fmt/format.h>
#include <memory>
#include <utility>
#include <variant>

namespace vigia::sim {

namespace {

struct UrlOf {
    std::string operator()(const HttpTarget& target) const { return target.url; }
    std::string operator()(const DbTarget& target) const {
        return fmt::format("{}://{}:{}/{}", to_string(target.kind), target.host, target.port,
                           target.database);
    }
};

/// The phase of a database's conversation that stands for one of a website's.
Phase in_words_of_a_database(Phase phase) {
    return phase == Phase::first_byte || phase == Phase::body ? Phase::query : phase;
}

}  // namespace

std::string url_of(const Target& target) {
    return std::visit(UrlOf{}, target);
}

boost::asio::awaitable<DbAnswer> SimDb::ask(DbRequest request) {
    auto place = std::make_shared<HttpTarget>();
    place->url = url_of(*request.target);
    HttpFetch fetch;
    fetch.target = std::move(place);
    fetch.deadline = request.deadline;
    HttpExchange exchange = co_await network_.fetch(std::move(fetch));

    DbAnswer answer;
    answer.timings = exchange.timings;
    answer.failure = std::move(exchange.failure);
    if (answer.failure) {
        answer.failure->phase = in_words_of_a_database(answer.failure->phase);
        co_return answer;
    }
    answer.server_version = "PostgreSQL 15.0 (simulated)";
    answer.remote_address = "192.0.2.7:5432";
    answer.result = {.rows = 1, .value = "1"};
    if (exchange.status != 200) {
        answer.failure = Reason{.phase = Phase::login,
                                .code = ReasonCode::server_not_ready,
                                .value = 0,
                                .detail = "57P03: " + exchange.body};
    }
    co_return answer;
}

}  // namespace vigia::sim
