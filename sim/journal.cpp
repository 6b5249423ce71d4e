#include "sim/journal.hpp"

#include "base/hash.hpp"

#include <chrono>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace vigia::sim {

std::string format_elapsed(Duration elapsed) {
    using namespace std::chrono;
    const auto ms = duration_cast<milliseconds>(elapsed).count();
    return fmt::format("{}d {:02}:{:02}:{:02}.{:03}", ms / 86'400'000, ms / 3'600'000 % 24,
                       ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

std::string format_line(const Journal::Line& line) {
    return fmt::format("{} {} {}", format_elapsed(line.elapsed), line.what, line.text);
}

void Journal::add(Duration elapsed, std::string_view what, std::string text) {
    for (const std::uint64_t part :
         {static_cast<std::uint64_t>(elapsed.count()), stable_hash(what), stable_hash(text)}) {
        hash_ = (hash_ ^ part) * 0x9e3779b97f4a7c15U;
        hash_ ^= hash_ >> 29U;
    }
    ++lines_;
    if (last_.size() >= kKept) {
        last_.push_back(std::move(last_.front()));  // its strings' memory serves again
        last_.pop_front();
        last_.back().what.assign(what);
    } else {
        last_.push_back({elapsed, std::string(what), {}});
    }
    last_.back().elapsed = elapsed;
    last_.back().text = std::move(text);
    if (sink_) sink_(last_.back());
}

void JournalKeeper::started(const Moment& moment, const Sample& sample) {
    journal_.add(moment.elapsed, "start",
                 fmt::format("with {} notifications pending", sample.pending_notifications));
}

void JournalKeeper::reloaded(const Moment& moment, const Config& config) {
    journal_.add(moment.elapsed, "reload", fmt::format("{} monitors", config.monitors.size()));
}

void JournalKeeper::stopped(const Moment& moment) {
    journal_.add(moment.elapsed, "stop", "");
}

void JournalKeeper::crashed(const Moment& moment) {
    journal_.add(moment.elapsed, "crash", "");
}

void JournalKeeper::clock_stepped(const Moment& moment) {
    journal_.add(moment.elapsed, "step",
                 fmt::format("{}", moment.now.wall.time_since_epoch().count()));
}

void JournalKeeper::committed(const Moment& moment, const Batch& batch) {
    std::string line;
    auto out = std::back_inserter(line);
    for (const ResultRow& row : batch.results) {
        fmt::format_to(out, " {}={}/{}", row.monitor.str(), to_string(row.outcome),
                       to_string(row.reason));
    }
    for (const StateRow& row : batch.states) {
        fmt::format_to(out, " {}:{}-{}+{}", row.monitor.str(), to_string(row.state.health),
                       row.state.bad_streak, row.state.good_streak);
    }
    for (const Incident& incident : batch.incidents) {
        fmt::format_to(out, " incident {} {}", incident.id.str(),
                       !incident.ended_at                          ? "open"
                       : incident.end_reason == EndReason::retired ? "retired"
                                                                   : "resolved");
    }
    for (const Notification& row : batch.notifications) {
        fmt::format_to(out, " {} {}", row.id.str(), to_string(row.status));
    }
    journal_.add(moment.elapsed, "commit", std::move(line));
}

void JournalKeeper::commit_refused(const Moment& moment) {
    journal_.add(moment.elapsed, "refused", "");
}

void JournalKeeper::mail_accepted(const Moment& moment, const AcceptedMail& mail) {
    journal_.add(moment.elapsed, "mail",
                 fmt::format("{} {} {}", mail.recipient, mail.message_id, mail.subject));
}

void JournalKeeper::mail_reported(const Moment& moment, const std::string& message_id,
                                  const DeliveryOutcome& outcome) {
    journal_.add(moment.elapsed, "reply",
                 fmt::format("{} {} in {}", message_id, static_cast<int>(outcome.failure),
                             static_cast<int>(outcome.phase)));
}

}  // namespace vigia::sim
