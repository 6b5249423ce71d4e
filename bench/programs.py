"""The programs under measurement, the cores they run on, and what they cost."""

import contextlib
import json
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def pin(core):
    """For preexec_fn: the program under test runs on core 0, all targets on core 1."""
    return lambda: os.sched_setaffinity(0, {core % os.cpu_count()})


@contextlib.contextmanager
def on_core(core):
    """What is started inside runs on `core`, and so do its children."""
    before = os.sched_getaffinity(0)
    pin(core)()
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def directory(parent=None):
    with tempfile.TemporaryDirectory(prefix="vigia-bench-", dir=parent) as name:
        yield pathlib.Path(name)


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("bench: gave up waiting")
        time.sleep(0.05)


class Vigia:
    """`vigia run` on a configuration made here, warnings and worse logged.

    `monitors` holds the sections of the configuration: `websites`, `databases`. `memory`: the store
    is there only, which is what happens where its default place cannot be had.
    """

    def __init__(self, binaries, directory, monitors, settings, log=None, memory=False):
        config = directory / "config.json"
        config.write_text(json.dumps({
            "language": "en", **monitors, "monitor_settings": settings,
            "logging_settings": {"enable_file_logging": False, "level": log or "WARNING"},
            "web": {"enabled": False}}))
        self.output = open(directory / "vigia.out", "w+")
        self.process = subprocess.Popen([binaries / "vigia", "run", "-c", str(config)],
                                        stdout=self.output, stderr=subprocess.STDOUT,
                                        preexec_fn=pin(0), cwd=directory,
                                        env=os.environ | {"STATE_DIRECTORY": "/dev/null/none"
                                                          if memory else str(directory)})
        self.store_index = directory / "vigia.db-shm"

    def cpu(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def commits(self):
        """Transactions so far, as SQLite counts them in its index of the log; 0 in memory."""
        if not self.store_index.exists():
            return 0
        return struct.unpack_from("=I", self.store_index.read_bytes(), 8)[0]

    def memory_mib(self):
        rollup = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        kib = {line.split()[0]: int(line.split()[1]) for line in rollup.splitlines()[1:]}
        return {"rss": kib["Rss:"] / 1024, "pss": kib["Pss:"] / 1024}

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)
        self.output.seek(0)
        return self.output.read()


def floor(command):
    """The cost of a program that makes so many checks and prints what they took."""
    out = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, check=True, text=True,
                         preexec_fn=pin(0)).stdout
    result = json.loads(out)
    return {"cpu_per_1000": 1000 * result["cpu_seconds"] / result["checks"],
            "per_second": result["checks"] / result["wall_seconds"]}


def vigia_cost(binaries, monitors, settings, counted, seconds):
    """CPU per 1,000 checks of a running vigia, over `seconds` after a while of warming up.

    `counted()`: how many checks the target has had.
    """
    count = sum(len(section) for section in monitors.values())
    with directory() as where, contextlib.closing(
            Vigia(binaries, where, monitors, {"retry_attempts": 1, "timeout": 5, **settings})
    ) as vigia:
        # The first checks are spread otherwise than those of every later interval.
        time.sleep(max(2 + min(count / 500, 5), 2.5 * settings["check_interval"]))
        cpu, before, start = vigia.cpu(), counted(), time.monotonic()
        time.sleep(seconds)
        checks = counted() - before - 1
        return {"cpu_per_1000": 1000 * (vigia.cpu() - cpu) / checks,
                "per_second": checks / (time.monotonic() - start)}
