#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "core/monitor.hpp"
#include "core/notification.hpp"
#include "core/probe_result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vigia {

/// Something outside of this machine whose answer proves that there is a way out.
struct Canary {
    enum class Kind : std::uint8_t {
        gateway,   ///< proves that the next hop is there, and no more
        resolver,  ///< "ADDRESS:PORT" of a name server
        host,      ///< "HOST:PORT", by TCP
    };
    Kind kind = Kind::host;
    std::string address;

    friend auto operator<=>(const Canary&, const Canary&) = default;
    friend bool operator==(const Canary&, const Canary&) = default;
};

enum class CanaryAnswer : std::uint8_t {
    alive,
    silent,     ///< nothing came back in time, or there is no way to it
    not_asked,  ///< our own trouble (no descriptors): says nothing
};

struct CanaryReport {
    Canary canary;
    CanaryAnswer answer = CanaryAnswer::not_asked;
};

/// What a probe says of the way to its target.
enum class Reach : std::uint8_t {
    answered,  ///< the target said something, good or bad
    silent,    ///< a lost uplink would look like this
    neither,
};
Reach reach_of(const ProbeResult& result);

/// True if `target` is on this machine as far as its name tells: loopback, localhost, a Unix
/// socket. No uplink is needed to reach it.
bool is_on_this_machine(const Target& target);
/// The same of an address, with or without a port: "127.0.0.1:80", "[::1]:80", "::1".
bool is_loopback_address(std::string_view address);

/// A time in which this machine was cut off.
struct OfflinePeriod {
    Now from;  ///< the first sign of it
    Now to;    ///< the first sign of life after it

    friend bool operator==(const OfflinePeriod&, const OfflinePeriod&) = default;
};

enum class UplinkState : std::uint8_t {
    connected,  ///< or nothing is known: no canary votes
    suspect,    ///< no canary answers, but the monitors do not bear it out
    cut_off,
};

/// Judges whether it is us who are cut off (docs/adr/0009): canaries asked in rounds, together with
/// the share of monitors that fail at once. Pure: no clock, no I/O. One owner, one thread. Between
/// two answers of the canaries it remembers each monitor that was probed, and no more.
class Uplink {
public:
    /// So long after the first question silence counts even of canaries that never answered, if
    /// nothing at all was reached since the start.
    static constexpr Duration kProbation = std::chrono::minutes(10);
    /// Losses that are not further apart are one.
    static constexpr Duration kSettled = std::chrono::seconds(30);

    explicit Uplink(const Now& start) : last_proof_(start) {}

    /// A probe of `monitor`, begun at `began`, found what a lost uplink would look like.
    void failed(const MonitorId& monitor, const Now& began);
    /// A target that is not on this machine answered.
    void reached(const MonitorId& monitor, const Now& now);

    /// All canaries are about to be asked. What is reached later does not speak against a round
    /// that finds nothing: the way may have come back under way.
    void begin_round();
    /// They were. Returns the state from now on. Precondition: begin_round() was called.
    UplinkState end_round(std::span<const CanaryReport> reports, const Now& now);

    UplinkState state() const { return state_; }
    /// When the present loss began. Precondition: cut off.
    const Now& cut_off_since() const { return period_->from; }
    bool has_voters() const { return !voters_.empty(); }
    /// It has answered since the start.
    bool has_voted(const Canary& canary) const { return voters_.contains(canary); }

    /// The last loss, once it is over for good: after kSettled, or at once with `at_any_rate`.
    std::optional<OfflinePeriod> take_over(const Now& now, bool at_any_rate = false);
    /// When take_over() has something to give; nothing while there is nothing.
    std::optional<MonoTime> over_at() const;

private:
    bool all_silent(std::span<const CanaryReport> reports, const Now& now);
    void become(UplinkState state, const Now& now);

    std::optional<MonoTime> last_asked_;  ///< when a canary was last silent
    Duration probation_{};                ///< how long canaries have been asked in vain
    UplinkState state_ = UplinkState::connected;
    std::set<Canary> voters_;        ///< have answered since the start
    bool proven_by_round_ = false;   ///< when the last round began
    bool proven_ = false;            ///< something beyond this machine has answered since the start
    bool silent_ = false;            ///< the last round found nothing
    Now last_proof_;                 ///< last answer of anything, or the start
    std::optional<Now> first_sign_;  ///< of the failures since the last proof
    /// Monitors probed since the canaries fell silent (true: reached), and those that failed since
    /// they last answered (false).
    std::unordered_map<MonitorId, bool> seen_;
    std::size_t reached_ = 0;           ///< of those
    std::size_t reached_by_round_ = 0;  ///< when the present round began
    std::optional<OfflinePeriod> period_;
    bool over_ = false;  ///< period_ has ended
};

/// "monitor offline from … to …", one row to each recipient. The same period gives the same ids.
std::vector<Notification> offline_notices(const OfflinePeriod& period,
                                          std::span<const Recipient> recipients,
                                          std::string_view message_domain, const Now& now);

}  // namespace vigia
