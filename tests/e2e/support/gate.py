"""A TCP gate in front of any server: lets through, swallows, resets, delays, throttles, cuts."""

import asyncio

from .loop import LoopServer, forever, reset

PASS, BLACKHOLE, RESET, DELAY, THROTTLE, CUT = (
    "pass", "blackhole", "reset", "delay", "throttle", "cut")


class ChaosGate(LoopServer):
    """Forwards to 127.0.0.1:upstream_port; set(mode, amount) applies to new connections.

    amount: seconds for DELAY, bytes a second for THROTTLE, bytes from upstream for CUT.
    """

    def __init__(self, upstream_port):
        super().__init__()
        self._upstream_port = upstream_port
        self.set(PASS)

    def set(self, mode, amount=0):
        self._mode, self._amount = mode, amount

    async def open_async(self):
        self.port = (await self.serve(self._pass_on)).number

    async def _pass_on(self, reader, writer):
        mode, amount = self._mode, self._amount
        if mode == RESET:
            return reset(writer)
        if mode == BLACKHOLE:
            await forever()
        if mode == DELAY:
            await asyncio.sleep(amount)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        self._writers.add(up_writer)
        try:
            await asyncio.gather(self._pump(reader, up_writer),
                                 self._pump(up_reader, writer, mode, amount))
        finally:
            self._writers.discard(up_writer)
            up_writer.close()

    @staticmethod
    async def _pump(reader, writer, mode=PASS, amount=0):
        left = amount
        while data := await reader.read(max(1, amount // 20) if mode == THROTTLE else 65536):
            if mode == CUT:
                data, left = data[:left], left - len(data)
            writer.write(data)
            await writer.drain()
            if mode == CUT and left <= 0:
                return reset(writer)
            if mode == THROTTLE:
                await asyncio.sleep(len(data) / amount)
        if writer.can_write_eof():
            writer.write_eof()
