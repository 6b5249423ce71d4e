#include "core/outbox.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace vigia {

namespace {

int rank(NotificationKind kind) {
    switch (kind) {
        case NotificationKind::recovery:
            return 2;
        case NotificationKind::reminder:
            return 1;
        case NotificationKind::alert:
        case NotificationKind::test:
        case NotificationKind::offline:
            return 0;
    }
    return 0;
}

}  // namespace

Outbox::Outbox(OutboxPolicy policy, Rng& rng) : policy_(policy), rng_(rng) {}

std::optional<Notification> Outbox::add(Notification row, const Now& now) {
    return take(std::move(row), now.mono + policy_.expiry, now);
}

std::optional<Notification> Outbox::restore(Notification row, const Now& now) {
    // A clock that went back makes no row younger than now.
    const Duration age = std::max(Duration::zero(), now.wall - row.created_at);
    return take(std::move(row), now.mono + policy_.expiry - age, now);
}

std::optional<Notification> Outbox::take(Notification row, MonoTime expires, const Now& now) {
    VIGIA_ASSERT(row.status == DeliveryStatus::pending);
    if (rows_ >= policy_.max_pending) {
        row.status = DeliveryStatus::dead;
        row.finished_at = now.wall;
        return row;
    }
    const LaneKey key{row.announcement->incident, row.recipient};
    if (lane_of_.contains(row.id)) return std::nullopt;  // one row per dedup key
    channels_.try_emplace(row.recipient.channel);        // claim() and next_due() count them
    Lane& lane = lanes_[key];
    const bool was_idle = lane.rows.empty();
    const Row added{std::move(row), expires, false};
    expiries_.emplace(added.expires, added.row.id);
    lane_of_.emplace(added.row.id, key);
    const auto place =
        std::upper_bound(lane.rows.begin(), lane.rows.end(), added, [](const Row& a, const Row& b) {
            return std::pair(rank(a.row.kind), a.row.seq) < std::pair(rank(b.row.kind), b.row.seq);
        });
    lane.rows.insert(place, added);
    ++rows_;
    if (was_idle) schedule(key, lane, now.mono);
    return std::nullopt;
}

std::optional<Outbox::Claim> Outbox::claim(MonoTime now) {
    std::set<std::string_view> unable;
    for (const auto& [due, key] : due_) {
        if (due > now) return std::nullopt;
        if (unable.contains(key.second.channel)) continue;
        Channel& channel = channels_[key.second.channel];
        if (!may_send(channel, now)) {
            unable.insert(key.second.channel);
            if (unable.size() == channels_.size()) return std::nullopt;
            continue;
        }
        Lane& lane = lanes_.at(key);
        Claim claim;
        claim.changed = merge(lane);
        Row& first = lane.rows.front();
        first.in_flight = true;
        ++first.row.attempts;
        ++channel.in_flight;
        claim.row = first.row;
        due_.erase(Due(due, key));
        return claim;
    }
    return std::nullopt;
}

/// A channel in trouble is tried with a single message after its rest.
bool Outbox::may_send(const Channel& channel, MonoTime now) const {
    if (now < channel.rest_until) return false;
    return channel.in_flight < (channel.failures > 0 ? 1 : policy_.max_in_flight);
}

std::vector<Notification> Outbox::merge(Lane& lane) {
    std::vector<Notification> changed;
    if (lane.rows.back().row.kind != NotificationKind::recovery || lane.rows.size() == 1)
        return changed;
    Row recovery = std::move(lane.rows.back());
    lane.rows.pop_back();
    for (Row& overtaken : lane.rows) {
        if (overtaken.row.kind == NotificationKind::alert) recovery.row.merged_alert = true;
        overtaken.row.status = DeliveryStatus::merged;
        overtaken.row.finished_at = recovery.row.created_at;
        expiries_.erase({overtaken.expires, overtaken.row.id});
        lane_of_.erase(overtaken.row.id);
        --rows_;
        changed.push_back(std::move(overtaken.row));
    }
    changed.push_back(recovery.row);
    lane.rows.clear();
    lane.rows.push_back(std::move(recovery));
    return changed;
}

Notification Outbox::complete(const NotificationId& id, const DeliveryOutcome& outcome,
                              std::string error_text, const Now& now) {
    const LaneKey key = lane_of_.at(id);
    Lane& lane = lanes_.at(key);
    const auto it = std::find_if(lane.rows.begin(), lane.rows.end(),
                                 [&](const Row& row) { return row.row.id == id; });
    VIGIA_ASSERT(it != lane.rows.end() && it->in_flight);
    Channel& channel = channels_[key.second.channel];
    --channel.in_flight;
    it->in_flight = false;
    it->row.last_error = std::move(error_text);

    MonoTime due = now.mono;
    if (outcome.channel_trouble()) {
        // Sends that were under way together fail together: that is one failure of the channel.
        if (now.mono >= channel.rest_until) {
            channel.rest_until = now.mono + backoff(++channel.failures);
        }
    } else {
        channel.failures = 0;
        channel.rest_until = MonoTime{};
    }
    if (outcome.accepted() || outcome.final_refusal()) {
        it->row.status = outcome.accepted() ? DeliveryStatus::delivered : DeliveryStatus::dead;
        it->row.finished_at = now.wall;
        lane.failures = 0;
    } else if (!outcome.channel_trouble()) {
        due = now.mono + backoff(++lane.failures);
    }
    Notification changed = it->row;
    if (changed.status != DeliveryStatus::pending) {
        expiries_.erase({it->expires, id});
        lane_of_.erase(id);
        lane.rows.erase(it);
        --rows_;
    }
    if (lane.rows.empty()) {
        lanes_.erase(key);
    } else {
        schedule(key, lane, due);
    }
    return changed;
}

