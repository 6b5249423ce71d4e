#!/usr/bin/python3
"""Whole-process benchmark of vigia on loopback, next to two floors measured in the same run.

usage: bench/run.py [--bin DIR] [--quick] [--json FILE] [--markdown FILE]

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
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from certificates import make_certificate  # noqa: E402

LIMIT = 256  # probes that vigia has in flight to one endpoint, flat out
TICKS = os.sysconf("SC_CLK_TCK")


def pin(core):
    return lambda: os.sched_setaffinity(0, {core % os.cpu_count()})


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


class Vigia:
    """`vigia run` on a configuration made here, warnings and worse logged."""

    def __init__(self, binaries, directory, websites, settings, log=None):
        config = directory / "config.json"
        config.write_text(json.dumps({
            "language": "en", "websites": websites, "monitor_settings": settings,
            "logging_settings": {"enable_file_logging": False, "level": log or "WARNING"},
            "web": {"enabled": False}}))
        self.output = open(directory / "vigia.out", "w+")
        self.process = subprocess.Popen([binaries / "vigia", "run", "-c", str(config)],
                                        stdout=self.output, stderr=subprocess.STDOUT,
                                        preexec_fn=pin(0), cwd=directory)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mib(self):
        rollup = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        kib = {line.split()[0]: int(line.split()[1]) for line in rollup.splitlines()[1:]}
        return {"rss": kib["Rss:"] / 1024, "pss": kib["Pss:"] / 1024}

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)
        self.output.seek(0)
        return self.output.read()


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("bench: gave up waiting")
        time.sleep(0.05)


def websites(base, count, path="/m"):
    return {f"m{i}": f"{base}{path}/{i}" for i in range(count)}


def floor(command):
    out = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, check=True, text=True,
                         preexec_fn=pin(0)).stdout
    result = json.loads(out)
    return {"cpu_per_1000": 1000 * result["cpu_seconds"] / result["checks"],
            "per_second": result["checks"] / result["wall_seconds"]}


def vigia_cost(run, nginx, base, monitors, interval, seconds, tls=None):
    """CPU per 1,000 checks of a running vigia, over `seconds` after two seconds of warming up."""
    sites = {name: {"url": url, **({"tls": tls} if tls else {})}
             for name, url in websites(base, monitors).items()}
    with directory() as where, contextlib.closing(
            Vigia(run.binaries, where, sites,
                  {"check_interval": interval, "retry_attempts": 1, "timeout": 5})) as vigia:
        time.sleep(1 + min(monitors / 500, 5) + 1)
        cpu, count, start = vigia.cpu(), nginx.requests(), time.monotonic()
        time.sleep(seconds)
        checks = nginx.requests() - count - 1
        return {"cpu_per_1000": 1000 * (vigia.cpu() - cpu) / checks,
                "per_second": checks / (time.monotonic() - start)}


@contextlib.contextmanager
def directory():
    with tempfile.TemporaryDirectory(prefix="vigia-bench-") as name:
        yield pathlib.Path(name)


class Run:
    def __init__(self, binaries, quick):
        self.binaries, self.quick = binaries, quick

    def cost(self):
        checks = 20_000 if self.quick else 100_000
        paced, seconds = (1000, 8) if self.quick else (3000, 20)
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
                    "vigia": vigia_cost(self, nginx, http, 4000, 0.1, seconds)},
                "HTTP at 100/s": {
                    "raw epoll loop": floor([raw, nginx.http, paced, 64, 100]),
                    "bare libcurl multi": floor([curl, http, paced, 64, 100]),
                    "vigia": vigia_cost(self, nginx, http, 1000, 10, seconds)},
                "HTTPS flat out, full verification": {
                    "bare libcurl multi": floor([curl, https, checks // 10, 64, 0, nginx.ca]),
                    "vigia": vigia_cost(self, nginx, https, 500, 0.1, seconds, tls)},
            }

    def rhythm(self, hanging):
        """10,000 monitors at 10 s; `hanging` of them never get an answer."""
        interval, seconds = 10, 25 if self.quick else 65
        with directory() as where, contextlib.closing(
                Target(self.binaries, interval)) as target:
            base = f"http://127.0.0.1:{target.port}"
            sites = websites(base, 10_000 - hanging) | websites(base, hanging, "/hang")
            vigia = Vigia(self.binaries, where, sites,
                          {"check_interval": interval, "retry_attempts": 1, "timeout": 5,
                           "alert_threshold": 1000}, log="CRITICAL")
            wait_for(lambda: target.stats()["paths"] >= len(sites) - hanging, 60)
            first = target.stats()["per_second"]
            time.sleep(interval * 1.5)
            target.reset()
            cpu = vigia.cpu()
            time.sleep(seconds)
            seen, used = target.stats(), vigia.cpu() - cpu
            memory = vigia.memory_mib()
            vigia.close()
        return {"checks_per_second": seen["requests"] / seconds,
                "deviation_ms": seen["deviation_ms"], "core_percent": 100 * used / seconds,
                "memory_mib": memory, "first_checks_per_second": first[:12]}

    def idle(self):
        with directory() as where, contextlib.closing(Target(self.binaries, 3600)) as target:
            base = f"http://127.0.0.1:{target.port}"
            with contextlib.closing(Vigia(self.binaries, where, websites(base, 10_000),
                                          {"check_interval": 3600})) as vigia:
                wait_for(lambda: target.stats()["paths"] >= 10_000, 60)
                time.sleep(2)
                cpu = vigia.cpu()
                time.sleep(5)
                return {"memory_mib": vigia.memory_mib(),
                        "core_percent": 100 * (vigia.cpu() - cpu) / 5}


def markdown(results):
    lines = ["| load | program | CPU s per 1,000 checks | × bare libcurl | checks/s |",
             "| --- | --- | --- | --- | --- |"]
    for load, rows in results["cost"].items():
        reference = rows["bare libcurl multi"]["cpu_per_1000"]
        for program, row in rows.items():
            lines.append(f"| {load} | {program} | {row['cpu_per_1000']:.3f} "
                         f"| {row['cpu_per_1000'] / reference:.2f} | {row['per_second']:.0f} |")
    lines += ["", "| 10,000 monitors | checks/s | off the interval p50 / p99 / max, ms "
              "| one core | RSS / PSS, MiB |", "| --- | --- | --- | --- | --- |"]
    for name, row in results["rhythm"].items():
        d, m = row["deviation_ms"], row["memory_mib"]
        lines.append(f"| {name} | {row['checks_per_second']:.0f} | {d['p50']:.2f} / {d['p99']:.2f} "
                     f"/ {d['max']:.2f} | {row['core_percent']:.1f} % | {m['rss']:.1f} / "
                     f"{m['pss']:.1f} |")
    idle = results["idle"]
    lines.append(f"| idle (every hour) | – | – | {idle['core_percent']:.1f} % | "
                 f"{idle['memory_mib']['rss']:.1f} / {idle['memory_mib']['pss']:.1f} |")
    first = next(iter(results["rhythm"].values()))["first_checks_per_second"]
    lines += ["", f"First checks after the start, per second: {first}"]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--bin", type=pathlib.Path, default=root / "build/release")
    parser.add_argument("--quick", action="store_true", help="a few minutes less, more noise")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    arguments = parser.parse_args()
    run = Run(arguments.bin.resolve(), arguments.quick)
    results = {
        "date": datetime.date.today().isoformat(),
        "cost": run.cost(),
        "rhythm": {"every 10 s": run.rhythm(0), "every 10 s, 1 % hanging": run.rhythm(100)},
        "idle": run.idle(),
    }
    table = markdown(results)
    print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(table)


if __name__ == "__main__":
    main()
