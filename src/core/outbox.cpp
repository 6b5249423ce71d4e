#include "core/outbox.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

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
        case NotificationKind::trouble:
            return 0;
    }
    return 0;
}

}  // namespace

Outbox::Outbox(OutboxPolicy policy, Rng& rng) : policy_(policy), rng_(rng) {}

std::optional<Notification> Outbox::add(Notification row, const Now& now) {
    return take(std::move(row), Duration::zero(), now);
}

std::optional<Notification> Outbox::restore(Notification row, const Now& now) {
    // A clock that went back makes no row younger than now.
    const Duration age = std::max(Duration::zero(), now.wall - row.waiting_since());
    return take(std::move(row), age, now);
}

/// `waited`: for how long the row has been waiting.
std::optional<Notification> Outbox::take(Notification row, Duration waited, const Now& now) {
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
    if (was_idle) incidents_of_[key.second].insert(key.first);
    Duration news_waited = waited;
    if (row.merged_alert) {
        news_waited = std::max(waited, now.wall - row.announcement->confirmed_at);
    }
    const Row added{std::move(row), now.mono + policy_.expiry - waited, now.mono - news_waited,
                    false};
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
        if (may_send(channels_[key.second.channel], now)) return claim(sent_together(key, now));
        unable.insert(key.second.channel);
        if (unable.size() == channels_.size()) return std::nullopt;
    }
    return std::nullopt;
}

Outbox::Claim Outbox::claim(const std::vector<LaneKey>& keys) {
    Claim claim;
    std::vector<Row*> rows;
    const bool alone = keys.size() == 1;
    std::string digest = lanes_.at(keys.front()).rows.front().row.digest;
    const bool begun = !digest.empty();
    for (const LaneKey& key : keys) {
        Lane& lane = lanes_.at(key);
        if (merge(lane, claim.changed) && alone) claim.changed.push_back(lane.rows.front().row);
        for (Row& row : lane.rows) {
            if (row.row.digest != digest) break;  // it came after the digest was begun
            rows.push_back(&row);
            if (alone && !begun) break;
        }
        due_.erase(Due(lane.due, key));
    }
    for (const Row* row : rows) claim.rows.push_back(row->row);
    if (!alone && !begun) digest = digest_id(claim.rows).str();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Notification& row = rows[i]->row;
        row.digest = digest;
        if (!alone && !begun) claim.changed.push_back(row);
        ++row.attempts;
        rows[i]->in_flight = true;
        claim.rows[i] = row;
    }
    ++channels_[keys.front().second.channel].in_flight;
    return claim;
}

/// What was retried by hand had waited before.
bool Outbox::has_waited(const Lane& lane, MonoTime now) const {
    const Row& first = lane.rows.front();
    return first.row.retried_at || first.waits_since + policy_.digest_after <= now;
}

/// The lanes that go out in one message with this one, itself among them: those of a digest that
/// was begun, those of a new one, or it alone.
std::vector<Outbox::LaneKey> Outbox::sent_together(const LaneKey& key, MonoTime now) const {
    const Lane& lane = lanes_.at(key);
    const std::string& begun = lane.rows.front().row.digest;
    const auto joins = [&](const Lane& other) {
        const Notification& first = other.rows.front().row;
        if (!begun.empty()) return first.digest == begun;
        return first.digest.empty() && is_of_a_monitor(first.kind) && !other.alone &&
               has_waited(other, now);
    };
    if (!joins(lane)) return {key};
    std::vector<LaneKey> keys{key};
    for (const IncidentId& incident : incidents_of_.at(key.second)) {
        if (keys.size() == policy_.max_in_digest) break;
        LaneKey other(incident, key.second);
        if (other == key) continue;
        const Lane& candidate = lanes_.at(other);
        if (due_.contains(Due(candidate.due, other)) && joins(candidate)) {
            keys.push_back(std::move(other));
        }
    }
    if (begun.empty() && keys.size() <= policy_.digest_over) return {key};
    std::ranges::sort(keys);
    return keys;
}

/// A channel in trouble is tried with a single message after its rest.
bool Outbox::may_send(const Channel& channel, MonoTime now) const {
    if (now < channel.rest_until) return false;
    return channel.in_flight < (channel.failures > 0 ? 1 : policy_.max_in_flight);
}

/// Lets a recovery, or the last of what was retried by hand, take the place of what waits before
/// it, unless that may have been delivered in a digest. Appends the overtaken rows to `changed`;
/// false: there was nothing to do.
bool Outbox::merge(Lane& lane, std::vector<Notification>& changed) {
    const Notification& first = lane.rows.front().row;
    const bool recovered = lane.rows.back().row.kind == NotificationKind::recovery;
    if (lane.rows.size() == 1 || !first.digest.empty() || !(recovered || first.retried_at)) {
        return false;
    }
    Row last = std::move(lane.rows.back());
    lane.rows.pop_back();
    for (Row& overtaken : lane.rows) {
        if (recovered && overtaken.row.kind == NotificationKind::alert) {
            last.row.merged_alert = true;
        }
        last.waits_since = std::min(last.waits_since, overtaken.waits_since);
        overtaken.row.status = DeliveryStatus::merged;
        overtaken.row.finished_at = last.row.waiting_since();
        forget(overtaken);
        changed.push_back(std::move(overtaken.row));
    }
    lane.rows.clear();
    lane.rows.push_back(std::move(last));
    return true;
}

