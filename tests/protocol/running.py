"""The test servers and the clients as child processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATIENCE = 20  # seconds that any client or server may take before a test fails


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


def node(program, *steps, **settings):
    """Runs a client of Node.js: what each of its steps came to, in order.

    The program gets one JSON object and answers with one JSON array; a step is
    {"query": SQL, …} and comes to {"rows": …}, or {"error": …}; the connection is step 0.
    """
    request = json.dumps({"steps": steps, **settings})
    status, out, err = run(["node", str(HERE / program), request])
    assert status == 0, err
    return json.loads(out)
