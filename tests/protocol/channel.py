"""One accepted connection as bytes: in the clear or inside TLS, and the ways it can misbehave."""

import random
import select
import socket
import ssl
import struct

GARBAGE = random.Random(20240229).randbytes(64)
CHUNK = 65536


class Ended(Exception):
    """The connection is over: the peer left, a fault was played, or the protocol was violated."""


class Channel:
    """Owned by the thread that serves the connection; other threads may call abort() only.

    TLS runs over memory buffers, so that a protocol may wrap the handshake in its own packets
    (TDS) and may leave TLS again after the login. Every failure of the transport raises Ended.
    """

    def __init__(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._tls = self._incoming = self._outgoing = None
        self._buffer = bytearray()

    @property
    def encrypted(self):
        return self._tls is not None

    def receive(self, count):
        """Exactly count bytes."""
        while len(self._buffer) < count:
            self._buffer += self._more()
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def send(self, data):
        """All of the data, through TLS where that is on. Blocks while the peer does not read."""
        if self._tls is None:
            self.send_raw(data)
            return
        for at in range(0, len(data), CHUNK):
            self._tls.write(data[at:at + CHUNK])
            self.send_raw(self._outgoing.read())

    def send_raw(self, data):
        """The same past TLS."""
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise Ended from error

    def readable(self, seconds):
        """True if bytes (or the end of the stream) wait, or come within so many seconds."""
        if self._buffer or (self._tls and (self._tls.pending() or self._incoming.pending)):
            return True
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return bool(poll.poll(max(0, seconds) * 1000))

    def start_tls(self, context, send, receive):
        """The server's side of a handshake; TLS is on afterwards.

        send(bytes) delivers handshake bytes to the client, receive() returns some from it.
        """
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                if self._outgoing.pending:
                    send(self._outgoing.read())
                self._incoming.write(receive())
            except ssl.SSLError as error:
                if self._outgoing.pending:  # the alert that says why
                    send(self._outgoing.read())
                self.finish()
                raise Ended from error
        if self._outgoing.pending:
            send(self._outgoing.read())
        self._tls = tls

    def stop_tls(self):
        """Leaves TLS without a closing alert, as TDS does when only the login is encrypted."""
        self._tls = None

    def receive_some(self):
        """What has come: at least one byte."""
        data = bytes(self._buffer) or self._more()
        self._buffer.clear()
        return data

    def misbehave(self, kind, due):
        """Plays a fault in place of the message that is due, then raises Ended.

        hang: takes bytes and is silent; reset: RST; close: an orderly end; garbage: 64 bytes of
        noise, then the end; truncate: the first half of what is due, then the end.
        """
        if kind == "garbage":
            self.send(GARBAGE)
        elif kind == "truncate":
            self.send(due[:len(due) // 2])
        elif kind == "hang":
            self._drain()
        if kind == "reset":
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close()
        else:
            self.finish()
        raise Ended

    def finish(self):
        """An orderly end: no RST destroys what was sent last, whatever the client still sends."""
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            return
        self._sock.settimeout(10)
        self._drain()

    def abort(self):
        """Makes the owner's next receive() raise Ended. The one method for other threads."""
        try:
            self._sock.shutdown(socket.SHUT_RD)
        except OSError:
            pass

    def close(self):
        self._sock.close()

    def _drain(self):
        try:
            while self._sock.recv(CHUNK):
                pass
        except OSError:
            pass

    def _more(self):
        while self._tls:
            try:
                data = self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                self._incoming.write(self._received())
                continue
            except ssl.SSLError as error:
                raise Ended from error
            if not data:
                raise Ended
            return data
        return self._received()

    def _received(self):
        try:
            data = self._sock.recv(CHUNK)
        except OSError as error:
            raise Ended from error
        if not data:
            raise Ended
        return data
