#!/usr/bin/python3
"""A Microsoft SQL Server as far as a monitor sees it; how to talk to it is told in scaffold.py.

Phases of faults: connect, prelogin, tls, login, query, rows.
Only statements other than drivers' set-up (SET, USE, transactions) meet faults of query and rows.

Source: [MS-TDS] Tabular Data Stream Protocol, revision 20221220: TDS 7.1 to 7.4, SQL
authentication, no MARS, no bulk load, no TDS 8.0.
"""

import ssl
import struct
import sys
import time

import scaffold
import tds_login
import tds_wire as wire
from scaffold import Ended
from sql_text import Result, SqlError
from tds_answers import Transaction, Tsql, UseDatabase, Wait, only_setup
from tds_rpc import after_headers, parse_calls

PROGRAM = "Microsoft SQL Server"
SMALLEST_PACKET, USUAL_PACKET, LARGEST_PACKET = 512, 4096, 32767
TRANSACTION_WORDS = {5: "BEGIN", 7: "COMMIT", 8: "ROLLBACK"}  # 2.2.6.9 request types
CHECK_EVERY = 64  # rows between two looks for an attention


class Cancelled(Exception):
    """The client sent ATTENTION (2.2.1.7) while its statement ran."""


class TdsSession(scaffold.Session):
    """One client: PRELOGIN, TLS, LOGIN7, then statements until it leaves."""

    def serve(self, full):
        try:
            kind, data = wire.read_message(self.channel)
            everything = hidden = False
            if kind == wire.PRELOGIN:
                everything, hidden = self._prelogin(data)
                kind, data = wire.read_message(self.channel)
            if kind != wire.LOGIN7:
                raise wire.ProtocolError("no LOGIN7")
            self.login_encrypted = hidden
            if hidden and not everything:
                self.channel.stop_tls()
            self._log_in(tds_login.parse_login7(data), full)
            while True:
                self._request(*wire.read_message(self.channel))
        except wire.ProtocolError:
            self.channel.finish()

    def _prelogin(self, data):
        """Negotiates, and shakes hands if that is the outcome; (everything, login) encrypted."""
        asked = tds_login.parse_prelogin(data).get(tds_login.ENCRYPTION) or b"\x02"
        encryption, everything, login = tds_login.negotiate(asked[0], self.options["tls"])
        answer = wire.packet(wire.TABULAR, tds_login.prelogin_answer(encryption))
        self.strike("prelogin", answer)
        self.channel.send(answer)
        if login:
            self.channel.start_tls(self.server.tls_context, self._send_handshake,
                                   self._receive_handshake)
        return everything, login

    def _send_handshake(self, data):
        """TLS records of the handshake travel in PRELOGIN packets (2.2.6.5)."""
        room = USUAL_PACKET - wire.HEADER.size
        parts = [data[at:at + room] for at in range(0, len(data), room)]
        due = b"".join(wire.packet(wire.PRELOGIN, part, wire.LAST if part is parts[-1] else 0, n)
                       for n, part in enumerate(parts, 1))
        self.strike("tls", due)
        self.channel.send(due)

    def _receive_handshake(self):
        kind, _, data = wire.read_packet(self.channel)
        if kind != wire.PRELOGIN:
            raise wire.ProtocolError("no TLS handshake")
        return data

    def _log_in(self, login, full):
        version = login.version if login.version in wire.VERSIONS else wire.TDS_7_4
        self.version, self.tokens = version, wire.Tokens(version)
        self.packet_size = USUAL_PACKET
        errors = self._refusal(login, full)
        writer = self._writer("login", "")
        if errors:
            for error in errors:
                self._write_error(writer, error)
            writer.write(self.tokens.done(wire.DONE_ERROR))
            writer.finish()
            self.channel.finish()
            raise Ended
        self.server.record_login(login.user, login.database, self.channel.encrypted,
                                 self.login_encrypted)
        database = login.database or self.options["databases"][0]
        self.sql = Tsql(self.options, login.user, database, self.number)
        self.prepared = {}
        size = min(max(login.packet_size or USUAL_PACKET, SMALLEST_PACKET), LARGEST_PACKET)
        writer.write(self._welcome(database, size))
        writer.finish()
        self.packet_size = size

    def _refusal(self, login, full):
        """Why this login fails, most specific first; nothing if it is let in."""
        if full:
            limit = self.options["max_connections"]
            return [SqlError(17809, "Could not connect because the maximum number of "
                                    f"'{limit}' user connections has already been reached.", 20)]
        if self.options["login_error"]:
            return [SqlError.canned(self.options["login_error"], 1)]
        failed = SqlError(18456, f"Login failed for user '{login.user}'.", 14)
        expected = self.options["users"].get(login.user)
        if login.integrated or expected is None or expected != login.password:
            return [failed]
        if login.database and (login.database not in self.options["databases"]
                               or login.database in self.options["denied"]):
            return [SqlError(4060, f'Cannot open database "{login.database}" requested by the '
                                   "login. The login failed.", 11), failed]
        return []

    def _welcome(self, database, size):
        tokens, first = self.tokens, self.options["databases"][0]
        return (tokens.environment(wire.ENV_DATABASE, database, first)
                + tokens.info(5701, f"Changed database context to '{database}'.")
                + tokens.environment(wire.ENV_COLLATION, wire.COLLATION, b"")
                + tokens.environment(wire.ENV_LANGUAGE, "us_english", "")
                + tokens.info(5703, "Changed language setting to us_english.")
                + tokens.login_ack(PROGRAM, tds_login.SERVER_VERSION[0],
                                   tds_login.SERVER_VERSION[2])
                + tokens.environment(wire.ENV_PACKET_SIZE, str(size), str(USUAL_PACKET))
                + tokens.done())

    def _request(self, kind, data):
        if kind == wire.ATTENTION:
            self._acknowledge()
        elif kind == wire.BATCH:
            sql = after_headers(data, self.version).decode("utf-16-le")
            self._answer(sql, lambda writer: self._batch(writer, sql))
        elif kind == wire.RPC:
            for call in parse_calls(after_headers(data, self.version), self.version):
                self._call(call)
        elif kind == wire.TRANSACTION:
            (request,) = struct.unpack_from("<H", after_headers(data, self.version))
            word = TRANSACTION_WORDS.get(request)
            if word is None:
                raise wire.ProtocolError(f"transaction request {request}")
            self._answer("", lambda writer: self._write_transaction(writer, word))
        else:
            raise wire.ProtocolError(f"a message of type {kind}")

    def _answer(self, sql, work):
        """One message in answer to one request; work(writer) may raise Cancelled. The attention
        is then acknowledged in a message of its own (3.2.5.9: clients discard up to that)."""
        if sql:
            self.server.queries.append(sql)
        self.running = sql
        writer = self._writer(None if not sql or only_setup(sql) else "query", sql)
        try:
            work(writer)
            writer.finish()
        except Cancelled:
            writer.write(self.tokens.done(wire.DONE_ERROR))
            writer.finish()
            self._acknowledge()
        finally:
            self.running = ""

    def _acknowledge(self):
        """DONE with the attention bit (2.2.7.6)."""
        self.server.count("attentions")
        acknowledgement = self.tokens.done(wire.DONE_ATTENTION)
        self.channel.send(wire.packet(wire.TABULAR, acknowledgement, spid=self.number))

    def _writer(self, phase, sql):
        """A writer whose first packets meet the faults of the phase (None: of none)."""
        self.phase, self.text = phase, sql

        def before(due):
            phase, self.phase = self.phase, None
            if phase:
                self.strike(phase, due, self.text)

        return wire.MessageWriter(self.channel.send, self.packet_size, before, self.number)

    def _batch(self, writer, sql):
        self._run(writer, self.sql.steps(sql), wire.DONE)

    def _run(self, writer, steps, token):
        """Writes what the statements do; True if none failed. Each but the last has DONE_MORE,
        and inside a procedure all have, because its own DONE follows."""
        pending = None
        try:
            for step in steps:
                if pending is not None:
                    writer.write(self.tokens.done(pending[0] | wire.DONE_MORE, pending[1], token))
                pending = self._step(writer, step)
        except SqlError as error:
            if pending is not None:
                writer.write(self.tokens.done(pending[0] | wire.DONE_MORE, pending[1], token))
            self._write_error(writer, error)
            pending = (wire.DONE_ERROR, 0)
        status, count = pending or (0, 0)
        if token != wire.DONE:
            status |= wire.DONE_MORE
        writer.write(self.tokens.done(status, count, token))
        return not status & wire.DONE_ERROR

    def _step(self, writer, step):
        """Writes one step without its DONE; (status, row count) for that."""
        if isinstance(step, Wait):
            self._sleep(step.seconds)
        elif isinstance(step, UseDatabase):
            writer.write(self.tokens.environment(wire.ENV_DATABASE, step.new, step.old)
                         + self.tokens.info(5701, f"Changed database context to '{step.new}'."))
        elif isinstance(step, Transaction):
            self._write_transaction_change(writer, step.word)
        elif isinstance(step, Result) and step.columns:
            return wire.DONE_COUNT, self._write_rows(writer, step)
        return 0, getattr(step, "affected", 0)

    def _write_rows(self, writer, result):
        writer.write(self.tokens.columns(result.columns))
        count = 0
        for count, row in enumerate(result.rows, 1):
            writer.write(self.tokens.row(result.columns, row))
            if count == 1 and self.server.fault_at("rows", self.text):
                writer.push()
                self.phase = "rows"
            if count % CHECK_EVERY == 0 and self.channel.readable(0):
                self._look_for_attention()
        return count

    def _sleep(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.channel.readable(min(left, 3600)):
                self._look_for_attention()

    def _look_for_attention(self):
        kind, _ = wire.read_message(self.channel)
        if kind != wire.ATTENTION:
            raise wire.ProtocolError("a request while another runs")
        raise Cancelled

    def _call(self, call):
        """One RPC: an answer of its own for each call of a message."""
        values = [value for _, value in call.parameters]
        if call.procedure == "sp_executesql" and values:
            arguments = _named("".join(values[1:2]), call.parameters[2:])
            self._answer(values[0], lambda w: self._procedure(w, values[0], arguments))
        elif call.procedure == "sp_prepexec" and len(values) > 2:
            arguments, handle = _named(values[1], call.parameters[3:]), self._prepare(values[2])
            self._answer(values[2], lambda w: self._procedure(w, values[2], arguments, handle))
        elif call.procedure == "sp_prepare" and len(values) > 2:
            handle = self._prepare(values[2])
            self._answer("", lambda w: self._procedure(w, "", (), handle))
        elif call.procedure == "sp_execute" and values and values[0] in self.prepared:
            sql = self.prepared[values[0]]
            self._answer(sql, lambda w: self._procedure(w, sql, call.parameters[1:]))
        elif call.procedure in ("sp_unprepare", "sp_reset_connection"):
            self._answer("", lambda w: self._procedure(w, "", ()))
        else:
            self._answer("", lambda w: self._unknown_procedure(w, call.procedure))

    def _prepare(self, sql):
        handle = len(self.prepared) + 1
        self.prepared[handle] = sql
        return handle

    def _procedure(self, writer, sql, parameters, handle=None):
        fine = self._run(writer, self.sql.steps(sql, parameters), wire.DONE_IN_PROCEDURE) \
            if sql else True
        writer.write(self.tokens.return_status(0 if fine else 1))
        if handle is not None and fine:
            writer.write(self.tokens.return_value(0, "", handle))
        writer.write(self.tokens.done(0 if fine else wire.DONE_ERROR, 0, wire.DONE_PROCEDURE))

    def _unknown_procedure(self, writer, name):
        self._write_error(writer, SqlError(2812, f"Could not find stored procedure '{name}'."))
        writer.write(self.tokens.done(wire.DONE_ERROR, 0, wire.DONE_PROCEDURE))

    def _write_transaction(self, writer, word):
        self._step(writer, self.sql.transaction(word))
        writer.write(self.tokens.done())

    def _write_transaction_change(self, writer, word):
        if self.version < wire.TDS_7_2:
            return  # no transaction descriptors before
        descriptor = struct.pack("<Q", self.number)
        kind = {"BEGIN": wire.ENV_BEGIN, "COMMIT": wire.ENV_COMMIT,
                "ROLLBACK": wire.ENV_ROLLBACK}[word]
        new, old = (descriptor, b"") if word == "BEGIN" else (b"", descriptor)
        writer.write(self.tokens.environment(kind, new, old))

    def _write_error(self, writer, error):
        writer.write(self.tokens.error(error.number, error.message, error.severity,
                                       int(error.state)))


def _named(definitions, arguments):
    """Arguments without a name get theirs from definitions such as "@a int, @b nvarchar(10)"."""
    names = [part.split()[0] for part in (definitions or "").split(",") if part.strip()]
    return [(name or (names[at] if at < len(names) else ""), value)
            for at, (name, value) in enumerate(arguments)]


class TdsServer(scaffold.Server):
    """The program; statistics besides the common ones: attentions."""

    PHASES = ("connect", "prelogin", "tls", "login", "query", "rows")
    SESSION = TdsSession

    def limit_tls(self, context):
        """TLS 1.3 came with TDS 8.0; its tickets after the handshake have no place in 7.x."""
        context.maximum_version = ssl.TLSVersion.TLSv1_2

    def stats(self):
        return super().stats() | {"attentions": self.statistics["attentions"]}


if __name__ == "__main__":
    sys.exit(scaffold.main(TdsServer, sys.argv))
