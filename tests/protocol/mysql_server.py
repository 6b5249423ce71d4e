#!/usr/bin/python3
"""A MySQL 8 server as far as a monitor sees it; how to talk to it is told in scaffold.py.

Phases of faults: connect, greeting, tls, login, query, rows. Statements that clients send around
the one that matters (SET, USE, transactions, KILL, SHOW) meet no faults of query and rows.

Source: "MySQL Source Code Documentation" 8.0, "Client/Server Protocol". No prepared statements, no
compression, no session tracking.
"""

import secrets
import sys
import threading

import mysql_login as login
import mysql_wire as wire
import scaffold
import sql_text
from mysql_answers import (
    VERSION,
    ForgetPasswords,
    Kill,
    MySql,
    Sleep,
    Steal,
    check_database,
    only_setup,
)
from scaffold import Ended
from sql_text import Result, SqlError

CHECK_EVERY = 64  # rows between two looks for a KILL
NONCE_BYTES = 20


class MySqlSession(scaffold.Session):
    """One client: greeting, TLS, authentication, then commands until it leaves."""

    def __init__(self, server, channel, number):
        super().__init__(server, channel, number)
        self.killed = threading.Event()  # the statement; set by other sessions
        self.ending = False  # the whole connection
        self.packets = wire.Packets(channel)
        self.sql = MySql(self.options, "", "", number)

    def serve(self, full):
        try:
            early = self._early_error(full)
            if early:
                self._fail(early, self.options["early_sqlstate"], "greeting")
            self._log_in()
            while not self.ending:
                self._command(self.packets.receive())
        except wire.ProtocolError:
            pass
        self.channel.finish()

    def kill(self, query_only):
        """Ends the statement that runs, or the connection; other sessions call it."""
        self.killed.set()
        if not query_only:
            self.ending = True
            if not self.running:
                self.channel.abort()

    def _early_error(self, full):
        """What is sent in place of the greeting, if anything."""
        if self.options["greeting_error"]:
            return SqlError.canned(self.options["greeting_error"], "HY000")
        if full:
            return SqlError(1040, "Too many connections", state="08004")
        return None

    def _fail(self, error, with_state=True, phase=None):
        self._say(phase, wire.err(error.number, error.state, error.message, with_state))
        self.channel.finish()
        raise Ended

    def _say(self, phase, payload):
        """Sends one packet, or plays the fault of the phase in its place."""
        due = self.packets.frame(payload)
        if phase:
            self.strike(phase, due)
        self.channel.send(due)

    def _log_in(self):
        nonce = bytes(1 + secrets.randbelow(127) for _ in range(NONCE_BYTES))
        offered = wire.OFFERED | (wire.SSL if self.server.tls_context else 0)
        if self.options["deprecate_eof"]:
            offered |= wire.DEPRECATE_EOF
        self._say("greeting", wire.greeting(VERSION, self.number, nonce, offered,
                                            self.options["default_plugin"]))
        payload = self.packets.receive()
        if len(payload) == login.SSL_REQUEST_SIZE and self.server.tls_context:
            self.channel.start_tls(self.server.tls_context, self._send_handshake,
                                   self.channel.receive_some)
            payload = self.packets.receive()
        response = login.parse_response(payload)
        self.capabilities = response.capabilities & offered
        try:
            self._refuse_early()
            self._authenticate(response, nonce)
            if response.database:
                check_database(self.options, response.user, response.database)
        except SqlError as error:
            self._fail(error, phase="login")
        encrypted = self.channel.encrypted
        self.server.record_login(response.user, response.database, encrypted, encrypted)
        self.user = response.user
        self.sql = MySql(self.options, response.user, response.database, self.number)
        self._say("login", wire.ok(self._status()))

    def _send_handshake(self, data):
        self.strike("tls", data)
        self.channel.send_raw(data)

    def _refuse_early(self):
        if self.options["login_error"]:
            raise SqlError.canned(self.options["login_error"], "HY000")
        if self.options["tls"] == "required" and not self.channel.encrypted:
            raise SqlError(3159, "Connections using insecure transport are prohibited while "
                                 "--require_secure_transport=ON.", state="HY000")

    def _authenticate(self, response, nonce):
        """Raises SqlError 1045 unless the client knows the password."""
        user, proof = response.user, response.proof
        plugin = self.options["plugins"].get(user, login.SHA2)
        if plugin != response.plugin:
            self._say("login", wire.auth_switch(plugin, nonce))
            proof = self.packets.receive()
        password = self.options["users"].get(user)
        if plugin == login.NATIVE:
            good = password is not None and proof == login.native_proof(password, nonce)
        elif proof in (b"", b"\0"):
            good = password == ""
        elif self.server.cache.proves(user, nonce, proof):
            self.server.count("fast_logins")
            self._say("login", wire.auth_more(login.FAST_SUCCESS))
            good = True
        else:
            shown = self._full_authentication(nonce)
            good = password is not None and shown == password
            if good:
                self.server.count("full_logins")
                self.server.cache.remember(user, password)
        if not good:
            used = "YES" if proof.strip(b"\0") else "NO"
            raise SqlError(1045, f"Access denied for user '{user}'@'localhost' "
                                 f"(using password: {used})", state="28000")

    def _full_authentication(self, nonce):
        """The password that the client shows: inside TLS, or encrypted with the server's key."""
        self._say("login", wire.auth_more(login.FULL_NEEDED))
        payload = self.packets.receive()
        if self.channel.encrypted:
            return login.clear_password(payload)
        if payload == login.KEY_REQUEST:
            self.server.count("key_requests")
            self._say("login", wire.auth_more(self.server.rsa_key.public_pem()))
            payload = self.packets.receive()
        return self.server.rsa_key.password(payload, nonce)

    def _status(self, more=False):
        status = wire.MORE_RESULTS if more else 0
        if self.sql.in_transaction:
            status |= wire.IN_TRANSACTION
            status |= wire.IN_READ_ONLY_TRANSACTION if self.sql.read_only else 0
        return status | wire.AUTOCOMMIT

    def _command(self, payload):
        if not payload:
            raise wire.ProtocolError("an empty command")
        command, data = payload[0], payload[1:]
        if command == wire.COM_QUIT:
            raise Ended
        if command == wire.COM_QUERY:
            self._query(data.decode(errors="replace"))
        elif command == wire.COM_STATISTICS:
            self._say(None, b"Uptime: 1  Threads: 1")
        else:
            self._answer("", lambda writer: self._small_command(writer, command, data))

    def _small_command(self, writer, command, data):
        if command == wire.COM_INIT_DB:
            self.sql.use(data.decode())
        elif command == wire.COM_PROCESS_KILL:
            self._kill(Kill(wire.Reader(data).number("<I"), query_only=False))
        elif command == wire.COM_RESET_CONNECTION:
            self.sql = MySql(self.options, self.user, self.sql.database, self.number)
        elif command == wire.COM_SET_OPTION:
            on = data[:2] == b"\0\0"
            self.capabilities = (self.capabilities & ~wire.MULTI_STATEMENTS
                                 | (wire.MULTI_STATEMENTS if on else 0))
            writer.write(self._last_packet(self._status()))
            return
        elif command != wire.COM_PING:
            raise SqlError(1047, "Unknown command", state="08S01")
        writer.write(wire.ok(self._status()))

    def _query(self, sql):
        self.server.queries.append(sql)
        self.killed.clear()
        self.running = sql
        try:
            self._answer(sql, lambda writer: self._statements(writer, sql))
        finally:
            self.running = ""

    def _answer(self, sql, work):
        """The answer to one command; an SqlError of work(writer) ends it."""
        self.phase = None if not sql or only_setup(sql) else "query"

        def before(due):
            phase, self.phase = self.phase, None
            if phase:
                self.strike(phase, due, sql)

        writer = wire.ReplyWriter(self.packets, before)
        try:
            work(writer)
        except SqlError as error:
            writer.write(wire.err(error.number, error.state, error.message))
        writer.push()

    def _statements(self, writer, sql):
        multiple = bool(self.capabilities & wire.MULTI_STATEMENTS)
        left = len(sql_text.statements(sql))
        for step in self.sql.steps(sql, multiple):
            left -= 1
            self._step(writer, step, sql, more=left > 0)

    def _step(self, writer, step, sql, more):
        if isinstance(step, Sleep):
            step = self._sleep(step)
        elif isinstance(step, Kill):
            self._kill(step)
        elif isinstance(step, Steal):
            self._steal(writer)
        elif isinstance(step, ForgetPasswords):
            self.server.cache.clear()
        if isinstance(step, Result) and step.columns:
            self._rows(writer, step, sql, self._status(more))
        else:
            writer.write(wire.ok(self._status(more), getattr(step, "affected", 0)))

    def _sleep(self, step):
        """Like a real server it does not notice that its client left."""
        limit = step.limit or step.seconds
        interrupted = self.killed.wait(min(step.seconds, limit)) or limit < step.seconds
        return Result([(step.name, "int")], [(int(interrupted),)])

    def _kill(self, step):
        with self.server.lock:
            session = self.server.sessions.get(step.number)
        if session is None:
            raise SqlError(1094, f"Unknown thread id: {step.number}", state="HY000")
        self.server.count("kills")
        session.kill(step.query_only)

    def _steal(self, writer):
        """Asks for a file; what the client sends until its empty packet is only counted."""
        writer.write(wire.local_infile(self.options["steal_path"]))
        writer.push()
        while data := self.packets.receive():
            with self.server.lock:
                self.server.statistics["stolen_bytes"] += len(data)

    def _rows(self, writer, result, sql, status):
        writer.write(wire.lenenc(len(result.columns)))
        for name, kind in result.columns:
            writer.write(wire.column(name, kind))
        if not self.capabilities & wire.DEPRECATE_EOF:
            writer.write(wire.end_of_rows(status))
        for count, row in enumerate(result.rows, 1):
            writer.write(wire.row(row))
            if count == 1 and self.server.fault_at("rows", sql):
                writer.push()
                self.phase = "rows"
            if count % CHECK_EVERY == 0 and self.killed.is_set():
                raise SqlError(1317, "Query execution was interrupted", state="70100")
        writer.write(self._last_packet(status))

    def _last_packet(self, status):
        if self.capabilities & wire.DEPRECATE_EOF:
            return wire.ok(status, header=0xFE)
        return wire.end_of_rows(status)


