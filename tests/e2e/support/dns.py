"""A small DNS server (UDP and TCP) that answers, refuses, delays or ignores, per name."""

import asyncio
import ipaddress
import socket
import struct

from .loop import LoopServer

A, AAAA = 1, 28
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
SILENCE = -1


class DnsServer(LoopServer):
    """Names not told of do not exist (NXDOMAIN). `queries` lists the names asked for."""

    def __init__(self):
        super().__init__()
        self._codes, self._addresses, self._delays = {}, {}, {}
        self.queries = []
        self.dead = False  # True: no query whatever is answered
        self.ttl = 1  # seconds

    async def open_async(self):
        tcp = await self.serve(self._on_stream)
        self.port = tcp.number
        self._udp, _ = await self._loop.create_datagram_endpoint(
            lambda: Datagrams(self), local_addr=("127.0.0.1", self.port))

    async def _close_async(self):
        self._udp.close()
        await super()._close_async()

    @property
    def resolver(self):
        """What VIGIA_RESOLVER is set to."""
        return f"127.0.0.1:{self.port}"

    def answer(self, name, *addresses, delay=0):
        """The name has these addresses (IPv4 or IPv6; none: it exists, without data)."""
        self._set(name, NOERROR, addresses, delay)

    def nxdomain(self, name):
        self._set(name, NXDOMAIN)

    def servfail(self, name):
        self._set(name, SERVFAIL)

    def silence(self, name):
        self._set(name, SILENCE)

    def _set(self, name, code, addresses=(), delay=0):
        self._codes[name], self._delays[name] = code, delay
        self._addresses[name] = [ipaddress.ip_address(address) for address in addresses]

    async def reply(self, query):
        """The reply to the query's bytes, or None for silence."""
        name, kind, end = self._question(query)
        self.queries.append(name)
        code = self._codes.get(name, NXDOMAIN)
        if self.dead or code == SILENCE:
            return None
        await asyncio.sleep(self._delays.get(name, 0))
        answers = [self._record(address) for address in self._addresses.get(name, ())
                   if kind == (A if address.version == 4 else AAAA)]
        flags = 0x8180 | code
        header = query[:2] + struct.pack("!5H", flags, 1, len(answers), 0, 0)
        return header + query[12:end] + b"".join(answers)

    @staticmethod
    def _question(query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
            at += 1 + query[at]
        return ".".join(labels).lower(), struct.unpack_from("!H", query, at + 1)[0], at + 5

    def _record(self, address):
        kind = A if address.version == 4 else AAAA
        data = address.packed
        return struct.pack("!HHHIH", 0xC00C, kind, 1, self.ttl, len(data)) + data

    async def _on_stream(self, reader, writer):
        while True:
            size = struct.unpack("!H", await reader.readexactly(2))[0]
            reply = await self.reply(await reader.readexactly(size))
            if reply:
                writer.write(struct.pack("!H", len(reply)) + reply)


class Datagrams(asyncio.DatagramProtocol):
    """The UDP side of the server."""

    def __init__(self, server):
        self._server = server

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, peer):
        asyncio.ensure_future(self._respond(data, peer))

    async def _respond(self, data, peer):
        reply = await self._server.reply(data)
        if reply:
            self._transport.sendto(reply, peer)


def closed_udp_port():
    """A UDP port nobody listens on: a query to it is answered by ICMP, if at all."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
