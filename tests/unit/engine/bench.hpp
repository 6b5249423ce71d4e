#pragma once

#include "base/i18n.hpp"
#include "base/rng.hpp"
#include "engine/committer.hpp"
#include "engine/dispatcher.hpp"
#include "engine/event_log.hpp"
#include "env/env.hpp"
#include "env/task_group.hpp"
#include "notify/email_notifier.hpp"
#include "sim/faulty_store.hpp"
#include "sim/journal.hpp"
#include "sim/sim_canaries.hpp"
#include "sim/sim_clock.hpp"
#include "sim/sim_db.hpp"
#include "sim/sim_http.hpp"
#include "sim/sim_log.hpp"
#include "sim/sim_mailer.hpp"
#include "store/memory_store.hpp"

#include <boost/asio/io_context.hpp>
#include <exception>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vigia::engine_test {

/// Writes down what the ports did.
struct Recorder final : sim::Observer {
    struct Probe {
        MonitorId monitor;
        Duration at{};
    };
    std::vector<Probe> started;
    std::vector<Probe> ended;
    std::vector<Batch> commits;
    unsigned refused = 0;
    std::vector<sim::AcceptedMail> mails;

    void probe_started(const sim::Moment& m, const MonitorId& id) override {
        started.push_back({id, m.elapsed});
    }
    void probe_ended(const sim::Moment& m, const MonitorId& id, sim::Sight) override {
        ended.push_back({id, m.elapsed});
    }
    void probe_abandoned(const sim::Moment& m, const MonitorId& id) override {
        ended.push_back({id, m.elapsed});
    }
    void committed(const sim::Moment&, const Batch& batch) override { commits.push_back(batch); }
    void commit_refused(const sim::Moment&) override { ++refused; }
    void mail_accepted(const sim::Moment&, const sim::AcceptedMail& mail) override {
        mails.push_back(mail);
    }
};

/// A simulated machine to test one part of the engine on. Nothing moves until the test says so.
class Bench {
public:
    Bench() {
        log.set_listener([this](LogLevel level, const std::string& text) {
            lines.push_back(std::string(to_string(level)) + " " + text);
        });
    }
    ~Bench() {
        tasks.cancel();
        settle();
        EXPECT_EQ(tasks.size(), 0U) << "a task did not end";
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    /// Runs everything that is ready.
    void settle() {
        io.restart();
        while (io.poll() > 0) io.restart();
    }
    /// Lets `length` pass, with everything that happens in it.
    void run_for(Duration length) {
        const MonoTime end = clock.now().mono + length;
        settle();
        while (clock.next() && *clock.next() <= end) {
            clock.jump();
            settle();
        }
        clock.pass(end - clock.now().mono);
    }
    /// The process stands still; then it goes on.
    void freeze(Duration length) {
        clock.pass(length);
        run_for({});
    }
    Duration elapsed() const { return clock.moment().elapsed; }

    /// How many lines of the log hold `text`.
    std::size_t logged(const std::string& text) const {
        std::size_t count = 0;
        for (const std::string& line : lines) count += line.find(text) != std::string::npos;
        return count;
    }

    /// A website that behaves by `segments` and is asked for at `url`.
    MonitorPtr website(const std::string& name, Policy policy,
                       std::vector<sim::Timeline::Segment> segments = {}) {
        auto monitor = std::make_shared<Monitor>();
        monitor->id = MonitorId("site-" + name);
        monitor->name = name;
        monitor->policy = policy;
        HttpTarget target;
        target.url = "http://" + name + ".sim/";
        monitor->target = target;
        network.put(target.url, monitor->id, sim::Timeline(std::move(segments)));
        return monitor;
    }

    /// One channel: the simulated mail server.
    Dispatcher::Notifiers channels() {
        EmailChannel channel;
        channel.sender = "vigia@watch.sim";
        return {{"email", std::make_shared<EmailNotifier>(env, channel, events.catalog())}};
    }

    boost::asio::io_context io{1};
    sim::SimClock clock{
        io.get_executor(),
        {{}, {MonoTime(std::chrono::hours(70)), WallTime(std::chrono::seconds(1'734'603'323))}}};
    Rng rng{11};
    Recorder seen;
    sim::Journal journal;
    sim::Network network;
    sim::PostOffice office;
    MemoryStore memory;
    sim::FaultPlan<sim::StoreFault> store_faults;
    sim::SimHttp http{clock, network, rng, seen};
    sim::SimDb db{http};
    sim::SimMailer mailer{clock, office, rng, seen};
    sim::SimCanaries canaries{clock, network};
    sim::FaultyStore store{clock, memory, store_faults, seen};
    sim::SimLog log{clock, journal, LogLevel::debug};
    Env env{clock,    http, db,  mailer,
            canaries, log,  rng, HostFacts{"host", "Linux 6.1.0", "x86_64"}};
    EventLog events{log, Catalog(Language::en)};
    std::vector<std::string> lines;
    std::vector<std::string> failures;  ///< exceptions that left a task
    TaskGroup tasks{io.get_executor(), [this](const std::exception_ptr& error) {
                        try {
                            std::rethrow_exception(error);
                        } catch (const std::exception& e) {
                            failures.emplace_back(e.what());
                        }
                    }};
};

}  // namespace vigia::engine_test