class MySqlServer(scaffold.Server):
    """The program; statistics besides the common ones: kills, fast_logins, full_logins,
    key_requests, stolen_bytes."""

    OPTIONS = scaffold.COMMON_OPTIONS | {
        "databases": ["mysql"],
        "plugins": {},  # user: mysql_native_password instead of caching_sha2_password
        "default_plugin": login.SHA2,  # what the greeting names
        "deprecate_eof": True,  # offer CLIENT_DEPRECATE_EOF
        "greeting_error": None,  # sent in place of the greeting, as in answers
        "early_sqlstate": True,  # errors in place of the greeting have their SQL state
        "steal_path": "/etc/hostname",  # what SELECT steal asks the client for
    }
    PHASES = ("connect", "greeting", "tls", "login", "query", "rows")
    SESSION = MySqlSession

    def __init__(self, options):
        self.cache, self.rsa_key = login.Sha2Cache(), login.RsaKey()
        super().__init__(options)

    def prepare(self):
        super().prepare()
        self.cache.clear()

    def stats(self):
        names = ("kills", "fast_logins", "full_logins", "key_requests", "stolen_bytes")
        return super().stats() | {name: self.statistics[name] for name in names}


if __name__ == "__main__":
    sys.exit(scaffold.main(MySqlServer, sys.argv))
