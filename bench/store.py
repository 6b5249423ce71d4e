"""What the store costs: the same load with SQLite and without, and what a file comes to."""

import json
import pathlib
import subprocess

from programs import directory


def measure(run):
    history, days = run.binaries / "bench_history", 2 if run.quick else 7
    return {
        "rhythm": {"memory": run.rhythm(0, memory=True), "SQLite": run.rhythm(0)},
        "growth": {interval: output_of(history, "run", 100, interval, days * 24)
                   for interval in (10, 60)},
        "month": output_of(history, "month", 10_000),
    }


def output_of(program, command, *arguments):
    """The figures of a run in a directory on the disk: what /tmp is may be memory."""
    with directory(pathlib.Path.cwd()) as where:
        words = [program, command, where, *arguments]
        return json.loads(subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                                         check=True, text=True).stdout)


def table(results):
    lines = ["| store of 10,000 websites at 10 s | checks/s | commits/s "
             "| off the interval p50 / p99 / max, ms | one core | × memory | RSS, MiB |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    bare = results["rhythm"]["memory"]["core_percent"]
    for name, row in results["rhythm"].items():
        off = " / ".join(f"{row['deviation_ms'][key]:.2f}" for key in ("p50", "p99", "max"))
        lines.append(f"| {name} | {row['checks_per_second']:.0f} | {row['commits_per_second']:.1f} "
                     f"| {off} | {row['core_percent']:.1f} % | {row['core_percent'] / bare:.2f} "
                     f"| {row['memory_mib']['rss']:.1f} |")
    lines += ["", "| history | rows of 5 min, bytes | CPU ms per 1,000 results "
              "| file per monitor and day, KiB |", "| --- | --- | --- | --- |"]
    for interval, row in results["growth"].items():
        per_day = row["file_bytes"] / row["monitors"] / (row["hours"] / 24) / 1024
        lines.append(f"| {row['monitors']} monitors at {interval} s | {row['bytes_per_rollup_300']:.0f} "
                     f"| {row['cpu_ms_per_1000']:.2f} | {per_day:.1f} |")
    month = results["month"]
    lines += ["", f"A month of 10,000 monitors: {month['file_bytes'] / 2**20:.0f} MiB, opens in "
              f"{1000 * month['open_s']:.0f} ms, loads in {1000 * month['load_s']:.0f} ms; the "
              f"uptimes of all of them over that month take {1000 * month['all_uptimes_s']:.0f} ms."]
    return lines
