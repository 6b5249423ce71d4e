"""The test servers and the clients as child processes."""

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PASSWORD = "canario-7 'ñ\"%;{}="
WITHOUT_BRACE = PASSWORD.replace("}", "")
ENDING_KINDS = ("reset", "close", "garbage", "truncate")
KINDS = ("hang", *ENDING_KINDS)
PATIENCE = 10  # seconds that any client or server may take before a test fails


class Running:
    """A server program that runs until stop(); `port` is where it accepts.

    Owned by a fixture. Every control line is answered; an {"error": …} raises AssertionError.
    """

    def __init__(self, program, **options):
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(HERE / program), json.dumps(options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self._answer()["port"]

    def tell(self, **command):
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        assert "error" not in answer, answer
        return answer

    def fault(self, phase, kind, **more):
        self.tell(fault={"phase": phase, "kind": kind, **more})

    def behave(self):
        self.tell(fault=None)

    def stats(self):
        return self.tell(stats=True)

    def stop(self):
        self._process.stdin.close()
        status = self._process.wait(PATIENCE)
        self._process.stdout.close()
        assert status == 0

    def _answer(self):
        line = self._process.stdout.readline()
        assert line, f"the server ended: {self._process.wait(PATIENCE)}"
        return json.loads(line)


def run(command, text="", **environment):
    """Runs a client to its end: (exit status, standard output, standard error)."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE,
                          env=os.environ | environment, check=False)
    return done.returncode, done.stdout, done.stderr


def until(condition):
    """Waits for what another process does; fails if it does not."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


class Node:
    """A client of Node.js that stays: it connects once for each talk().

    Owned by a fixture; stop() ends it.
    """

    def __init__(self, program):
        assert (HERE / "node_modules").is_dir(), "run: npm ci --ignore-scripts in tests/protocol"
        self._process = subprocess.Popen(["node", str(HERE / program)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)

    def talk(self, settings, *steps):
        """What the login came to and then each step: {"rows": …} or {"error": {"number": …}}."""
        steps = [{"query": step} if isinstance(step, str) else step for step in steps]
        request = {"settings": settings, "steps": steps}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        assert ready, "the client does not come to an end"
        return json.loads(self._process.stdout.readline())

    def stop(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.kill()
        self._process.wait(PATIENCE)
