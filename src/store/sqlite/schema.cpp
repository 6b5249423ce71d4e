#include "store/sqlite/schema.hpp"

#include <array>
#include <fmt/format.h>
#include <string>

namespace vigia::sqlite {
namespace {

// Times are nanoseconds since 1970 UTC, lengths nanoseconds, enumerations the names that they have
// in JSON (a file outlives the order of an enumeration). What came from outside is kept byte by
// byte.

// A row never refuses a batch for what is in it: a store that refuses one refuses all after it.

/// States, incidents and the outbox.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE state (
    monitor       TEXT PRIMARY KEY,
    health        TEXT NOT NULL,
    bad_streak    INTEGER NOT NULL,
    good_streak   INTEGER NOT NULL,
    since         INTEGER,
    first_failure INTEGER
) WITHOUT ROWID;

CREATE TABLE incident (
    id             TEXT NOT NULL UNIQUE,
    monitor        TEXT NOT NULL,
    monitor_name   TEXT NOT NULL,
    category       TEXT NOT NULL,
    started_at     INTEGER NOT NULL,
    confirmed_at   INTEGER NOT NULL,
    ended_at       INTEGER,
    end_reason     TEXT,
    phase          TEXT NOT NULL,
    reason         TEXT NOT NULL,
    reason_value   INTEGER NOT NULL,
    reason_detail  TEXT NOT NULL,
    dns            INTEGER NOT NULL,
    connect        INTEGER NOT NULL,
    tls            INTEGER NOT NULL,
    login          INTEGER NOT NULL,
    ttfb           INTEGER NOT NULL,
    transfer       INTEGER NOT NULL,
    total          INTEGER NOT NULL,
    evidence       TEXT NOT NULL,
    last_announced INTEGER NOT NULL,
    reminders      INTEGER NOT NULL,
    message_domain TEXT NOT NULL
);
CREATE INDEX incident_open ON incident (confirmed_at) WHERE ended_at IS NULL;
CREATE INDEX incident_by_time ON incident (confirmed_at);

CREATE TABLE incident_recipient (
    incident TEXT NOT NULL,
    place    INTEGER NOT NULL,
    channel  TEXT NOT NULL,
    address  TEXT NOT NULL,
    PRIMARY KEY (incident, place)
) WITHOUT ROWID;

CREATE TABLE announcement (
    incident       TEXT NOT NULL,
    kind           TEXT NOT NULL,
    seq            INTEGER NOT NULL,
    monitor        TEXT NOT NULL,
    monitor_name   TEXT NOT NULL,
    category       TEXT NOT NULL,
    started_at     INTEGER NOT NULL,
    confirmed_at   INTEGER NOT NULL,
    recovered_at   INTEGER,
    down_for       INTEGER NOT NULL,
    phase          TEXT NOT NULL,
    reason         TEXT NOT NULL,
    reason_value   INTEGER NOT NULL,
    reason_detail  TEXT NOT NULL,
    dns            INTEGER NOT NULL,
    connect        INTEGER NOT NULL,
    tls            INTEGER NOT NULL,
    login          INTEGER NOT NULL,
    ttfb           INTEGER NOT NULL,
    transfer       INTEGER NOT NULL,
    total          INTEGER NOT NULL,
    evidence       TEXT NOT NULL,
    message_domain TEXT NOT NULL,
    PRIMARY KEY (incident, kind, seq)
) WITHOUT ROWID;

CREATE TABLE notification (
    id           TEXT NOT NULL UNIQUE,
    incident     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    channel      TEXT NOT NULL,
    address      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    status       TEXT NOT NULL,
    merged_alert INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    last_error   TEXT NOT NULL,
    finished_at  INTEGER
);
CREATE INDEX notification_pending ON notification (created_at) WHERE status = 'pending';
CREATE INDEX notification_by_time ON notification (created_at);
)sql";

/// In which message a notification goes out, where that is a digest.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE notification ADD COLUMN digest TEXT NOT NULL DEFAULT '';
)sql";

/// When a dead letter was last made pending again by hand.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE notification ADD COLUMN retried_at INTEGER;
CREATE INDEX notification_retried ON notification (retried_at) WHERE retried_at NOT NULL;
)sql";

/// The history.
constexpr const char* kVersion4 = R"sql(
-- Those that the history knows, and the span that each is in (none: null).
CREATE TABLE monitor (
    no    INTEGER PRIMARY KEY,
    id    TEXT NOT NULL UNIQUE,
    state TEXT,
    since INTEGER
);

-- What monitors were, once it is over.
CREATE TABLE span (
    monitor INTEGER NOT NULL,
    ended   INTEGER NOT NULL,
    began   INTEGER NOT NULL,
    state   TEXT NOT NULL,
    PRIMARY KEY (monitor, ended)
) WITHOUT ROWID;

-- Which number stands for a reason inside of the blobs.
CREATE TABLE reason (
    no   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- The results that are not in the tables below yet, a commit a row; `at` is the time of the last.
CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    results BLOB NOT NULL
);

-- One row: the journal up to `seq` is being moved there, and that of monitors up to `monitor` has
-- been. Retention reckons from `horizon`.
CREATE TABLE chapter (
    seq     INTEGER NOT NULL,
    monitor INTEGER NOT NULL,
    horizon INTEGER NOT NULL
);
INSERT INTO chapter VALUES (0, 0, 0);

-- `length` in seconds, `slot` the number of such lengths since 1970 UTC.
CREATE TABLE rollup (
    length  INTEGER NOT NULL,
    slot    INTEGER NOT NULL,
    monitor INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (length, slot, monitor)
) WITHOUT ROWID;

-- The last results of each monitor.
CREATE TABLE recent (
    monitor INTEGER PRIMARY KEY,
    results BLOB NOT NULL
);

-- More of what the target answered. Without TLS: no tls_not_after.
ALTER TABLE incident ADD COLUMN headers TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN remote_address TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN tls_version TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN tls_subject TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN tls_issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN tls_not_after INTEGER;

DROP INDEX incident_by_time;
CREATE INDEX incident_by_time ON incident (confirmed_at, id);
CREATE INDEX incident_by_monitor ON incident (monitor, confirmed_at, id);
CREATE INDEX incident_ended ON incident (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX notification_by_incident ON notification (incident);
CREATE INDEX notification_finished ON notification (finished_at) WHERE finished_at IS NOT NULL;
)sql";

// A new version is one more script, and its place here; those before it never change.
constexpr std::array kVersions{kVersion1, kVersion2, kVersion3, kVersion4};

constexpr std::array kReadByAStart{"state", "incident", "incident_recipient", "announcement",
                                   "notification"};

}  // namespace

Versions versions() {
    return kVersions;
}

void migrate(Database& database, Versions versions, std::int64_t from) {
    Transaction transaction(database);
    for (const char* const script : versions.subspan(static_cast<std::size_t>(from))) {
        database.execute(script);
    }
    database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
    database.execute(fmt::format("PRAGMA user_version = {}", versions.size()));
    transaction.commit();
}

void check_tables(Database& database) {
    for (const char* const table : kReadByAStart) {
        Statement check(database, fmt::format("PRAGMA quick_check({})", table));
        const std::string found = check.step() ? check.text(0) : std::string();
        if (found != "ok") throw Refused({SQLITE_CORRUPT, found});
    }
}

}  // namespace vigia::sqlite
