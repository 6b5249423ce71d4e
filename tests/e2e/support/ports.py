"""Loopback ports that stay ours while nothing listens on them."""

import socket


class ReservedPort:
    """A port of 127.0.0.1 held by a bound socket that never listens.

    While no listener is open, connecting is refused; nobody else can be given the port meanwhile.
    """

    def __init__(self):
        self._guard = self._bound(0)
        self.number = self._guard.getsockname()[1]

    @staticmethod
    def _bound(port):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # Programs set the one or the other before they bind.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", port))
        return sock

    def listen(self, backlog=128, receive_buffer=None):
        """A new listening socket on this port; the caller closes it."""
        sock = self._bound(self.number)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.listen(backlog)
        return sock

    def close(self):
        self._guard.close()


class FullBacklog:
    """A listener whose queue is full: connecting to it is neither accepted nor refused."""

    def start(self):
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._fillers = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers.append(filler)
        return self

    def stop(self):
        for sock in [*self._fillers, self._listener]:
            sock.close()
