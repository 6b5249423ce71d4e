"""A scripted HTTP(S) target: well behaved or hostile, by path, by port, or switched at run time."""

import asyncio
import collections
import json
import os
import time
import urllib.parse
import zlib

from .certs import Certs
from .loop import LoopServer, forever, reset

KIB, MIB = 1024, 1024 * 1024
Request = collections.namedtuple("Request", "method path headers body")


def gzip_bomb(size=256 * MIB):
    """A well-formed gzip member that unpacks to size zero bytes (a multiple of 1 MiB)."""
    block = bytes(MIB)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    repeated = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(size // MIB):
        checksum = zlib.crc32(block, checksum)
    ending = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    trailer = checksum.to_bytes(4, "little") + size.to_bytes(4, "little")
    return first + repeated * (size // MIB - 1) + ending + trailer


class HostileTarget(LoopServer):
    """HTTP on `http`, HTTPS by certificate kind on `https`; what happens depends on the path.

    The first segment of the path names the behaviour (a method `do_NAME` below); an unknown one is
    answered with 200. switch(path, other) makes a path behave as another from now on.

    Ports with a behaviour of their own: `silent` (accepts, says nothing), `half_tls` (stops in the
    middle of the handshake), `resets` (RST once connected), `tls_resets` (RST after the client's
    hello), `refused` (nobody listens), `deaf` (never reads what is sent).
    """

    def __init__(self, certs):
        super().__init__()
        self._certs = certs
        self._switches, self._hits = {}, collections.defaultdict(list)
        self._requests = collections.defaultdict(list)
        self._bomb = gzip_bomb()

    async def open_async(self):
        self._http = await self.serve(self._converse)
        self._https = {
            kind: await self.serve(self._converse, tls=self._certs.server_context(kind))
            for kind in Certs.SERVER_KINDS}
        self._https["mutual"] = await self.serve(
            self._converse, tls=self._certs.server_context(require_client=True))
        self.silent = (await self.serve(self._say_nothing)).number
        self.deaf = (await self.serve(self._say_nothing, receive_buffer=4096)).number
        self.half_tls = (await self.serve(self._half_handshake)).number
        self.resets = (await self.serve(self._reset_at_once)).number
        self.tls_resets = (await self.serve(self._reset_after_hello)).number
        self.refused = self.reserve().number

    def http(self, path="/ok", host="127.0.0.1"):
        return f"http://{host}:{self._http.number}{path}"

    def https(self, path="/ok", kind="good", host="127.0.0.1"):
        return f"https://{host}:{self._https[kind].number}{path}"

    @property
    def http_port(self):
        return self._http.number

    def switch(self, path, behaviour=None):
        """From now on path behaves as the path `behaviour`; None: as itself again."""
        self._switches[path] = behaviour

    def hits(self, path):
        """The monotonic times of the requests for the path, oldest first."""
        return list(self._hits[path])

    def requests(self, path):
        return list(self._requests[path])

    async def _converse(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in head[1:] if line]
        fields = {name.lower(): value for name, value in headers}
        if fields.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        path = target if target.startswith("/") else urllib.parse.urlsplit(target).path
        self._hits[path].append(time.monotonic())
        request = Request(method, path, headers, body.decode("utf-8", "replace"))
        self._requests[path].append(request)
        name, *arguments = (self._switches.get(path) or path).strip("/").split("/")
        behaviour = getattr(self, f"do_{name.replace('-', '_')}", self.do_ok)
        await behaviour(request, writer, *arguments)
        await writer.drain()

    @staticmethod
    def _head(writer, status=200, length=None, **headers):
        lines = [f"HTTP/1.1 {status} {'OK' if status == 200 else 'Whatever'}"]
        lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {length}"] if length is not None else []
        writer.write(("\r\n".join(lines) + "\r\nConnection: close\r\n\r\n").encode())

    def _answer(self, writer, body, status=200, **headers):
        body = body if isinstance(body, bytes) else body.encode()
        self._head(writer, status, len(body), **headers)
        writer.write(body)

    # Behaviours by path

    async def do_ok(self, request, writer, *_):
        self._answer(writer, "todo bien\n")

    async def do_status(self, request, writer, code, *_):
        self._answer(writer, f"estado {code}\n", int(code))

    async def do_slow(self, request, writer, seconds, *_):
        await asyncio.sleep(float(seconds))
        self._answer(writer, "lento pero seguro\n")

    async def do_flaky(self, request, writer, failures, *_):
        """503 for the first `failures` requests of this path, then 200."""
        late = len(self._hits[request.path]) > int(failures)
        self._answer(writer, "tal vez\n", 200 if late else 503)

    async def do_echo(self, request, writer, status="200", *_):
        self._answer(writer, json.dumps(request._asdict()), int(status))

    async def do_say(self, request, writer, status, text, *_):
        """The status with the percent-encoded text as body."""
        self._answer(writer, urllib.parse.unquote_to_bytes(text), int(status))

    async def do_bearer(self, request, writer, token, *_):
        good = ("Authorization", f"Bearer {token}") in request.headers
        self._answer(writer, "ficha", 200 if good else 401)

    async def do_silence(self, request, writer, *_):
        await forever()

    async def do_empty(self, request, writer, *_):
        pass

    async def do_garbage(self, request, writer, *_):
        writer.write(b"\x00\xff\x1b]0;garbage\x07" + os.urandom(512))

    async def do_hang_headers(self, request, writer, *_):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
        await forever()

    async def do_drip_headers(self, request, writer, *_):
        await self._drip(writer, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000)

    async def do_hang_body(self, request, writer, *_):
        self._head(writer, length=1000)
        writer.write(b"x" * 10)
        await forever()

    async def do_drip_body(self, request, writer, *_):
        self._head(writer, length=10_000)
        await self._drip(writer, b"x" * 10_000)

    async def do_short_body(self, request, writer, *_):
        self._head(writer, length=1000)
        writer.write(b"x" * 10)

    async def do_unframed_body(self, request, writer, *_):
        """No length given: the end of the connection ends the body."""
        self._head(writer)
        writer.write(b"x" * 10)

    async def do_interim(self, request, writer, count, *_):
        """That many interim answers before the real one."""
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * int(count))
        self._answer(writer, "por fin\n")

    async def do_raw(self, request, writer, text, *_):
        """The percent-encoded text, as it is."""
        writer.write(urllib.parse.unquote_to_bytes(text))

    async def do_reset(self, request, writer, *_):
        reset(writer)

    async def do_reset_headers(self, request, writer, *_):
        await self._then_reset(writer, b"HTTP/1.1 200 OK\r\nContent-Ty")

    async def do_reset_body(self, request, writer, *_):
        await self._then_reset(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nxxxxx")

    async def do_endless_body(self, request, writer, *_):
        self._head(writer, transfer_encoding="chunked")
        await self._endless(writer, b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    async def do_endless_length(self, request, writer, *_):
        self._head(writer, length=10 ** 15)
        await self._endless(writer, b"x" * 0x4000)

    async def do_endless_headers(self, request, writer, *_):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await self._endless(writer, b"X-More: " + b"x" * 1000 + b"\r\n")

    async def do_headers(self, request, writer, kib, *_):
        """A good answer with that many KiB of headers."""
        writer.write(b"HTTP/1.1 200 OK\r\n")
        writer.write((b"X-More: " + b"x" * 1014 + b"\r\n") * int(kib))
        writer.write(b"Content-Length: 2\r\nConnection: close\r\n\r\nok")

    async def do_gzip_bomb(self, request, writer, *_):
        self._answer(writer, self._bomb, content_encoding="gzip")

    async def do_redirect(self, request, writer, kind, *rest):
        """/redirect/loop, /redirect/N (N hops to /ok), /redirect/to/PERCENT-ENCODED-URL."""
        if kind == "to":
            location = urllib.parse.unquote(rest[0])
        elif kind == "loop":
            location = request.path
        else:
            location = f"/redirect/{int(kind) - 1}" if int(kind) > 1 else "/ok"
        self._answer(writer, "más allá\n", 302, location=location)

    @staticmethod
    async def _drip(writer, data):
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    @staticmethod
    async def _then_reset(writer, data):
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.05)
        reset(writer)

    @staticmethod
    async def _endless(writer, piece):
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    # Ports with a behaviour of their own

    @staticmethod
    async def _say_nothing(reader, writer):
        writer.transport.pause_reading()
        await forever()

    @staticmethod
    async def _half_handshake(reader, writer):
        await reader.read(1)
        writer.write(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
        await forever()

    @staticmethod
    async def _reset_at_once(reader, writer):
        reset(writer)

    @staticmethod
    async def _reset_after_hello(reader, writer):
        await reader.read(1)
        reset(writer)


class Site:
    """One path of the hostile target that a test owns: up until it is told otherwise."""

    def __init__(self, target, name):
        self._target, self.path = target, f"/site/{name}"
        self.url = target.http(self.path)

    def down(self, how="/status/503"):
        self._target.switch(self.path, how)

    def up(self):
        self._target.switch(self.path, None)

    @property
    def hits(self):
        return self._target.hits(self.path)
