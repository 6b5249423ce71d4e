#!/usr/bin/python3
"""Writes the tables of docs/databases.md from what the contract tests append to a file.

Its lines are KIND, FAULT and REASON, with tabs between them. A fault of EVERY that some kind was
not tried with, and that ABSENT does not explain, is an error; so is one with two reasons.
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
MARK = "<!-- ./dev fault-table writes what follows -->\n"
KINDS = ("PostgreSQL", "MariaDB", "MySQL 8", "SQL Server", "ODBC")
BREAKS = ("hang", "reset", "close", "garbage", "half of it")
EVERY = (
    "names and a password with every special character", "50 questions at once",
    "a result of a gigabyte",
    "unknown name", "unreachable", "port closed", "accepts and is silent",
    "stopped", "started again", "not ready", "max_connections reached",
    "TLS required, not offered", "good certificate", "expired certificate",
    "certificate not valid yet", "wrong host", "unknown CA", "self-signed certificate",
    "CA file missing",
    "wrong password", "no such database", "no permission for the database",
    "no permission for the table", "no such table", "a statement that writes", "two statements",
    "a query that sleeps past the deadline",
    "out of descriptors", "driver not installed", "no driver room",
)
NO_DRIVER = "–: no driver"
NO_TLS = "–: asks no TLS of it"
ABSENT = {
    ("driver not installed", "PostgreSQL"): NO_DRIVER,
    ("driver not installed", "MariaDB"): NO_DRIVER,
    ("driver not installed", "MySQL 8"): NO_DRIVER,
    ("no driver room", "PostgreSQL"): NO_DRIVER,
    ("no driver room", "MariaDB"): NO_DRIVER,
    ("no driver room", "MySQL 8"): NO_DRIVER,
    ("good certificate", "ODBC"): NO_TLS,
    ("expired certificate", "ODBC"): NO_TLS,
    ("certificate not valid yet", "ODBC"): NO_TLS,
    ("wrong host", "ODBC"): NO_TLS,
    ("unknown CA", "ODBC"): NO_TLS,
    ("self-signed certificate", "ODBC"): NO_TLS,
    ("CA file missing", "ODBC"): NO_TLS,
    ("a result of a gigabyte", "ODBC"): "–: its driver reads all of it first",
    ("not ready", "MariaDB"): "–: its port is closed until it is",
}


def read_seen(rows_file):
    """{(fault, kind): reason}, in the order of the file."""
    seen = {}
    for line in dict.fromkeys(pathlib.Path(rows_file).read_text("utf-8").splitlines()):
        kind, fault, reason = line.split("\t")
        if (fault, kind) in seen:
            sys.exit(f"{kind}, {fault}: {seen[fault, kind]} and {reason}")
        if kind not in KINDS:
            sys.exit(f"no kind: {kind}")
        seen[fault, kind] = reason
    return seen


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def every_kind(seen):
    cells = ABSENT | seen
    missing = [f"{kind}: {fault}" for fault in EVERY for kind in KINDS if (fault, kind) not in cells]
    if missing:
        sys.exit("not tried: " + "; ".join(missing))
    return table(["fault", *KINDS],
                 [[fault, *(cells[fault, kind] for kind in KINDS)] for fault in EVERY])


def broken_off(seen):
    """One row for each message of a kind; the order is that of the conversation."""
    rows = {}
    for (fault, kind), reason in sorted(seen.items(), key=lambda item: KINDS.index(item[0][1])):
        message, _, what = fault.rpartition(": ")
        if message and what in BREAKS:
            rows.setdefault((kind, message), {})[what] = reason
    return table(["kind", "in place of the", *BREAKS],
                 [[*place, *(row.get(what, "") for what in BREAKS)] for place, row in rows.items()])


def of_one_kind(seen):
    rows = [[kind, fault, reason] for (fault, kind), reason in seen.items()
            if fault not in EVERY and not fault.endswith(tuple(f": {what}" for what in BREAKS))]
    rows.sort(key=lambda row: (KINDS.index(row[0]), row[1]))
    return table(["kind", "fault", "reason"], rows)


def main(rows_file):
    seen = read_seen(rows_file)
    page = ROOT / "docs" / "databases.md"
    before, mark, _ = page.read_text("utf-8").partition(MARK)
    if not mark:
        sys.exit(f"no {MARK.strip()} in {page}")
    page.write_text(f"{before}{MARK}\n### Of every kind\n\n{every_kind(seen)}\n"
                    f"### A conversation that breaks off\n\n{broken_off(seen)}\n"
                    f"### Of one kind\n\n{of_one_kind(seen)}", "utf-8")
    print(f"{len(seen)} faults")


if __name__ == "__main__":
    main(sys.argv[1])
