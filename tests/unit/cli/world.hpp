#pragma once

#include "base/rng.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "env/env.hpp"
#include "sim/sim_canaries.hpp"
#include "sim/sim_clock.hpp"
#include "sim/sim_db.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vigia::cli_test {

/// Keeps what a command prints.
class RecordingTerminal final : public Terminal {
public:
    void out(std::string_view text) override { printed += text; }
    void error(std::string_view text) override { errors += text; }
    TerminalShape shape() const override { return how; }

    std::string printed;
    std::string errors;
    TerminalShape how;
};

class RecordingLog final : public Log {
public:
    void write(LogLevel level, std::string text) override {
        lines.push_back(std::string(to_string(level)) + " " + std::move(text));
    }
    bool enabled(LogLevel) const override { return true; }

    bool has(std::string_view part) const {
        for (const std::string& line : lines) {
            if (line.find(part) != std::string::npos) return true;
        }
        return false;
    }

    std::vector<std::string> lines;
};

/// Answers 200 after `latency`, or what `answers` says for the URL.
class StagedHttp final : public HttpClient {
public:
    explicit StagedHttp(Clock& clock) : clock_(clock) {}

    boost::asio::awaitable<HttpExchange> fetch(HttpFetch request) override {
        ++fetches;
        most_at_once = std::max(most_at_once, ++at_once_);
        co_await clock_.sleep_until(clock_.now().mono + latency);
        --at_once_;
        HttpExchange exchange;
        exchange.status = 200;
        const auto known = answers.find(request.target->url);
        if (known != answers.end()) exchange = known->second;
        exchange.timings.total = latency;
        co_return exchange;
    }

    std::map<std::string, HttpExchange> answers;
    Duration latency = std::chrono::milliseconds(20);
    std::size_t fetches = 0;
    std::size_t most_at_once = 0;

private:
    Clock& clock_;
    std::size_t at_once_ = 0;
};

/// Accepts every message, but for the recipients that `outcomes` names.
class StagedMailer final : public Mailer {
public:
    boost::asio::awaitable<DeliveryOutcome> send(std::shared_ptr<const MailServer>,
                                                 MailMessage message) override {
        const auto known = outcomes.find(message.to);
        DeliveryOutcome outcome;
        if (known != outcomes.end()) outcome = known->second;
        messages.push_back(std::move(message));
        co_return outcome;
    }

    std::map<std::string, DeliveryOutcome> outcomes;
    std::vector<MailMessage> messages;
};

/// An operator who acts at given times after the start and at the end stops.
class StagedSignals final : public OperatorSignals {
public:
    StagedSignals(Clock& clock, std::vector<std::pair<Duration, OperatorSignal>> plan)
        : clock_(clock), start_(clock.now().mono), plan_(std::move(plan)) {}

    boost::asio::awaitable<OperatorSignal> next() override {
        if (at_ == plan_.size()) co_return OperatorSignal::stop;
        const auto& [when, signal] = plan_[at_++];
        co_await clock_.sleep_until(start_ + when);
        co_return signal;
    }

private:
    Clock& clock_;
    MonoTime start_;
    std::vector<std::pair<Duration, OperatorSignal>> plan_;
    std::size_t at_ = 0;
};

/// Ports on a simulated clock, and a loop that runs a command to its end in no time.
class World {
public:
    /// Runs until `command` has ended, for at most `limit` of simulated time.
    int run(boost::asio::awaitable<int> command, Duration limit = std::chrono::hours(1)) {
        std::optional<int> status;
        std::exception_ptr failure;
        boost::asio::co_spawn(io, std::move(command), [&](std::exception_ptr error, int result) {
            failure = std::move(error);
            status = result;
        });
        const MonoTime end = clock.now().mono + limit;
        while (!status && clock.now().mono < end) {
            if (io.poll_one() == 0 && clock.next()) clock.jump();
        }
        while (io.poll_one() > 0) {
        }
        if (failure) std::rethrow_exception(failure);
        return status.value_or(-1);
    }

    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
        io.get_executor()};
    sim::SimClock clock{
        io.get_executor(),
        {{}, {MonoTime(std::chrono::hours(50)), WallTime(std::chrono::seconds(1'734'603'323))}}};
    StagedHttp http{clock};
    sim::SimDb db{http};
    StagedMailer mailer;
    RecordingLog log;
    RecordingTerminal terminal;
    Rng rng{7};
    sim::Network network;
    sim::SimCanaries canaries{clock, network};
    Env env{clock, http, db, mailer, canaries, log, rng, {"host", "Linux 6.1", "x86_64"}};
};

}  // namespace vigia::cli_test
