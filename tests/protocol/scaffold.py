"""What both test servers stand on: options, control lines, faults, connections, statistics.

A server is a program: one JSON object of options in argv[1]; {"port": N} on standard output once it
accepts on 127.0.0.1; JSON lines on standard input, each answered with one JSON line:

    {"fault": {"phase": P, "kind": K, "match": TEXT}}   every connection that gets to P meets K;
                                   match (optional): only statements that contain TEXT
    {"fault": null}                behaves again
    {"set": {OPTION: VALUE, ...}}  replaces options for connections to come
    {"listen": false}              ends all connections and closes the port; true: opens it again
    {"stats": true}                what was seen so far; passwords never are
    end of input                   stops
"""

import collections
import json
import socket
import ssl
import sys
import tempfile
import threading

from channel import Channel, Ended
from self_signed import write_self_signed

KINDS = ("hang", "reset", "close", "garbage", "truncate")
TLS_POLICIES = ("off", "offered", "required")
KEPT = 10_000  # statements and logins remembered for the statistics

COMMON_OPTIONS = {
    "users": {},  # name: password
    "databases": ["master"],
    "denied": [],  # tables and databases that exist but may not be read
    "tls": "offered",
    "certificate": None,  # PEM files; without them self-signed ones are made
    "key": None,
    "max_connections": 1000,
    "answers": {},  # statement: {"columns": [[name, type]], "rows": [[...]]} or {"error": {...}}
    "login_error": None,  # the same shape as in answers: every login fails with it
    "huge_bytes": 1 << 30,  # the size of what SELECT huge answers, about
}


class BadRequest(Exception):
    """Options or a control line that mean nothing."""


class Server:
    """Base of both servers: accepts, one thread for each connection; never returns passwords.

    A subclass names its OPTIONS, PHASES and SESSION and may extend prepare().
    """

    OPTIONS = COMMON_OPTIONS
    PHASES = ()
    SESSION = None

    def __init__(self, options):
        self.options = dict(self.OPTIONS)
        self.lock = threading.Lock()
        self.sessions = {}  # connection number: session
        self.statistics = collections.Counter()
        self.queries = collections.deque(maxlen=KEPT)
        self.logins = collections.deque(maxlen=KEPT)
        self.tls_context = None
        self._listener = None
        self._port = 0  # any
        self._fault = None
        self._self_signed = None
        self.change(options)

    def change(self, options):
        """Replaces options, or none of them and raises BadRequest."""
        unknown = options.keys() - self.OPTIONS.keys()
        if unknown:
            raise BadRequest(f"unknown options: {', '.join(sorted(unknown))}")
        if options.get("tls", "off") not in TLS_POLICIES:
            raise BadRequest(f"tls is one of {', '.join(TLS_POLICIES)}")
        before, self.options = self.options, self.options | options
        try:
            self.prepare()
        except (OSError, ValueError) as error:
            self.options = before
            raise BadRequest(str(error)) from error

    def prepare(self):
        """Makes what the options ask for, before any connection sees them."""
        if self.options["tls"] == "off":
            self.tls_context = None
            return
        certificate, key = self.options["certificate"], self.options["key"]
        if certificate is None:
            self._self_signed = self._self_signed or tempfile.TemporaryDirectory()
            certificate, key = write_self_signed(self._self_signed.name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.limit_tls(context)
        context.load_cert_chain(certificate, key)
        self.tls_context = context

    def limit_tls(self, context):
        """What the protocol demands of TLS."""

    def fault_at(self, phase, text=""):
        """The fault that a connection now meets in this phase, None for none."""
        fault = self._fault
        if fault is None or fault["phase"] != phase or fault.get("match", "") not in text:
            return None
        return fault

    def control(self, request):
        """Carries out one control line and returns the answer to it."""
        if not isinstance(request, dict) or len(request) != 1:
            raise BadRequest("one command an object: fault, set, listen, stats")
        command, value = next(iter(request.items()))
        if command == "fault":
            self._fault = self._checked_fault(value)
        elif command == "set" and isinstance(value, dict):
            self.change(value)
        elif command == "listen":
            self._listen() if value else self._leave()
        elif command == "stats":
            return self.stats()
        else:
            raise BadRequest(f"unknown command: {command}")
        return {"ok": True}

    def _checked_fault(self, fault):
        if fault is None:
            return None
        if (not isinstance(fault, dict) or fault.get("phase") not in self.PHASES
                or fault.get("kind") not in KINDS or fault.keys() - {"phase", "kind", "match"}):
            raise BadRequest(f"phases: {', '.join(self.PHASES)}; kinds: {', '.join(KINDS)}")
        return fault

    def stats(self):
        with self.lock:
            return {"connections_now": len(self.sessions),
                    "connections_total": self.statistics["connections"],
                    "faults": self.statistics["faults"],
                    "running": [s.running for s in self.sessions.values() if s.running],
                    "queries": list(self.queries), "logins": list(self.logins)}

    def count(self, what):
        with self.lock:
            self.statistics[what] += 1

    def record_login(self, user, database, encrypted, login_encrypted):
        """A login that was let in, and whether everything, or at least the password, was hidden."""
        with self.lock:
            self.logins.append({"user": user, "database": database, "encrypted": encrypted,
                                "login_encrypted": login_encrypted})

    def run(self):
        """Serves until standard input ends."""
        self._listen()
        print(json.dumps({"port": self._port}), flush=True)
        for line in sys.stdin:
            try:
                answer = self.control(json.loads(line))
            except (BadRequest, OSError, ValueError) as error:
                answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)

    def _listen(self):
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=512)
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _leave(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes up who accepts
        self._listener.close()
        with self.lock:
            for session in self.sessions.values():
                session.channel.abort()

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.statistics["connections"] += 1
                number = self.statistics["connections"]
                session = self.sessions[number] = self.SESSION(self, Channel(sock), number)
                full = len(self.sessions) > self.options["max_connections"]
            threading.Thread(target=self._serve, args=(session, full), daemon=True).start()

    def _serve(self, session, full):
        try:
            session.strike("connect", b"")
            session.serve(full)
        except Ended:
            pass
        finally:
            session.channel.close()
            with self.lock:
                del self.sessions[session.number]


class Session:
    """Base of what serves one connection, in a thread of its own."""

    def __init__(self, server, channel, number):
        self.server = server
        self.options = server.options
        self.channel = channel
        self.number = number
        self.running = ""  # the statement in progress

    def serve(self, full):
        """The whole conversation. full: there are more connections than the limit allows."""
        raise NotImplementedError

    def strike(self, phase, due, text=""):
        """Plays the fault of this phase in place of the message due (raises Ended), if any."""
        fault = self.server.fault_at(phase, text)
        if fault:
            self.server.count("faults")
            self.channel.misbehave(fault["kind"], due)


def main(server_type, arguments):
    """Runs a server with the options of the command line; the exit status."""
    try:
        server_type(json.loads(arguments[1]) if len(arguments) > 1 else {}).run()
    except (BadRequest, ValueError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 2
    return 0
