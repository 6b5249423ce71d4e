#include "tests/contract/sim_worlds.hpp"

#include "base/rng.hpp"
#include "sim/observer.hpp"
#include "sim/sim_clock.hpp"
#include "sim/sim_db.hpp"
#include "sim/sim_http.hpp"
#include "sim/sim_mailer.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

namespace vigia::test {

namespace asio = boost::asio;

namespace {

/// A loop in virtual time.
struct VirtualTime {
    asio::io_context io{1};
    sim::SimClock clock{io.get_executor(), sim::Moment{}};

    void settle() {
        io.restart();
        while (io.poll() > 0) {
        }
    }

    template <class T>
    T run(asio::awaitable<T> task, asio::cancellation_signal* cancelled = nullptr) {
        std::optional<T> result;
        asio::cancellation_signal unused;
        asio::cancellation_signal& signal = cancelled != nullptr ? *cancelled : unused;
        asio::co_spawn(
            io, std::move(task),
            asio::bind_cancellation_slot(signal.slot(), [&result](std::exception_ptr, T value) {
                result = std::move(value);
            }));
        settle();
        if (cancelled != nullptr) {
            signal.emit(asio::cancellation_type::terminal);
            settle();
        }
        while (!result) {
            if (!clock.next()) throw std::runtime_error("nothing happens");
            clock.jump();
            settle();
        }
        return *std::move(result);
    }
};

sim::Behaviour behaviour_of(Site site) {
    switch (site) {
        case Site::answers:
            return sim::Behaviour::up;
        case Site::answers_503:
            return sim::Behaviour::status_503;
        case Site::refuses:
            return sim::Behaviour::refused;
        case Site::resets:
            return sim::Behaviour::reset;
        case Site::hangs:
            return sim::Behaviour::hang;
        case Site::truncates:
            return sim::Behaviour::truncated;
        case Site::unknown_name:
            return sim::Behaviour::no_such_name;
    }
    return sim::Behaviour::up;
}

class SimHttpWorld final : public HttpWorld {
public:
    std::string url(Site site) override {
        const std::string url = "http://site-" + std::to_string(static_cast<int>(site)) + ".test/";
        network_.put(url, MonitorId("site"),
                     sim::Timeline({{Duration::zero(), behaviour_of(site)}}));
        return url;
    }
    MonoTime now() const override { return time_.clock.now().mono; }
    HttpExchange fetch(HttpFetch request) override {
        return time_.run(http_.fetch(std::move(request)));
    }
    HttpExchange fetch_cancelled(HttpFetch request) override {
        asio::cancellation_signal signal;
        return time_.run(http_.fetch(std::move(request)), &signal);
    }

private:
    VirtualTime time_;
    sim::Network network_;
    Rng rng_{7};
    sim::Observer observer_;
    sim::SimHttp http_{time_.clock, network_, rng_, observer_};
};

sim::Behaviour behaviour_of(DbPlace place) {
    switch (place) {
        case DbPlace::answers:
            return sim::Behaviour::up;
        case DbPlace::refuses:
            return sim::Behaviour::refused;
        case DbPlace::hangs:
            return sim::Behaviour::hang;
        case DbPlace::unknown_name:
            return sim::Behaviour::no_such_name;
    }
    return sim::Behaviour::up;
}

class SimDbWorld final : public DbWorld {
public:
    DbTarget target(DbPlace place) override {
        DbTarget target;
        target.host = "db-" + std::to_string(static_cast<int>(place)) + ".test";
        target.port = default_port(target.kind);
        network_.put(sim::url_of(target), MonitorId("db"),
                     sim::Timeline({{Duration::zero(), behaviour_of(place)}}));
        return target;
    }
    MonoTime now() const override { return time_.clock.now().mono; }
    DbAnswer ask(DbRequest request) override { return time_.run(db_.ask(std::move(request))); }
    DbAnswer ask_cancelled(DbRequest request) override {
        asio::cancellation_signal signal;
        return time_.run(db_.ask(std::move(request)), &signal);
    }

private:
    VirtualTime time_;
    sim::Network network_;
    Rng rng_{7};
    sim::Observer observer_;
    sim::SimHttp http_{time_.clock, network_, rng_, observer_};
    sim::SimDb db_{http_};
};

class SimMailWorld final : public MailWorld {
public:
    void set(PostOfficeMood mood) override {
        const std::optional<sim::MailFault> fault = fault_of(mood);
        std::vector<sim::MailTrouble> troubles;
        if (fault) {
            sim::MailTrouble trouble{};
            trouble.when = sim::Window{Duration::zero(), Duration::max()};
            trouble.fault = *fault;
            troubles.push_back(trouble);
        }
        office_.set_troubles(std::move(troubles));
    }
    MonoTime now() const override { return time_.clock.now().mono; }
    DeliveryOutcome send(MailMessage message) override {
        return time_.run(mailer_.send(std::make_shared<const MailServer>(), std::move(message)));
    }
    int taken() const override { return static_cast<int>(office_.accepted().size()); }

private:
    static std::optional<sim::MailFault> fault_of(PostOfficeMood mood) {
        switch (mood) {
            case PostOfficeMood::accepts:
                return std::nullopt;
            case PostOfficeMood::deferred:
                return sim::MailFault::deferred;
            case PostOfficeMood::rejected:
                return sim::MailFault::rejected;
            case PostOfficeMood::refused:
                return sim::MailFault::refused;
            case PostOfficeMood::stalled:
                return sim::MailFault::stalled;
            case PostOfficeMood::authentication:
                return sim::MailFault::authentication;
            case PostOfficeMood::unwilling:
                return sim::MailFault::unwilling;
            case PostOfficeMood::lost_acknowledgement:
                return sim::MailFault::lost_acknowledgement;
        }
        return std::nullopt;
    }

    VirtualTime time_;
    sim::PostOffice office_;
    Rng rng_{7};
    sim::Observer observer_;
    sim::SimMailer mailer_{time_.clock, office_, rng_, observer_};
};

}  // namespace

std::unique_ptr<HttpWorld> make_sim_http_world() {
    return std::make_unique<SimHttpWorld>();
}

std::unique_ptr<DbWorld> make_sim_db_world() {
    return std::make_unique<SimDbWorld>();
}

std::unique_ptr<MailWorld> make_sim_mail_world() {
    return std::make_unique<SimMailWorld>();
}

}  // namespace vigia::test
