#include "core/timetable.hpp"

#include "base/assert.hpp"
#include "base/hash.hpp"

#include <algorithm>

namespace vigia {
namespace {

constexpr Duration kSpreadBase = std::chrono::seconds(1);
constexpr Duration kSpreadPerMonitor = std::chrono::milliseconds(2);

}  // namespace

Duration spread_window(std::size_t count, Duration interval) {
    // Compared before multiplying: no count can overflow.
    const auto enough =
        static_cast<std::size_t>(std::max(interval, Duration::zero()) / kSpreadPerMonitor);
    if (count > enough) return interval;
    return std::min(interval, kSpreadBase + kSpreadPerMonitor * static_cast<Duration::rep>(count));
}

MonoTime first_check(MonoTime start, std::size_t index, std::size_t count, Duration interval) {
    VIGIA_ASSERT(index < count);
    const Duration window = spread_window(count, interval);
    const auto n = static_cast<Duration::rep>(count);
    const auto i = static_cast<Duration::rep>(index);
    // window * index / count, in two parts so that the product stays small.
    return start + (window / n) * i + Duration((window % n).count() * i / n);
}

Duration phase_of(const MonitorId& id, Duration interval) {
    VIGIA_ASSERT(interval > Duration::zero());
    const std::uint64_t length = static_cast<std::uint64_t>(interval.count());
    return Duration(static_cast<Duration::rep>(stable_hash(id.str()) % length));
}

MonoTime next_slot(MonoTime earliest, Duration phase, Duration interval) {
    VIGIA_ASSERT(interval > Duration::zero());
    VIGIA_ASSERT(phase >= Duration::zero() && phase < interval);
    Duration into = earliest.time_since_epoch() % interval;
    if (into < Duration::zero()) into += interval;
    const Duration wait = phase - into;
    return earliest + (wait < Duration::zero() ? wait + interval : wait);
}

NextSlot slot_after(MonoTime due, MonoTime now, Duration phase, Duration interval) {
    const MonoTime planned = slot_after_first(due, phase, interval);
    if (planned >= now) return {.due = planned, .skipped = 0};
    const MonoTime next = next_slot(now, phase, interval);
    return {.due = next, .skipped = static_cast<std::uint64_t>((next - planned) / interval)};
}

MonoTime slot_after_first(MonoTime first_due, Duration phase, Duration interval) {
    // Rounded up, so that even an interval of one nanosecond moves on.
    return next_slot(first_due + (interval / 2 + interval % 2), phase, interval);
}

}  // namespace vigia
