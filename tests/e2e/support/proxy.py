"""A tiny forward and CONNECT proxy that remembers what went through it."""

import asyncio
import base64
import urllib.parse

from .loop import LoopServer


class ForwardProxy(LoopServer):
    """`targets` lists what was asked for; credentials (user, password) are demanded if given."""

    def __init__(self, credentials=None):
        super().__init__()
        self.targets = []
        self._expected = None
        if credentials:
            self._expected = "Basic " + base64.b64encode(":".join(credentials).encode()).decode()

    async def open_async(self):
        self._port = await self.serve(self._forward)

    def url(self, userinfo=""):
        return f"http://{userinfo}127.0.0.1:{self._port.number}"

    async def _forward(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, version = head[0].split(" ", 2)
        headers = {name.strip().lower(): value.strip()
                   for name, _, value in (line.partition(":") for line in head[1:] if line)}
        if self._expected and headers.get("proxy-authorization") != self._expected:
            writer.write(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
                         b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            return await writer.drain()
        self.targets.append(target)
        url = urllib.parse.urlsplit(target if method != "CONNECT" else f"//{target}")
        up_reader, up_writer = await asyncio.open_connection(url.hostname, url.port or 80)
        self._writers.add(up_writer)
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                kept = [line for line in head[1:] if not line.lower().startswith("proxy-")]
                up_writer.write("\r\n".join([f"{method} {url.path} {version}", *kept]).encode())
            await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))
        finally:
            self._writers.discard(up_writer)
            up_writer.close()

    @staticmethod
    async def _pump(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