template <class Doomed>
std::vector<Notification> Outbox::bury(Doomed doomed, const std::string& error_text,
                                       const Now& now) {
    std::vector<Notification> dead;
    for (auto lane = lanes_.begin(); lane != lanes_.end();) {
        auto& rows = lane->second.rows;
        for (auto row = rows.begin(); row != rows.end();) {
            if (row->in_flight || !doomed(*row)) {
                ++row;
                continue;
            }
            row->row.status = DeliveryStatus::dead;
            row->row.finished_at = now.wall;
            if (!error_text.empty()) row->row.last_error = error_text;
            expiries_.erase({row->expires, row->row.id});
            lane_of_.erase(row->row.id);
            --rows_;
            dead.push_back(std::move(row->row));
            row = rows.erase(row);
        }
        if (rows.empty()) {
            due_.erase(Due(lane->second.due, lane->first));
            lane = lanes_.erase(lane);
        } else {
            ++lane;
        }
    }
    return dead;
}

std::vector<Notification> Outbox::expire(const Now& now) {
    if (expiries_.empty() || expiries_.begin()->first > now.mono) return {};
    return bury([&](const Row& row) { return row.expires <= now.mono; }, "", now);
}

std::vector<Notification> Outbox::keep_only(std::span<const Recipient> recipients,
                                            std::string error_text, const Now& now) {
    const std::set<Recipient> kept(recipients.begin(), recipients.end());
    return bury([&](const Row& row) { return !kept.contains(row.row.recipient); }, error_text, now);
}

void Outbox::set_policy(OutboxPolicy policy) {
    for (auto& [key, lane] : lanes_) {
        for (Row& row : lane.rows) {
            expiries_.erase({row.expires, row.row.id});
            row.expires += policy.expiry - policy_.expiry;
            expiries_.emplace(row.expires, row.row.id);
        }
    }
    policy_ = policy;
}

void Outbox::reset_waits(MonoTime now) {
    for (auto& [name, channel] : channels_) {
        channel.rest_until = MonoTime{};
        channel.failures = 0;
    }
    for (auto& [key, lane] : lanes_) {
        lane.failures = 0;
        if (due_.erase(Due(lane.due, key)) > 0) schedule(key, lane, now);
    }
}

std::optional<MonoTime> Outbox::next_due(MonoTime now) const {
    std::optional<MonoTime> next;
    const auto consider = [&](MonoTime when) {
        if (!next || when < *next) next = when;
    };
    // Expired rows in flight are left alone: their completion decides.
    for (const auto& [when, id] : expiries_) {
        const Lane& lane = lanes_.at(lane_of_.at(id));
        if (!lane.rows.front().in_flight || lane.rows.front().row.id != id) {
            consider(when);
            break;
        }
    }
    std::set<std::string> seen;  // channels: the earliest lane of each is enough
    for (const auto& [due, key] : due_) {
        if (next && due >= *next) break;
        if (!seen.insert(key.second.channel).second) continue;
        const auto channel = channels_.find(key.second.channel);
        if (channel == channels_.end() || may_send(channel->second, std::max(now, due))) {
            consider(due);
        } else if (channel->second.rest_until > now) {
            consider(std::max(due, channel->second.rest_until));
        }  // else it is full: complete() makes room
        if (seen.size() == channels_.size()) break;
    }
    return next;
}

std::vector<Recipient> Outbox::reminder_pending(const IncidentId& incident) const {
    std::vector<Recipient> waiting;
    for (auto it = lanes_.lower_bound(LaneKey(incident, Recipient{}));
         it != lanes_.end() && it->first.first == incident; ++it) {
        const auto is_reminder = [](const Row& row) {
            return row.row.kind == NotificationKind::reminder;
        };
        if (std::ranges::any_of(it->second.rows, is_reminder)) waiting.push_back(it->first.second);
    }
    return waiting;
}

std::size_t Outbox::in_flight() const {
    std::size_t sum = 0;
    for (const auto& [name, channel] : channels_) sum += channel.in_flight;
    return sum;
}

Duration Outbox::backoff(std::uint32_t failures) {
    const double doublings = std::min<std::uint32_t>(failures - 1, 30);
    const double full = std::min(to_seconds(policy_.retry_max),
                                 to_seconds(policy_.retry_initial) * std::exp2(doublings));
    return from_seconds(full * rng_.uniform(0.8, 1.2));
}

void Outbox::schedule(const LaneKey& key, Lane& lane, MonoTime due) {
    lane.due = due;
    due_.emplace(due, key);
}

}  // namespace vigia
