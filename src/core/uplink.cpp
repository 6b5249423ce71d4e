#include "core/uplink.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <utility>

namespace vigia {
namespace {

std::string_view without_port(std::string_view endpoint) {
    if (endpoint.starts_with('[')) return endpoint.substr(1, endpoint.find(']') - 1);
    const std::size_t colon = endpoint.find(':');
    // More than one colon without brackets: an IPv6 address without a port.
    return colon == endpoint.rfind(':') ? endpoint.substr(0, colon) : endpoint;
}

bool is_all_of_ipv4(std::string_view host) {
    return std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

}  // namespace

Reach reach_of(const ProbeResult& result) {
    if (is_good(result.outcome)) return Reach::answered;
    switch (result.reason.code) {
        case ReasonCode::timeout:
        case ReasonCode::host_unreachable:
        case ReasonCode::name_server_failure:  // a forwarder without its way out
        case ReasonCode::proxy_failure:
        case ReasonCode::network_unreachable:
        case ReasonCode::resolver_dead:
            return Reach::silent;
        // A name may come from a cache, a reset or a close from what stands between.
        case ReasonCode::name_not_found:
        case ReasonCode::name_no_address:
        case ReasonCode::connection_reset:
        case ReasonCode::connection_closed:
        case ReasonCode::body_truncated:
            return Reach::neither;
        default:
            return is_own_fault(result.reason.code) ? Reach::neither : Reach::answered;
    }
}

bool is_loopback_address(std::string_view address) {
    std::string_view host = without_port(address);
    if (host == "::1") return true;
    constexpr std::string_view kMapped = "::ffff:";
    if (host.starts_with(kMapped)) host.remove_prefix(kMapped.size());
    return host.starts_with("127.") && is_all_of_ipv4(host);
}

bool is_on_this_machine(const Target& target) {
    std::string endpoint = endpoint_of(target);
    constexpr std::string_view kDatabase = "db://";
    if (endpoint.starts_with(kDatabase)) endpoint.erase(0, kDatabase.size());
    if (endpoint.starts_with('/')) return true;
    const std::string host = ascii_lower(without_port(endpoint));
    return host == "localhost" || host.ends_with(".localhost") || is_loopback_address(endpoint);
}

void Uplink::failed(const MonitorId& monitor, const Now& began) {
    if (!first_sign_ || began.mono < first_sign_->mono) first_sign_ = began;
    const auto [known, added] = seen_.try_emplace(monitor, false);
    if (!added && known->second) --reached_;
    known->second = false;
}

void Uplink::reached(const MonitorId& monitor, const Now& now) {
    proven_ = true;
    last_proof_ = now;
    if (!silent_) {
        seen_.erase(monitor);
        return;
    }
    bool& known = seen_[monitor];
    if (!known) ++reached_;
    known = true;
}

void Uplink::begin_round() {
    reached_by_round_ = reached_;
    proven_by_round_ = proven_;
}

UplinkState Uplink::end_round(std::span<const CanaryReport> reports, const Now& now) {
    if (!all_silent(reports, now)) {
        silent_ = false;
        become(UplinkState::connected, now);
        seen_.clear();
        reached_ = 0;
        first_sign_.reset();
        return state_;
    }
    silent_ = true;
    const std::size_t failing = seen_.size() - reached_;
    become(failing > reached_by_round_ ? UplinkState::cut_off : UplinkState::suspect, now);
    return state_;
}

/// True if those that vote say so. The gateway's word counts where nothing beyond it votes.
bool Uplink::all_silent(std::span<const CanaryReport> reports, const Now& now) {
    std::size_t alive_beyond = 0;
    std::size_t alive_gateways = 0;
    for (const CanaryReport& report : reports) {
        if (report.answer != CanaryAnswer::alive) continue;
        ++(report.canary.kind == Canary::Kind::gateway ? alive_gateways : alive_beyond);
        voters_.insert(report.canary);
        proven_ = true;
        last_proof_ = now;
    }
    if (alive_beyond > 0) return false;
    const bool asked = std::ranges::any_of(
        reports, [](const CanaryReport& r) { return r.answer == CanaryAnswer::silent; });
    // A time in which this process stood still proves nothing of the canaries.
    constexpr Duration kLongestStep = std::chrono::seconds(15);
    if (asked && last_asked_) probation_ += std::min(now.mono - *last_asked_, kLongestStep);
    if (asked) last_asked_ = now.mono;
    // What was reached underway may have waited for the end of a loss, which took the canaries'
    // questions along.
    const bool all_vote = !proven_by_round_ && probation_ < kProbation;
    std::size_t silent_beyond = 0;
    std::size_t silent_gateways = 0;
    for (const CanaryReport& report : reports) {
        if (report.answer != CanaryAnswer::silent) continue;
        if (!all_vote && !voters_.contains(report.canary)) continue;
        ++(report.canary.kind == Canary::Kind::gateway ? silent_gateways : silent_beyond);
    }
    return silent_beyond > 0 || (silent_gateways > 0 && alive_gateways == 0);
}

void Uplink::become(UplinkState state, const Now& now) {
    const bool was_cut_off = std::exchange(state_, state) == UplinkState::cut_off;
    const bool is_cut_off = state == UplinkState::cut_off;
    if (is_cut_off == was_cut_off) return;
    if (!is_cut_off) {
        period_->to = now;
        // A clock set meanwhile moves both ends.
        period_->from.wall = now.wall - (now.mono - period_->from.mono);
        over_ = true;
        return;
    }
    over_ = false;
    if (period_) return;  // nobody was told of its end yet: it goes on
    VIGIA_ASSERT(first_sign_);
    // What was reached after a failing probe began was reached before the loss.
    const Now& from = first_sign_->mono < last_proof_.mono ? last_proof_ : *first_sign_;
    period_ = OfflinePeriod{from, now};
}

std::optional<OfflinePeriod> Uplink::take_over(const Now& now, bool at_any_rate) {
    const auto at = over_at();
    if (!at || (!at_any_rate && now.mono < *at)) return std::nullopt;
    over_ = false;
    return std::exchange(period_, std::nullopt);
}

std::optional<MonoTime> Uplink::over_at() const {
    if (!over_) return std::nullopt;
    return period_->to.mono + kSettled;
}

std::vector<Notification> offline_notices(const OfflinePeriod& period,
                                          std::span<const Recipient> recipients,
                                          std::string_view message_domain, const Now& now) {
    auto about = std::make_shared<Announcement>();
    about->incident =
        IncidentId(fmt::format("uplink-{}", period.from.wall.time_since_epoch().count()));
    about->started_at = period.from.wall;
    about->confirmed_at = period.from.wall;
    about->recovered_at = std::max(period.to.wall, period.from.wall);
    about->down_for = period.to.mono - period.from.mono;
    about->reason.code = ReasonCode::uplink_down;
    about->message_domain = message_domain;
    return notices(NotificationKind::offline, std::move(about), recipients, now.wall);
}

}  // namespace vigia
