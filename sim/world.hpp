#pragma once

#include "sim/audience.hpp"
#include "sim/checkers/bounds.hpp"
#include "sim/checkers/committed_view.hpp"
#include "sim/checkers/confirmation.hpp"
#include "sim/checkers/convergence.hpp"
#include "sim/checkers/crash.hpp"
#include "sim/checkers/delivery.hpp"
#include "sim/checkers/incident_book.hpp"
#include "sim/checkers/offline_notice.hpp"
#include "sim/checkers/retired_silence.hpp"
#include "sim/checkers/rhythm.hpp"
#include "sim/checkers/trouble_notice.hpp"
#include "sim/crash_trigger.hpp"
#include "sim/doubtful_commit.hpp"
#include "sim/findings.hpp"
#include "sim/journal.hpp"
#include "sim/life.hpp"
#include "sim/script.hpp"
#include "sim/storage.hpp"
#include "sim/tally.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace vigia::sim {

/// What a run left behind.
struct Report {
    Duration length{};
    Tally tally;
    std::uint64_t hash = 0;       ///< of the journal
    std::uint64_t last_draw = 0;  ///< of the outside's random numbers
    Findings findings;
    std::map<std::string, Health> health;  ///< by the monitor's name, of those watched at the end
    std::size_t open_incidents = 0;
    std::size_t pending = 0;
    std::size_t dead_letters = 0;
    std::vector<AcceptedMail> mails;
    std::vector<std::string> last_lines;  ///< of the journal, if something was found
};

/// The simulated world: runs a Script with all its lives, faults and checkers in virtual time. Made
/// for one run().
class World {
public:
    explicit World(const Script& script);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Every line of the journal also goes there.
    void set_sink(Journal::Sink sink) { journal_.set_sink(std::move(sink)); }

    /// Runs the script to its end, or to the first finding.
    Report run();

private:
    static constexpr Duration kSamplePeriod = std::chrono::minutes(10);

    Config read_config(const std::string& text) const;
    void adopt(const Config& config);
    void begin_life();
    void end_life(Duration down);
    void crash(Duration down);
    void drain();
    void advance_to(Duration when);
    bool step();
    void sample();
    Sample look() const;
    Report report();

    // What the script's actions do.
    void act(const Action& action);
    void perform(const Reload& reload);
    void perform(const Crash& crash);
    void perform(const Restart& restart);
    void perform(const StepClock& step);
    void perform(const Freeze& freeze);

    const Script& script_;
    Rng rng_;
    Journal journal_;
    Findings findings_;
    Network network_;
    PostOffice office_;
    Storage storage_;
    Config config_;

    Tally tally_;
    JournalKeeper keeper_;
    CrashTrigger crash_trigger_;
    DoubtfulCommit doubtful_commit_;
    ConfirmationChecker confirmation_;
    IncidentBookChecker incident_book_;
    DeliveryChecker delivery_;
    RetiredSilenceChecker retired_silence_;
    RhythmChecker rhythm_;
    CommittedViewChecker committed_view_;
    CrashChecker crash_checker_;
    BoundsChecker bounds_;
    ConvergenceChecker convergence_;
    OfflineNoticeChecker offline_notice_;
    TroubleNoticeChecker trouble_notice_;
    Audience audience_;

    Moment moment_;  ///< while nothing runs; else the life's
    std::unique_ptr<Life> life_;
    Duration power_cut_{};             ///< how long the next one lasts
    std::optional<Duration> rebirth_;  ///< when the next life begins, while there is none
    std::size_t next_action_ = 0;
    Duration next_sample_ = kSamplePeriod;
    Duration machine_troubled_until_{};
    std::unordered_map<MonitorId, std::string> url_of_;
};

}  // namespace vigia::sim
