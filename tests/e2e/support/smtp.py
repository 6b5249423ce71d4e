"""Mail servers: a scripted one with faults at every phase, and aiosmtpd as an independent judge."""

import asyncio
import base64
import dataclasses
import email
import email.policy
import re
import time

from aiosmtpd.smtp import SMTP, AuthResult

from .loop import LoopServer, wait_until

STALL, DROP = "stall", "drop"


@dataclasses.dataclass
class Received:
    """One message as it came: envelope, raw bytes, parsed."""
    sender: str
    recipients: list
    raw: bytes
    at: float
    encrypted: bool
    user: str

    def __post_init__(self):
        self.message = email.message_from_bytes(self.raw, policy=email.policy.default)

    def __getitem__(self, header):
        return self.message[header]

    @property
    def subject(self):
        return str(self.message["Subject"])

    @property
    def text(self):
        return self.message.get_body(("plain",)).get_content()

    @property
    def html(self):
        return self.message.get_body(("html",)).get_content()


@dataclasses.dataclass
class Fault:
    """What happens instead of the normal reply at a phase: STALL, DROP or a reply line."""
    action: str
    only: str = ""       # RCPT only: this address
    times: int = 10 ** 9


class ScriptedSmtp(LoopServer):
    """An SMTP server that accepts mail in memory and fails on demand.

    mode: plain, starttls (offered) or smtps. auth: (user, password) makes AUTH required, by the
    mechanisms offered. Phases of fault(): banner, ehlo, starttls, auth, mail, rcpt, data (the
    command), body (the reply after the final dot). A message whose final reply was not a 250
    lies in `unacknowledged`. `violations` lists what the client did against the protocol.
    """

    def __init__(self, certs=None, mode="plain", auth=None, mechanisms="PLAIN LOGIN", kind="good"):
        super().__init__()
        self._tls = certs.server_context(kind) if certs else None
        self.mode, self.auth, self.mechanisms = mode, auth, mechanisms
        self.messages, self.unacknowledged, self.violations = [], [], []
        self.connections, self.commands = [], []
        self._faults, self._released = {}, None

    async def open_async(self):
        self._released = asyncio.Event()
        self._port = self.reserve()
        await self._accept()

    @property
    def port(self):
        return self._port.number

    def email(self, *recipients, **more):
        """The configuration's `email` section for this server."""
        section = {"smtp_server": "127.0.0.1", "smtp_port": self.port,
                   "smtp_use_tls": self.mode == "starttls", "smtp_use_ssl": self.mode == "smtps",
                   "sender_email": "vigia@example.org",
                   "recipient_emails": list(recipients) or ["ana@example.org"]}
        if self.auth:
            section |= {"smtp_user": self.auth[0], "sender_password": self.auth[1]}
        return section | more

    def fault(self, phase, action, only="", times=10 ** 9):
        self._faults[phase] = Fault(action, only, times)

    def clear(self):
        """No more faults; what is stalled is dropped."""
        self._faults.clear()
        self.call(self._release())

    def refuse(self):
        """Connections are refused from now on, open ones reset."""
        self.call(self.close_listeners())
        self.call(self.drop_connections())

    def accept(self):
        self.call(self._accept())

    def to(self, recipient):
        """The accepted messages for the recipient, oldest first."""
        return [message for message in list(self.messages) if recipient in message.recipients]

    def wait_messages(self, count, timeout=10):
        wait_until(lambda: len(self.messages) >= count, timeout, f"{count} accepted messages")
        return list(self.messages)

    def wait_command(self, verb, count=1, timeout=10):
        """Waits until the client gave the command that often (EHLO, RCPT, DATA, .)."""
        wait_until(lambda: self.commands.count(verb) >= count, timeout, f"{count} times {verb}")

    async def _accept(self):
        tls = self._tls if self.mode == "smtps" else None
        await self.serve(self._converse, self._port, tls=tls)

    async def _release(self):
        self._released.set()
        self._released = asyncio.Event()

    async def _converse(self, reader, writer):
        self.connections.append(time.monotonic())
        await Session(self, reader, writer).run()

    async def apply(self, phase, argument=""):
        """The reply that replaces the normal one at this phase, or None; may stall or drop."""
        fault = self._faults.get(phase)
        if not fault or fault.times <= 0 or fault.only not in argument:
            return None
        fault.times -= 1
        if fault.action == STALL:
            await self._released.wait()
        if fault.action in (STALL, DROP):
            raise ConnectionResetError
        return fault.action


