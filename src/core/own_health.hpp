#pragma once

#include "base/time.hpp"
#include "core/notification.hpp"
#include "core/reason.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace vigia {

/// What may be wrong with the monitor itself.
enum class Trouble : std::uint8_t {
    store_failing,
    checks_late,
    notifications_dead,
    notifications_late,
    log_lines_lost,
};
inline constexpr std::size_t kTroubles = 5;

/// What a look at the monitor finds.
struct OwnSigns {
    Duration store_wait{};             ///< of the oldest batch that is not written
    Duration check_lag{};              ///< how late checks begin at present
    std::uint64_t dead_letters = 0;    ///< since the start
    std::size_t undelivered = 0;       ///< notifications
    Duration oldest_notification{};    ///< for how long it has waited
    std::uint64_t lost_log_lines = 0;  ///< since the start

    friend bool operator==(const OwnSigns&, const OwnSigns&) = default;
};

/// A trouble that begins or ends.
struct TroubleChange {
    Trouble trouble = Trouble::store_failing;
    bool begins = false;
    bool notice = false;  ///< people are to be told, too
    Now since;            ///< when it began
    Reason reason;        ///< what is wrong, in numbers; at the end as at the beginning
};

/// Judges whether the monitor itself is in trouble: each trouble begins once, when its sign has
/// lasted, and ends once, when the sign has been gone for a while, so that one that comes and goes
/// is one episode. Pure: no clock, no I/O. One owner, one thread.
class OwnHealth {
public:
    static constexpr Duration kStorePatience = std::chrono::minutes(1);
    static constexpr Duration kLateCheck = std::chrono::seconds(1);
    static constexpr Duration kLateNotification = std::chrono::minutes(15);
    /// Between two notices of the same trouble.
    static constexpr Duration kBetweenNotices = std::chrono::hours(1);

    /// The counters of `signs` must not decrease.
    std::vector<TroubleChange> look(const OwnSigns& signs, const Now& now);

    bool has(Trouble trouble) const { return episodes_[index(trouble)].begun; }

private:
    struct Episode {
        bool begun = false;
        Now since;                        ///< the first sign of it
        Reason reason;                    ///< as it began
        std::optional<MonoTime> showing;  ///< since when the sign has been there, without a break
        std::optional<MonoTime> last_sign;
        std::optional<MonoTime> last_notice;
    };
    static constexpr std::size_t index(Trouble trouble) {
        return static_cast<std::size_t>(trouble);
    }
    bool shows(Trouble trouble, const OwnSigns& signs) const;
    Reason reason_of(Trouble trouble, const OwnSigns& signs) const;

    std::array<Episode, kTroubles> episodes_{};
    OwnSigns before_;
};

/// "store_failing": in metrics; not translated.
std::string_view to_string(Trouble trouble);

/// "monitor in trouble", one row to each recipient.
std::vector<Notification> trouble_notices(const TroubleChange& change,
                                          std::span<const Recipient> recipients,
                                          std::string_view message_domain, const Now& now);

}  // namespace vigia
