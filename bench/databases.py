"""Checks of real database servers: what they cost, and the rhythm of a thousand of them."""

import contextlib
import pathlib
import re
import subprocess
import sys
import time

import psycopg2
from psycopg2.extensions import make_dsn

from certificates import make_certificate
from connections import connections_of
from programs import Vigia, directory, floor, on_core, vigia_cost

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
from support.databases import DATABASE, PASSWORD, USER, MariaDb, Postgres  # noqa: E402

LOAD = pathlib.Path(__file__).resolve().parent / "load"
IN_FLIGHT = 64  # monitor_settings.max_database_connections, and what the floors have in flight
TLS = {"plain": "disable", "TLS, not verified": "require", "TLS, verify-full": "verify-full"}
TRUSTED = "sin_clave"  # logs in without a password, and so does who is in this role


def tls_of(mode, ca):
    return {"mode": mode} | ({"ca_file": str(ca)} if mode == "verify-full" else {})


class BenchPostgres(Postgres):
    """PostgreSQL with TLS offered, and every connection in its log with its time."""

    def __init__(self, where):
        self.ca = make_certificate(where)
        (where / "key.pem").chmod(0o600)
        super().__init__(where)
        rules = where / "data/pg_hba.conf"
        rules.write_text(f"host all +{TRUSTED} 127.0.0.1/32 trust\n{rules.read_text()}")

    def _command(self):
        settings = {"ssl": "on", "ssl_cert_file": self.directory / "cert.pem",
                    "ssl_key_file": self.directory / "key.pem", "log_connections": "on",
                    "log_line_prefix": "%n %p "}
        return super()._command() + [
            word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def start(self):
        with on_core(1):
            super().start()
        self._session = psycopg2.connect(self.dsn("disable"))
        self._session.autocommit = True
        self.sql(f"CREATE ROLE {TRUSTED} LOGIN")
        return self

    def close(self):
        self._session.close()
        super().close()

    def dsn(self, mode, user=USER):
        """libpq's connection string, with the settings of vigia that cost or save something."""
        ca = {"sslrootcert": self.ca} if mode == "verify-full" else {}
        return make_dsn(host="127.0.0.1", port=self.port, dbname=DATABASE, user=user,
                        password=PASSWORD, gssencmode="disable", sslmode=mode, **ca)

    def sql(self, statement):
        with self._session.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None

    def checks(self):
        return self.sql(f"SELECT sessions FROM pg_stat_database WHERE datname = '{DATABASE}'")

    def create_roles(self, count, trusted):
        """m0, m1, …, with the password of the first user, so that the log tells them apart."""
        group = f"IN ROLE {TRUSTED}" if trusted else ""
        self.sql(f"""DO $$ BEGIN FOR i IN 0..{count - 1} LOOP
            EXECUTE format('CREATE ROLE m%s LOGIN PASSWORD %L {group}', i,
                           (SELECT rolpassword FROM pg_authid WHERE rolname = '{USER}'));
            END LOOP; END $$""")

    def connected_roles(self):
        return self.sql("SELECT count(*) FROM pg_stat_activity WHERE usename ~ '^m[0-9]+$'")

    def arrivals(self):
        """Role → the times at which its connections came, as the log has them."""
        line = re.compile(r"([\d.]+) (\d+) LOG: +connection (received|authorized: user=(m\d+) )")
        received, arrivals = {}, {}
        for found in map(line.match, open(self.directory / "console.log", encoding="utf-8")):
            if found and found[4]:
                arrivals.setdefault(found[4], []).append(received[found[2]])
            elif found:
                received[found[2]] = float(found[1])
        return arrivals


class BenchMariaDb(MariaDb):
    """MariaDB with TLS offered."""

    def __init__(self, where):
        self.ca = make_certificate(where)
        (where / "key.pem").chmod(0o600)
        super().__init__(where)

    def _command(self):
        return super()._command() + [f"--ssl-cert={self.directory}/cert.pem",
                                     f"--ssl-key={self.directory}/key.pem"]

    def start(self):
        with on_core(1):
            return super().start()

    def checks(self):
        out = subprocess.run(
            ["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{self.port}", f"-u{USER}",
             f"-p{PASSWORD}", "-Ne", "SHOW GLOBAL STATUS LIKE 'Com_select'"],
            stdout=subprocess.PIPE, check=True, text=True).stdout
        return int(out.split()[1])


def vigia_row(run, server, mode, **more):
    """vigia flat out: more monitors than may be connected at once, all of them always due."""
    target = server.monitor(host="127.0.0.1", tls=tls_of(mode, server.ca), **more)
    settings = {"check_interval": 0.1, "max_database_connections": IN_FLIGHT}
    return vigia_cost(run.binaries, {"databases": {f"m{i}": target for i in range(500)}}, settings,
                      server.checks, 8 if run.quick else 20)


def postgres_rows(run, server, mode, **more):
    checks = 600 if run.quick else 5000
    dsn = server.dsn(mode, **more)
    return {
        "bare libpq": floor([run.binaries / "bench_floor_pg", dsn, checks, IN_FLIGHT]),
        "vigia": vigia_row(run, server, mode, **more),
        "psycopg2, one after another":
            floor(["/usr/bin/python3", LOAD / "loop_psycopg2.py", dsn, checks // 2])}


def mariadb_rows(run, server, mode):
    checks = 2000 if run.quick else 10_000
    return {
        "bare libmariadb":
            floor([run.binaries / "bench_floor_mysql", server.port, DATABASE, USER, PASSWORD,
                   checks, IN_FLIGHT, mode, server.ca]),
        "vigia": vigia_row(run, server, mode)}


def cost(run):
    rows = {}
    with directory() as where, contextlib.closing(BenchPostgres(where).start()) as server:
        for name, mode in TLS.items():
            rows[f"PostgreSQL, {name}"] = postgres_rows(run, server, mode)
        rows["PostgreSQL, plain, without a password"] = postgres_rows(run, server, "disable",
                                                                      user=TRUSTED)
    with directory() as where, contextlib.closing(BenchMariaDb(where).start()) as server:
        for name, mode in TLS.items():
            rows[f"MariaDB, {name}"] = mariadb_rows(run, server, mode)
    return rows


def deviations_ms(arrivals, interval, since):
    """How far the gaps between the checks of each monitor are off the interval."""
    gaps = []
    for times in arrivals.values():
        late = [t for t in times if t >= since]
        gaps += [1000 * abs(b - a - interval) for a, b in zip(late, late[1:])]
    gaps.sort()
    return {"p50": gaps[len(gaps) // 2], "p99": gaps[len(gaps) * 99 // 100], "max": gaps[-1]}


def lag_ms(output):
    """What vigia says at its end of how late it began its checks; the start is in it."""
    found = re.search(r"lag p50 ([\d.]+) ms, p99 ([\d.]+) ms, max ([\d.]+) ms", output.read_text())
    return dict(zip(("p50", "p99", "max"), map(float, found.groups())))


def look_at(server, duration):
    """The most monitors logged in at once, and the most connections, the login's included."""
    sessions, sockets, end = 0, 0, time.monotonic() + duration
    while time.monotonic() < end:
        sessions = max(sessions, server.connected_roles())
        sockets = max(sockets, connections_of(server.port) - 1)  # not the one that asks
        time.sleep(0.02)
    return sessions, sockets


def rhythm(run, query=None, trusted=False):
    """1,000 PostgreSQL monitors at 10 s; how many are connected is asked all the while."""
    count, interval, seconds = 1000, 10, 25 if run.quick else 65
    with directory() as home, directory() as where, contextlib.closing(
            BenchPostgres(home).start()) as server:
        server.create_roles(count, trusted)
        target = server.monitor(host="127.0.0.1", tls=tls_of("disable", server.ca),
                                **({"query": query} if query else {}))
        monitors = {f"m{i}": target | {"user": f"m{i}"} for i in range(count)}
        settings = {"check_interval": interval, "retry_attempts": 1, "timeout": 5,
                    "alert_threshold": 1000, "max_database_connections": IN_FLIGHT}
        with contextlib.closing(Vigia(run.binaries, where, {"databases": monitors}, settings,
                                      log="INFO")) as vigia:
            first = look_at(server, 2.5 * interval)
            cpu, since = vigia.cpu(), time.time()
            most = list(map(max, first, look_at(server, seconds)))
            used, until, memory = vigia.cpu() - cpu, time.time(), vigia.memory_mib()
        arrivals, lag = server.arrivals(), lag_ms(where / "vigia.out")
    checks = sum(since <= t < until for times in arrivals.values() for t in times)
    return {"checks_per_second": checks / (until - since),
            "deviation_ms": deviations_ms(arrivals, interval, since),
            "core_percent": 100 * used / (until - since), "memory_mib": memory,
            "lag_ms": lag, "most_sessions": most[0], "most_connections": most[1]}
