#pragma once

#include "base/rng.hpp"
#include "env/mailer.hpp"
#include "sim/observer.hpp"
#include "sim/script.hpp"
#include "sim/sim_clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigia::sim {

/// The mail server: its moods, and what it took. Outlives the processes that send through it.
class PostOffice {
public:
    void set_troubles(std::vector<MailTrouble> troubles) { troubles_ = std::move(troubles); }
    void add_trouble(MailTrouble trouble) { troubles_.push_back(std::move(trouble)); }

    /// What befalls a message to `recipient` now; trouble with one recipient comes first.
    std::optional<MailFault> trouble_at(Duration at, const std::string& recipient) const;

    /// The end of the last trouble that has begun by `at`; zero if there was none.
    Duration troubled_until(Duration at) const;

    void take(AcceptedMail mail) { accepted_.push_back(std::move(mail)); }
    const std::vector<AcceptedMail>& accepted() const { return accepted_; }

private:
    std::vector<MailTrouble> troubles_;
    std::vector<AcceptedMail> accepted_;
};

/// Mailer that brings messages to a PostOffice, with an SMTP dialogue's delays and outcomes. One
/// process's; everything that it refers to outlives it.
class SimMailer final : public Mailer {
public:
    SimMailer(SimClock& clock, PostOffice& office, Rng& rng, Observer& observer)
        : clock_(clock), office_(office), rng_(rng), observer_(observer) {}

    boost::asio::awaitable<DeliveryOutcome> send(std::shared_ptr<const MailServer> server,
                                                 MailMessage message) override;

    /// The process is gone: no message leaves it any more.
    void sever() { severed_ = true; }

    std::size_t in_flight() const { return in_flight_; }
    std::size_t most_in_flight() const { return most_in_flight_; }

private:
    class Scope;
    boost::asio::awaitable<DeliveryOutcome> dialogue(const MailMessage& message);
    boost::asio::awaitable<DeliveryOutcome> hand_over(const MailMessage& message, bool answered);
    boost::asio::awaitable<bool> pause(Duration shortest, Duration longest);

    SimClock& clock_;
    PostOffice& office_;
    Rng& rng_;
    Observer& observer_;
    bool severed_ = false;
    std::size_t in_flight_ = 0;
    std::size_t most_in_flight_ = 0;
};

}  // namespace vigia::sim
