#pragma once

#include "sim/moment.hpp"
#include "sim/observer.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace vigia::sim {

/// What happened, line by line, as a hash: two runs with the same journal did the same. Keeps the
/// last lines for whoever has to find out why.
class Journal {
public:
    struct Line {
        Duration elapsed{};
        std::string what;
        std::string text;
    };
    using Sink = std::function<void(const Line& line)>;
    static constexpr std::size_t kKept = 80;

    /// Every line also goes to `sink`.
    void set_sink(Sink sink) { sink_ = std::move(sink); }

    void add(Duration elapsed, std::string_view what, std::string text);

    std::uint64_t hash() const { return hash_; }
    std::uint64_t lines() const { return lines_; }
    const std::deque<Line>& last_lines() const { return last_; }

private:
    std::uint64_t hash_ = 0;
    std::uint64_t lines_ = 0;
    std::deque<Line> last_;
    Sink sink_;
};

/// "3d 04:05:06.789"
std::string format_elapsed(Duration elapsed);
std::string format_line(const Journal::Line& line);

/// Writes commits and mails into a journal.
class JournalKeeper final : public Observer {
public:
    explicit JournalKeeper(Journal& journal) : journal_(journal) {}

    void started(const Moment& moment, const Sample& sample) override;
    void reloaded(const Moment& moment, const Config& config) override;
    void stopped(const Moment& moment) override;
    void crashed(const Moment& moment) override;
    void clock_stepped(const Moment& moment) override;
    void committed(const Moment& moment, const Batch& batch) override;
    void commit_refused(const Moment& moment) override;
    void mail_accepted(const Moment& moment, const AcceptedMail& mail) override;
    void mail_reported(const Moment& moment, const std::string& message_id,
                       const DeliveryOutcome& outcome) override;

private:
    Journal& journal_;
};

}  // namespace vigia::sim