class Session:
    """One connection to the scripted server."""

    def __init__(self, server, reader, writer):
        self._server, self._reader, self._writer = server, reader, writer
        self._encrypted = server.mode == "smtps"
        self._user = None
        self._greeted = False
        self._forget()

    def _forget(self):
        self._sender, self._recipients = None, []

    async def run(self):
        await self._reply(await self._server.apply("banner") or "220 pruebas ESMTP")
        while True:
            line = await self._reader.readline()
            if not line.endswith(b"\r\n"):
                if line:
                    self._server.violations.append(f"line without CRLF: {line!r}")
                return
            verb, _, argument = line.decode("utf-8", "replace").strip().partition(" ")
            self._server.commands.append(verb.upper())
            handler = getattr(self, f"_on_{verb.lower()}", None)
            if handler is None or not verb.isalpha():
                self._server.violations.append(f"unknown command: {line!r}")
                await self._reply("500 unknown command")
            else:
                await handler(argument)

    async def _reply(self, text):
        self._writer.write(text.encode() + b"\r\n")
        await self._writer.drain()
        if text.startswith("421"):  # RFC 5321: the channel is closed after it
            raise ConnectionResetError

    async def _on_ehlo(self, argument):
        self._forget()
        refusal = await self._server.apply("ehlo")
        if refusal:
            return await self._reply(refusal)
        self._greeted = True
        features = ["pruebas", "8BITMIME", "SIZE 10000000"]
        if self._server.mode == "starttls" and not self._encrypted:
            features.append("STARTTLS")
        elif self._server.auth:
            features.append(f"AUTH {self._server.mechanisms}")
        lines = [f"250-{item}" for item in features[:-1]] + [f"250 {features[-1]}"]
        await self._reply("\r\n".join(lines))

    async def _on_helo(self, argument):
        self._forget()
        refusal = await self._server.apply("ehlo")
        self._greeted = not refusal
        await self._reply(refusal or "250 pruebas")

    async def _on_starttls(self, argument):
        refusal = await self._server.apply("starttls")
        if refusal or self._server.mode != "starttls" or self._encrypted:
            return await self._reply(refusal or "502 not offered")
        await self._reply("220 go ahead")
        await self._writer.start_tls(self._server._tls)
        self._encrypted, self._greeted = True, False
        self._forget()

    async def _on_auth(self, argument):
        mechanism, _, initial = argument.partition(" ")
        refusal = await self._server.apply("auth")
        if refusal or not self._server.auth:
            return await self._reply(refusal or "502 not offered")
        if mechanism.upper() == "PLAIN":
            answer = initial or await self._ask("")
            user, password = base64.b64decode(answer).decode().split("\0")[1:]
        else:
            user = base64.b64decode(initial or await self._ask("Username:")).decode()
            password = base64.b64decode(await self._ask("Password:")).decode()
        if (user, password) != self._server.auth:
            return await self._reply("535 5.7.8 wrong credentials")
        self._user = user
        await self._reply("235 welcome")

    async def _ask(self, prompt):
        await self._reply("334 " + base64.b64encode(prompt.encode()).decode())
        return (await self._reader.readline()).decode().strip()

    async def _on_mail(self, argument):
        refusal = await self._server.apply("mail")
        if self._server.auth and not self._user:
            refusal = refusal or "530 5.7.0 authentication required"
        if not self._greeted:
            refusal = "503 5.5.1 EHLO first"
            self._server.violations.append("MAIL before a greeting was accepted")
        match = re.match(r"FROM:<([^>]*)>", argument, re.I)
        if not refusal and not match:
            self._server.violations.append(f"MAIL {argument!r}")
        if not refusal and match:
            self._forget()
            self._sender = match[1]
        await self._reply(refusal or "250 ok")

    async def _on_rcpt(self, argument):
        match = re.match(r"TO:<([^>]+)>", argument, re.I)
        if not match or self._sender is None:
            self._server.violations.append(f"RCPT {argument!r}")
            return await self._reply("503 bad sequence")
        refusal = await self._server.apply("rcpt", match[1])
        if not refusal:
            self._recipients.append(match[1])
        await self._reply(refusal or "250 ok")

    async def _on_data(self, argument):
        refusal = await self._server.apply("data")
        if refusal or not self._recipients:
            return await self._reply(refusal or "554 no valid recipients")
        await self._reply("354 go ahead")
        raw = await self._content()
        received = Received(self._sender, self._recipients, raw, time.monotonic(),
                            self._encrypted, self._user)
        self._server.unacknowledged.append(received)
        self._server.commands.append(".")
        self._forget()
        refusal = await self._server.apply("body")
        if not refusal:
            self._server.unacknowledged.remove(received)
            self._server.messages.append(received)
        await self._reply(refusal or "250 accepted")

    async def _content(self):
        lines = []
        while True:
            line = await self._reader.readline()
            if line == b".\r\n":
                return b"".join(lines)
            if not line.endswith(b"\r\n"):
                if not line:
                    raise ConnectionResetError
                self._server.violations.append(f"bare LF in content: {line[:80]!r}")
            if b"\r" in line[:-2] or len(line) > 1000:
                self._server.violations.append(f"bare CR or long line in content: {line[:80]!r}")
            lines.append(line[1:] if line.startswith(b".") else line)

    async def _on_rset(self, argument):
        self._forget()
        await self._reply("250 ok")

    async def _on_noop(self, argument):
        await self._reply("250 ok")

    async def _on_quit(self, argument):
        await self._reply("221 bye")
        raise ConnectionResetError


class Aiosmtpd(LoopServer):
    """aiosmtpd: somebody else's idea of SMTP. Requires STARTTLS and AUTH if given certificates."""

    def __init__(self, certs=None, auth=None):
        super().__init__()
        self._certs, self.auth, self.messages = certs, auth, []

    async def open_async(self):
        self._port = self.reserve()
        options = {"decode_data": False, "enable_SMTPUTF8": False}
        if self._certs:
            options |= {"tls_context": self._certs.server_context(), "require_starttls": True}
        if self.auth:
            options |= {"authenticator": self._authenticate, "auth_required": True,
                        "auth_require_tls": bool(self._certs)}
        self._server = await self._loop.create_server(
            lambda: SMTP(self, loop=self._loop, **options), sock=self._port.listen())
        self._servers.append(self._server)

    @property
    def port(self):
        return self._port.number

    def _authenticate(self, server, session, envelope, mechanism, data):
        good = (data.login.decode(), data.password.decode()) == self.auth
        session.user = data.login.decode()
        return AuthResult(success=good)

    async def handle_DATA(self, server, session, envelope):
        self.messages.append(Received(
            envelope.mail_from, envelope.rcpt_tos, envelope.content, time.monotonic(),
            bool(session.ssl), getattr(session, "user", None)))
        return "250 accepted"
