"""The base of every scripted server: an asyncio loop on a thread of its own."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import time

from .ports import ReservedPort

GONE = (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError,
        TimeoutError, OSError)


def wait_until(condition, timeout=10.0, what="the condition"):
    """The first true value of condition(); an AssertionError after timeout seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s")
        time.sleep(0.01)


async def forever():
    await asyncio.Event().wait()


def reset(writer):
    """Ends the connection with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class LoopServer:
    """start() opens the server on its own loop, stop() ends every connection and the thread.

    A subclass gives open_async() and uses serve(); its handlers run on the loop's thread.
    """

    def __init__(self):
        self._ports, self._servers, self._writers = [], [], set()

    def start(self):
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda loop, context: None)  # faults are the point here
        name = type(self).__name__
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name=name)
        self._thread.start()
        self.call(self.open_async())
        return self

    def stop(self):
        self.call(self._close_async())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for port in self._ports:
            port.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    def call(self, coroutine, timeout=10):
        """Runs the coroutine on the server's loop and returns its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    def reserve(self):
        port = ReservedPort()
        self._ports.append(port)
        return port

    async def serve(self, handler, port=None, tls=None, **listen_options):
        """Serves handler(reader, writer) on the reserved port, a new one if none is given."""
        port = port or self.reserve()
        server = await asyncio.start_server(self._guarded(handler), ssl=tls,
                                            sock=port.listen(**listen_options))
        self._servers.append(server)
        return port

    async def drop_connections(self):
        for writer in list(self._writers):
            reset(writer)

    async def close_listeners(self):
        for server in self._servers:
            server.close()
        self._servers.clear()

    def _guarded(self, handler):
        async def handle(reader, writer):
            self._writers.add(writer)
            try:
                await handler(reader, writer)
            except GONE:
                pass
            finally:
                self._writers.discard(writer)
                with contextlib.suppress(Exception):
                    writer.close()
        return handle

    async def _close_async(self):
        await self.close_listeners()
        await self.drop_connections()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
