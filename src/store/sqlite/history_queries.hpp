#pragma once

#include <array>
#include <string_view>

/// What the history is asked. Tables have no aliases here, so that a query's plan names them.
namespace vigia::sqlite {

inline constexpr std::string_view kStatesQuery =
    "SELECT state.monitor, state.health, state.since, monitor.state FROM state "
    "LEFT JOIN monitor ON monitor.id = state.monitor ORDER BY state.monitor";

/// Of monitor ?1, from ?2 to ?3. The one that has not ended was good at the last result.
inline constexpr std::string_view kSpansQuery =
    "SELECT state, began, ended FROM span "
    "WHERE monitor = (SELECT no FROM monitor WHERE id = ?1) AND ended > ?2 AND began < ?3 "
    "UNION ALL SELECT state, since, (SELECT at FROM journal ORDER BY seq DESC LIMIT 1) "
    "FROM monitor WHERE id = ?1 AND state IS NOT NULL";

/// Of all monitors, from ?1 to ?2; without a state where there is none.
inline constexpr std::string_view kAllSpansQuery =
    "SELECT monitor.id, span.state, span.began, span.ended FROM monitor LEFT JOIN span "
    "ON span.monitor = monitor.no AND span.ended > ?1 AND span.began < ?2 "
    "UNION ALL SELECT id, state, since, (SELECT at FROM journal ORDER BY seq DESC LIMIT 1) "
    "FROM monitor WHERE state IS NOT NULL";

/// Of each tier, and when the first of those came that are in no tier yet.
inline constexpr std::string_view kOldestSlotsQuery =
    "SELECT (SELECT min(slot) FROM rollup WHERE length = 300), "
    "(SELECT min(slot) FROM rollup WHERE length = 3600), "
    "(SELECT min(slot) FROM rollup WHERE length = 86400), "
    "(SELECT at FROM journal ORDER BY seq LIMIT 1)";

/// Of monitor ?1, up to five ranges of slots: length, first, end. One look-up a slot.
inline constexpr std::string_view kRollupsQuery =
    "WITH RECURSIVE range (length, first, last) AS (VALUES (?2, ?3, ?4), (?5, ?6, ?7), "
    "(?8, ?9, ?10), (?11, ?12, ?13), (?14, ?15, ?16)), "
    "wanted (length, slot, last) AS (SELECT length, first, last FROM range WHERE first < last "
    "UNION ALL SELECT length, slot + 1, last FROM wanted WHERE slot + 1 < last) "
    "SELECT wanted.length, wanted.slot, rollup.content FROM wanted CROSS JOIN rollup "
    "ON rollup.length = wanted.length AND rollup.slot = wanted.slot "
    "AND rollup.monitor = (SELECT no FROM monitor WHERE id = ?1)";

inline constexpr std::string_view kRecentQuery =
    "SELECT recent.results FROM monitor JOIN recent ON recent.monitor = monitor.no "
    "WHERE monitor.id = ?1";

/// All of the journal, which holds some minutes: what has not been moved yet.
inline constexpr std::string_view kJournalQuery =
    "SELECT journal.seq, journal.results, chapter.seq, chapter.monitor FROM chapter "
    "CROSS JOIN journal WHERE journal.seq > 0 ORDER BY journal.seq";

/// Those before (?1, ?2), at most ?3.
inline constexpr std::string_view kIncidentsQuery =
    "SELECT * FROM incident WHERE (confirmed_at, id) < (?1, ?2) "
    "ORDER BY confirmed_at DESC, id DESC LIMIT ?3";
/// The same of monitor ?4.
inline constexpr std::string_view kIncidentsOfQuery =
    "SELECT * FROM incident WHERE monitor = ?4 AND (confirmed_at, id) < (?1, ?2) "
    "ORDER BY confirmed_at DESC, id DESC LIMIT ?3";

inline constexpr std::array kHistoryQueries{kStatesQuery,      kSpansQuery,     kAllSpansQuery,
                                            kOldestSlotsQuery, kRollupsQuery,   kRecentQuery,
                                            kJournalQuery,     kIncidentsQuery, kIncidentsOfQuery};

}  // namespace vigia::sqlite