std::vector<Notification> Outbox::complete(std::span<const Notification> sent,
                                           const DeliveryOutcome& outcome,
                                           const std::string& error_text, const Now& now) {
    VIGIA_ASSERT(!sent.empty());
    settle(channels_[sent.front().recipient.channel], outcome, now.mono);
    const bool digest = !sent.front().digest.empty();
    const bool perhaps_taken = outcome.phase == DeliveryPhase::acknowledgement;
    std::vector<Notification> changed;
    std::set<LaneKey> lanes;
    for (const Notification& one : sent) {
        Row& row = row_of(one.id);
        VIGIA_ASSERT(row.in_flight);
        row.in_flight = false;
        row.row.last_error = error_text;
        if (outcome.accepted() || (outcome.final_refusal() && !digest)) {
            row.row.status = outcome.accepted() ? DeliveryStatus::delivered : DeliveryStatus::dead;
            row.row.finished_at = now.wall;
        } else if (!perhaps_taken || outcome.final_refusal()) {
            row.row.digest.clear();
        }
        changed.push_back(row.row);
        lanes.insert(lane_of_.at(one.id));
    }
    for (const LaneKey& key : lanes) {
        const auto lane = lanes_.find(key);
        std::erase_if(lane->second.rows, [this](Row& row) {
            const bool finished = row.row.status != DeliveryStatus::pending;
            if (finished) forget(row);
            return finished;
        });
        if (lane->second.rows.empty()) {
            forget(lane);
            continue;
        }
        MonoTime due = now.mono;
        if (outcome.accepted() || outcome.final_refusal()) {
            lane->second.failures = 0;
            lane->second.alone = lane->second.alone || (digest && outcome.final_refusal());
        } else if (!outcome.channel_trouble()) {
            due += backoff(++lane->second.failures);
        }
        schedule(key, lane->second, due);
    }
    return changed;
}

std::vector<Notification> Outbox::disband(std::span<const Notification> digest, MonoTime now) {
    VIGIA_ASSERT(!digest.empty());
    --channels_[digest.front().recipient.channel].in_flight;
    std::vector<Notification> changed;
    for (const Notification& one : digest) {
        Row& row = row_of(one.id);
        row.in_flight = false;
        row.row.digest.clear();
        --row.row.attempts;
        changed.push_back(row.row);
        const LaneKey& key = lane_of_.at(one.id);
        Lane& lane = lanes_.at(key);
        lane.alone = true;
        schedule(key, lane, now);
    }
    return changed;
}

/// What an outcome says of the channel as a whole.
void Outbox::settle(Channel& channel, const DeliveryOutcome& outcome, MonoTime now) {
    --channel.in_flight;
    if (!outcome.channel_trouble()) {
        channel.failures = 0;
        channel.rest_until = MonoTime{};
    } else if (now >= channel.rest_until) {
        // Sends that were under way together fail together: that is one failure of the channel.
        channel.rest_until = now + backoff(++channel.failures);
    }
}

Outbox::Row& Outbox::row_of(const NotificationId& id) {
    auto& rows = lanes_.at(lane_of_.at(id)).rows;
    const auto it = std::ranges::find(rows, id, [](const Row& row) { return row.row.id; });
    VIGIA_ASSERT(it != rows.end());
    return *it;
}

/// Takes a row that is about to leave its lane out of every index.
void Outbox::forget(Row& row) {
    expiries_.erase({row.expires, row.row.id});
    lane_of_.erase(row.row.id);
    --rows_;
}

Outbox::Lanes::iterator Outbox::forget(Lanes::iterator lane) {
    const auto& [incident, recipient] = lane->first;
    due_.erase(Due(lane->second.due, lane->first));
    const auto others = incidents_of_.find(recipient);
    others->second.erase(incident);
    if (others->second.empty()) incidents_of_.erase(others);
    return lanes_.erase(lane);
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
            forget(*row);
            dead.push_back(std::move(row->row));
            row = rows.erase(row);
        }
        lane = rows.empty() ? forget(lane) : std::next(lane);
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
        if (std::ranges::none_of(
                lane.rows, [&](const Row& row) { return row.in_flight && row.row.id == id; })) {
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

Duration Outbox::oldest_wait(MonoTime now) const {
    if (expiries_.empty()) return Duration::zero();
    return now - (expiries_.begin()->first - policy_.expiry);
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
