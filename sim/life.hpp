#pragma once

#include "app/app.hpp"
#include "env/env.hpp"
#include "sim/faulty_store.hpp"
#include "sim/journal.hpp"
#include "sim/observer.hpp"
#include "sim/sim_canaries.hpp"
#include "sim/sim_clock.hpp"
#include "sim/sim_db.hpp"
#include "sim/sim_http.hpp"
#include "sim/sim_log.hpp"
#include "sim/sim_mailer.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <optional>

namespace vigia::sim {

/// What outlives a process: everything outside of it. All by reference, owned by the World.
struct Surroundings {
    const Network& network;
    PostOffice& office;
    Store& store;
    const FaultPlan<StoreFault>& store_faults;
    Journal& journal;
    Observer& observer;
    Rng& rng;  ///< of the outside
};

/// One run of the program, from its start to its stop or crash: an App on an executor and ports of
/// its own. Neither copied nor moved; stop() or crash() comes before the destructor.
class Life {
public:
    Life(const Surroundings& around, const Moment& start, Config config, std::uint64_t seed);
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    App& app() { return app_; }
    SimClock& clock() { return clock_; }
    SimLog& log() { return log_; }
    const SimHttp& http() const { return http_; }
    FaultyStore& store() { return store_; }
    const Moment& moment() const { return clock_.moment(); }

    /// Runs one handler that is ready; false if there is none.
    bool poll_one() { return io_.poll_one() > 0; }

    /// A crash as the world sees it: from one handler to the next, nothing more goes out (no
    /// commit, no mail, no line), and nothing is said to anybody. What was under way is then
    /// unwound out of sight, because frames cannot be left lying about.
    void crash();

    /// App::stop(), to its end. Returns how long it took.
    Duration stop();

private:
    void run_until_stopped(Duration limit);

    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    SimClock clock_;
    Rng rng_;
    SimHttp http_;
    SimDb db_;
    SimMailer mailer_;
    SimCanaries canaries_;
    FaultyStore store_;
    SimLog log_;
    Env env_;
    App app_;
    bool stopped_ = false;
};

}  // namespace vigia::sim
