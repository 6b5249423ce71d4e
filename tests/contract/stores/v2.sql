-- A store as version 2 wrote it: two monitors, one open incident, one message on its way, in a digest.
PRAGMA application_id = 1447642953;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
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
INSERT INTO "announcement" VALUES('site-web-uno-20261123T024236.329028213Z','alert',0,'site-web-uno','Web uno','website',1795401756075056597,1795401756329028213,NULL,253971616,'status','unexpected_status',503,'',2237,265000,0,0,1011000,102243,1455098,'estado 503
','example.org');
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
INSERT INTO "incident" VALUES('site-web-uno-20261123T024236.329028213Z','site-web-uno','Web uno','website',1795401756075056597,1795401756329028213,NULL,NULL,'status','unexpected_status',503,'',2237,265000,0,0,1011000,102243,1455098,'estado 503
',1795401756329028213,0,'example.org');
CREATE TABLE incident_recipient (
    incident TEXT NOT NULL,
    place    INTEGER NOT NULL,
    channel  TEXT NOT NULL,
    address  TEXT NOT NULL,
    PRIMARY KEY (incident, place)
) WITHOUT ROWID;
INSERT INTO "incident_recipient" VALUES('site-web-uno-20261123T024236.329028213Z',0,'email','ana@example.org');
INSERT INTO "incident_recipient" VALUES('site-web-uno-20261123T024236.329028213Z',1,'email','eva@example.org');
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
, digest TEXT NOT NULL DEFAULT '');
INSERT INTO "notification" VALUES('site-web-uno-20261123T024236.329028213Z:alert:0:email:ana@example.org','site-web-uno-20261123T024236.329028213Z','alert',0,'email','ana@example.org',1795401756329028213,'delivered',0,1,'',1795401756352657690,'');
INSERT INTO "notification" VALUES('site-web-uno-20261123T024236.329028213Z:alert:0:email:eva@example.org','site-web-uno-20261123T024236.329028213Z','alert',0,'email','eva@example.org',1795401756329028213,'pending',0,2,'aplazado por el servidor de correo: 451 4.3.0 later (fase: destinatario)',NULL,'digest:0123456789abcdef:email:eva@example.org');
CREATE TABLE state (
    monitor       TEXT PRIMARY KEY,
    health        TEXT NOT NULL,
    bad_streak    INTEGER NOT NULL,
    good_streak   INTEGER NOT NULL,
    since         INTEGER,
    first_failure INTEGER
) WITHOUT ROWID;
INSERT INTO "state" VALUES('site-web-dos','pending',2,0,NULL,1795401756577087884);
INSERT INTO "state" VALUES('site-web-uno','down',11,0,1795401756329028213,1795401756075056563);
CREATE INDEX incident_open ON incident (confirmed_at) WHERE ended_at IS NULL;
CREATE INDEX incident_by_time ON incident (confirmed_at);
CREATE INDEX notification_pending ON notification (created_at) WHERE status = 'pending';
CREATE INDEX notification_by_time ON notification (created_at);
COMMIT;
