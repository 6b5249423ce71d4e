#!/usr/bin/python3
"""Whole-process benchmark of vigia on loopback, next to floors measured in the same run.

usage: bench/run.py [--bin DIR] [--quick] [--only http|databases|store] [--json FILE] [--markdown FILE]

CPU is that of the whole process (user + system, from /proc), per 1,000 checks that the target
counted. The program under test is pinned to core 0, targets to core 1. Every program of the tables
opens a fresh connection for every check.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import databases  # noqa: E402
import store  # noqa: E402
from certificates import make_certificate  # noqa: E402
from programs import Vigia, directory, floor, pin, vigia_cost, wait_for  # noqa: E402

LIMIT = 256  # probes that vigia has in flight to one endpoint, flat out


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with urllib.request.urlopen(url, timeout=10, context=context) as answer:
        return answer.read().decode()


class Nginx:
    """A real nginx, one worker, HTTP and HTTPS (P-256, TLS 1.3), counting by stub_status."""

    def __init__(self, directory):
        self.http, self.https = free_port(), free_port()
        self.ca = make_certificate(directory)
        config = directory / "nginx.conf"
        config.write_text(f"""
            daemon off; worker_processes 1; pid {directory}/pid; error_log {directory}/error.log;
            events {{ worker_connections 8192; }}
            http {{
              access_log off; server_tokens off;
              server {{
                listen 127.0.0.1:{self.http} backlog=4096;
                listen 127.0.0.1:{self.https} ssl backlog=4096;
                ssl_certificate {directory}/cert.pem; ssl_certificate_key {directory}/key.pem;
                ssl_protocols TLSv1.3; ssl_session_tickets off;
                location / {{ return 200 "ok\\n"; }}
                location /count {{ stub_status; }}
              }}
            }}""")
        self.process = subprocess.Popen(
            [shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-e", "stderr", "-c", str(config)],
            preexec_fn=pin(1), stderr=subprocess.DEVNULL)
        wait_for(lambda: self.requests() > 0)

    def requests(self):
        try:
            return int(get(f"http://127.0.0.1:{self.http}/count").split()[9])
        except OSError:
            return 0

    def close(self):
        self.process.terminate()
        self.process.wait()


class Target:
    """bench_target: knows when each path was asked."""

    def __init__(self, binaries, interval):
        self.process = subprocess.Popen([binaries / "bench_target", str(interval)],
                                        stdout=subprocess.PIPE, text=True, preexec_fn=pin(1))
        self.port = int(self.process.stdout.readline())

    def stats(self):
        return json.loads(get(f"http://127.0.0.1:{self.port}/stats"))

    def reset(self):
        get(f"http://127.0.0.1:{self.port}/reset")

    def close(self):
        self.process.terminate()
        self.process.wait()


def websites(base, count, path="/m"):
    return {f"m{i}": f"{base}{path}/{i}" for i in range(count)}


def website_cost(run, nginx, base, monitors, interval, tls=None):
    sites = {name: {"url": url, **({"tls": tls} if tls else {})}
             for name, url in websites(base, monitors).items()}
    return vigia_cost(run.binaries, {"websites": sites}, {"check_interval": interval},
                      nginx.requests, 8 if run.quick else 20)


class Run:
    def __init__(self, binaries, quick):
        self.binaries, self.quick = binaries, quick

    def cost(self):
        checks = 20_000 if self.quick else 100_000
        paced = 1000 if self.quick else 3000
        with directory() as where, contextlib.closing(Nginx(where)) as nginx:
            http = f"http://127.0.0.1:{nginx.http}"
            https = f"https://127.0.0.1:{nginx.https}"
            raw, curl = self.binaries / "bench_floor_raw", self.binaries / "bench_floor_curl"
            tls = {"ca_file": str(nginx.ca)}
            return {
                "HTTP flat out": {
                    "raw epoll loop": floor([raw, nginx.http, checks, 64, 0]),
                    "bare libcurl multi": floor([curl, http, checks, 64, 0]),
                    f"bare libcurl multi, {LIMIT} in flight":
                        floor([curl, http, checks, LIMIT, 0]),
                    "vigia": website_cost(self, nginx, http, 4000, 0.1)},
                "HTTP at 100/s": {
                    "raw epoll loop": floor([raw, nginx.http, paced, 64, 100]),
                    "bare libcurl multi": floor([curl, http, paced, 64, 100]),
                    "vigia": website_cost(self, nginx, http, 1000, 10)},
                "HTTPS flat out, full verification": {
                    "bare libcurl multi": floor([curl, https, checks // 10, 64, 0, nginx.ca]),
                    "vigia": website_cost(self, nginx, https, 500, 0.1, tls)},
            }

    def rhythm(self, hanging, memory=False):
        """10,000 monitors at 10 s; `hanging` of them never get an answer; the store on the disk,
        or in memory."""
        interval, seconds = 10, 25 if self.quick else 65
        with directory() as where, contextlib.closing(
                Target(self.binaries, interval)) as target:
            base = f"http://127.0.0.1:{target.port}"
            sites = websites(base, 10_000 - hanging) | websites(base, hanging, "/hang")
            vigia = Vigia(self.binaries, where, {"websites": sites},
                          {"check_interval": interval, "retry_attempts": 1, "timeout": 5,
                           "alert_threshold": 1000}, log="CRITICAL", memory=memory)
            wait_for(lambda: target.stats()["paths"] >= len(sites) - hanging, 60)
            first = target.stats()["per_second"]
            time.sleep(interval * 1.5)
            target.reset()
            cpu, commits = vigia.cpu(), vigia.commits()
            time.sleep(seconds)
            seen, used = target.stats(), vigia.cpu() - cpu
            commits = vigia.commits() - commits
            memory = vigia.memory_mib()
            vigia.close()
        return {"checks_per_second": seen["requests"] / seconds,
                "deviation_ms": seen["deviation_ms"], "core_percent": 100 * used / seconds,
                "commits_per_second": commits / seconds, "memory_mib": memory, "first_checks_per_second": first[:12]}

    def idle(self):
        with directory() as where, contextlib.closing(Target(self.binaries, 3600)) as target:
            base = f"http://127.0.0.1:{target.port}"
            sites = {"websites": websites(base, 10_000)}
            with contextlib.closing(Vigia(self.binaries, where, sites,
                                          {"check_interval": 3600})) as vigia:
                wait_for(lambda: target.stats()["paths"] >= 10_000, 60)
                time.sleep(2)
                cpu = vigia.cpu()
                time.sleep(5)
                return {"memory_mib": vigia.memory_mib(),
                        "core_percent": 100 * (vigia.cpu() - cpu) / 5}


def cost_table(cost):
    lines = ["| load | program | CPU s per 1,000 checks | × bare library | checks/s "
             "| checks/s per core |", "| --- | --- | --- | --- | --- | --- |"]
    for load, rows in cost.items():
        bare = next(row for program, row in rows.items() if program.startswith("bare "))
        for program, row in rows.items():
            cpu = row["cpu_per_1000"]
            lines.append(f"| {load} | {program} | {cpu:.3f} | {cpu / bare['cpu_per_1000']:.2f} "
                         f"| {row['per_second']:.0f} | {1000 / cpu:.0f} |")
    return lines


def percentiles(row, places):
    return " / ".join(f"{row[key]:.{places}f}" for key in ("p50", "p99", "max")) if row else "–"


def rhythm_table(rhythm, idle):
    lines = ["| monitors | checks/s | off the interval p50 / p99 / max, ms "
             "| lag p50 / p99 / max, ms | most sessions / connections at once | one core | RSS / PSS, MiB |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, row in rhythm.items():
        lines.append(f"| {name} | {row['checks_per_second']:.0f} "
                     f"| {percentiles(row['deviation_ms'], 2)} "
                     f"| {percentiles(row.get('lag_ms'), 1)} "
                     f"| {row.get('most_sessions', '–')} / {row.get('most_connections', '–')} "
                     f"| {used(row)} |")
    if idle:
        lines.append(f"| 10,000 websites, idle (every hour) | – | – | – | – | {used(idle)} |")
    return lines


def used(row):
    memory = row["memory_mib"]
    return f"{row['core_percent']:.1f} % | {memory['rss']:.1f} / {memory['pss']:.1f}"


def markdown(results):
    lines = []
    if results["cost"]:
        lines += [*cost_table(results["cost"]), "",
                  *rhythm_table(results["rhythm"], results["idle"]), ""]
    if results["store"]:
        lines += store.table(results["store"])
    for name, row in results["rhythm"].items():
        if "first_checks_per_second" in row:
            lines += ["", f"First checks after the start, per second ({name}): "
                      f"{row['first_checks_per_second']}"]
    load = " ".join(f"{at:.1f}" for at in results["load"])
    lines += ["", f"Others on the machine: load average {load} at the start."]
    return "\n".join(lines) + "\n"


def measure(run, only):
    """Everything, or `only` one part; the machine should have nothing else to do."""
    results = {"date": datetime.date.today().isoformat(), "load": os.getloadavg(), "cost": {},
               "rhythm": {}, "idle": None, "store": None}
    if only in (None, "store"):
        results["store"] = store.measure(run)
    if only in (None, "http"):
        results["cost"] |= run.cost()
        results["rhythm"] |= {"10,000 websites at 10 s": run.rhythm(0),
                              "10,000 websites at 10 s, 1 % hanging": run.rhythm(100)}
        results["idle"] = run.idle()
    if only in (None, "databases"):
        results["cost"] |= databases.cost(run)
        results["rhythm"] |= {
            "1,000 PostgreSQL at 10 s": databases.rhythm(run),
            "1,000 PostgreSQL at 10 s, without a password": databases.rhythm(run, trusted=True),
            "1,000 PostgreSQL at 10 s, the same, each answer takes 1 s":
                databases.rhythm(run, query="SELECT pg_sleep(1)", trusted=True)}
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--bin", type=pathlib.Path, default=root / "build/release")
    parser.add_argument("--quick", action="store_true", help="a few minutes less, more noise")
    parser.add_argument("--only", choices=("http", "databases", "store"))
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    arguments = parser.parse_args()
    results = measure(Run(arguments.bin.resolve(), arguments.quick), arguments.only)
    table = markdown(results)
    print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(table)


if __name__ == "__main__":
    main()
