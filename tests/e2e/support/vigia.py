"""The program under test: writes its configuration, runs it, reads along, ends it."""

import collections
import dataclasses
import json
import os
import re
import signal
import subprocess
import threading
import time

RECORD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) - (DEBUG|INFO|WARNING|ERROR|CRITICAL) - "
                    r"(.*)")
KEPT = re.compile(r"(PATH|[A-Z]+SAN_OPTIONS|LLVM_PROFILE_FILE|GCOV_PREFIX.*)$")

Line = collections.namedtuple("Line", "index at text")
Record = collections.namedtuple("Record", "index time level message")


@dataclasses.dataclass
class Finished:
    """A command that ended: exit status (negative: killed by that signal), outputs, cost."""
    code: int
    out: str
    err: str
    elapsed: float
    max_rss_kib: int

    def __str__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Vigia:
    """Runs the binary in a directory of its own, with an environment of its own."""

    def __init__(self, binary, directory, language="es_ES.UTF-8"):
        self.binary, self.directory = binary, directory
        kept = {key: value for key, value in os.environ.items() if KEPT.match(key)}
        self.environment = kept | {"HOME": str(directory), "LC_ALL": language}
        self.started, self.finished, self._processes = [], [], []

    def write(self, config, name="config.json"):
        """Writes the configuration (object, text or bytes) and returns its path."""
        path = self.directory / name
        if isinstance(config, bytes):
            path.write_bytes(config)
        else:
            text = config if isinstance(config, str) else json.dumps(config, indent=2,
                                                                      ensure_ascii=False)
            path.write_text(text, encoding="utf-8")
        return path

    def command(self, *arguments, timeout=30, env=(), keep=True, **options):
        """Runs a command to its end. env: pairs that replace the environment's, None unsets."""
        begin = time.monotonic()
        process = self.open(arguments, env, **options)
        outputs = {}
        readers = [threading.Thread(target=lambda name, stream: outputs.update(
            {name: stream.read().decode("utf-8", "replace")}), args=(name, stream), daemon=True)
            for name, stream in (("out", process.stdout), ("err", process.stderr))]
        for reader in readers:
            reader.start()
        watchdog = threading.Timer(timeout, process.kill)
        watchdog.start()
        _, status, usage = os.wait4(process.pid, 0)
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        for reader in readers:
            reader.join(5)
        finished = Finished(process.returncode, outputs.get("out", ""), outputs.get("err", ""),
                            time.monotonic() - begin, usage.ru_maxrss)
        if keep:
            self.finished.append((arguments, finished))
        process.stdout.close()
        process.stderr.close()
        assert finished.elapsed < timeout, f"{arguments} took longer than {timeout} s\n{finished}"
        return finished

    def check(self, config, *names, **options):
        """`check --json` on the configuration: (Finished, monitor objects by name).

        What is unknown because this machine was too busy to look is looked at again: it says
        nothing of the target.
        """
        self.write(config)
        monitors = {}
        for _ in range(3):
            finished = self.command("check", "--json", *names, **options)
            assert finished.code in (0, 1), str(finished)
            monitors |= {monitor["name"]: monitor for monitor in json.loads(finished.out)}
            names = [name for name, monitor in monitors.items()
                     if (monitor["reason"] or {}).get("code") == "own_lateness"]
            if not names:
                break
        return finished, monitors

    def start(self, *arguments, config=None, env=(), **options):
        """Starts a command that goes on until stopped; `run` when none is named."""
        if config is not None:
            self.write(config)
        running = Running(self.open(arguments or ("run",), env, **options))
        self.started.append(running)
        return running

    def artefacts(self):
        """Everything that was printed, for the report of a failed test."""
        parts = [f"$ vigia {' '.join(map(str, arguments))}\n{finished}"
                 for arguments, finished in self.finished]
        parts += [f"$ {running.arguments}\n{running.transcript()}" for running in self.started]
        config = self.directory / "config.json"
        if config.exists():
            parts.append("config.json:\n" + config.read_text("utf-8", "replace")[:4000])
        return "\n\n".join(parts)

    def kill_all(self):
        for running in self.started:
            running.kill()
        for process in self._processes:
            if process.returncode is None:
                process.kill()
                process.wait()

    def open(self, arguments, env=(), **options):
        """The bare process, for whoever needs more than command() and start() give."""
        environment = self.environment | dict(env)
        environment = {key: value for key, value in environment.items() if value is not None}
        process = subprocess.Popen(
            [str(self.binary), *map(str, arguments)], cwd=self.directory, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self._processes.append(process)
        return process


class Running:
    """A started command, its output read line by line as it comes."""

    def __init__(self, process):
        self._process = process
        self.arguments, self.pid = process.args, process.pid
        self._lines, self._errors = [], []
        self._news = threading.Condition()
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                         for pair in ((process.stdout, self._lines),
                                      (process.stderr, self._errors))]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, lines):
        for raw in stream:
            with self._news:
                text = raw.decode("utf-8", "replace").rstrip("\n")
                lines.append(Line(len(lines), time.monotonic(), text))
                self._news.notify_all()
        stream.close()
        with self._news:
            self._news.notify_all()

    @property
    def lines(self):
        """Standard output so far."""
        return list(self._lines)

    @property
    def errors(self):
        return "\n".join(line.text for line in list(self._errors))

    @property
    def records(self):
        """Standard output so far as log records; what is none is left out."""
        matches = ((line.index, RECORD.fullmatch(line.text)) for line in self.lines)
        return [Record(index, *match.groups()) for index, match in matches if match]

    def logged(self, message, level=None):
        """The records with exactly this message (and level)."""
        return [record for record in self.records
                if record.message == message and level in (None, record.level)]

    def wait_for_line(self, pattern, timeout=10, after=-1):
        """The first line of standard output that holds the pattern, later than line `after`."""
        deadline, at = time.monotonic() + timeout, after + 1
        with self._news:
            while True:
                for line in self._lines[at:]:
                    if re.search(pattern, line.text):
                        return line
                at = max(at, len(self._lines))
                left = deadline - time.monotonic()
                ended = self._process.poll() is not None and not self._readers[0].is_alive()
                if left <= 0 or ended:
                    raise AssertionError(f"no line with {pattern!r} within {timeout} s"
                                         + (" (ended)" if ended else ""))
                self._news.wait(min(left, 0.5))

    def wait_logged(self, message, level=None, timeout=10, after=-1):
        """Waits for a record of exactly this message."""
        prefix = level or r"[A-Z]+"
        return self.wait_for_line(f" - {prefix} - {re.escape(message)}$", timeout, after)

    def signal(self, number):
        self._process.send_signal(number)

    @property
    def alive(self):
        return self._process.poll() is None

    def wait(self, timeout=10):
        """Waits for the end and returns the exit status."""
        code = self._process.wait(timeout)
        for reader in self._readers:
            reader.join(5)
        return code

    def stop(self, expect=0, within=5):
        """SIGTERM; asserts that it ends in time with this status."""
        if self.alive:
            self.signal(signal.SIGTERM)
        try:
            code = self.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not stopped {within} s after SIGTERM")
        assert code == expect, f"exit {code}, expected {expect}"
        return self

    def kill(self):
        if self.alive:
            self._process.kill()
        self.wait()

    def transcript(self):
        out = "\n".join(line.text for line in self.lines)
        return f"\n--- stdout\n{out[-12000:]}\n--- stderr\n{self.errors[-4000:]}"
