"""TDS as bytes: packets, messages and the tokens of answers. Source: [MS-TDS], Tabular Data Stream
Protocol, revision 20221220; the sections stand at each function.
"""

import struct
from decimal import Decimal

# 2.2.3.1.1 packet header: type
BATCH, RPC, TABULAR, ATTENTION, TRANSACTION, LOGIN7, PRELOGIN = 1, 3, 4, 6, 14, 16, 18
# 2.2.3.1.2 packet header: status
LAST = 1
HEADER = struct.Struct(">BBHHBB")
LARGEST_MESSAGE = 1 << 24

# 2.2.7.14 LOGINACK: versions; what a version changes is said where it does
TDS_7_1, TDS_7_2, TDS_7_4 = 0x71000001, 0x72090002, 0x74000004
VERSIONS = (0x71000000, TDS_7_1, TDS_7_2, 0x730A0003, 0x730B0003, TDS_7_4)

# 2.2.7.6 DONE: status
DONE_MORE, DONE_ERROR, DONE_COUNT, DONE_ATTENTION = 0x1, 0x2, 0x10, 0x20
DONE, DONE_PROCEDURE, DONE_IN_PROCEDURE = 0xFD, 0xFE, 0xFF

# 2.2.7.9 ENVCHANGE: types
ENV_DATABASE, ENV_LANGUAGE, ENV_PACKET_SIZE, ENV_COLLATION = 1, 2, 4, 7
ENV_BEGIN, ENV_COMMIT, ENV_ROLLBACK = 8, 9, 10

# 2.2.5.1.2 collation: LCID 0x0409, ignoring case, kana and width; sort order 52
COLLATION = bytes.fromhex("0904d00034")
DECIMAL_SCALE = 6
LONGEST_TEXT = 4000  # characters of an nvarchar that is not nvarchar(max)


class ProtocolError(Exception):
    """The client sent what the specification does not allow."""


def packet(kind, payload, status=LAST, number=1, spid=0):
    """One packet (2.2.3)."""
    return HEADER.pack(kind, status, HEADER.size + len(payload), spid, number & 0xFF, 0) + payload


def read_packet(channel):
    """(type, status, payload) of the next packet."""
    kind, status, length, _, _, _ = HEADER.unpack(channel.receive(HEADER.size))
    if length < HEADER.size:
        raise ProtocolError(f"a packet of {length} bytes")
    return kind, status, channel.receive(length - HEADER.size)


def read_message(channel):
    """(type, payload) of the next message: the packets up to the one with EOM (2.2.1)."""
    data, status = b"", 0
    while not status & LAST:
        kind, status, payload = read_packet(channel)
        data += payload
        if len(data) > LARGEST_MESSAGE:
            raise ProtocolError("a message without end")
    return kind, data


class MessageWriter:
    """Cuts one answer into packets of the negotiated size.

    before(due) is called with the packets about to leave; a fault raises from it.
    """

    def __init__(self, send, packet_size, before=lambda due: None, spid=0):
        self._send, self._before, self._spid = send, before, spid
        self._room = packet_size - HEADER.size
        self._data = bytearray()
        self._number = 0

    def write(self, tokens):
        """Adds tokens; sends what fills packets once that is worth a system call."""
        self._data += tokens
        if len(self._data) > max(4 * self._room, 1 << 16):
            self._cut(len(self._data) - 1)  # never the last byte: the last packet is not empty

    def push(self):
        """Sends what is there now, in a packet that is not the last."""
        self._cut(len(self._data), partial=True)

    def finish(self):
        """Sends the rest; the message is complete."""
        self._cut(len(self._data) - 1)
        self._deliver(self._packet(bytes(self._data), LAST))

    def _cut(self, limit, partial=False):
        out, at = [], 0
        while limit - at >= self._room or (partial and at < limit):
            out.append(self._packet(bytes(self._data[at:min(limit, at + self._room)]), 0))
            at += self._room
        del self._data[:at]
        if out:
            self._deliver(b"".join(out))

    def _packet(self, payload, status):
        self._number += 1
        return packet(TABULAR, payload, status, self._number, self._spid)

    def _deliver(self, data):
        self._before(data)
        self._send(data)


def b_varchar(text):
    """A string after its length in characters as one byte (2.2.5.1.1)."""
    return bytes([len(text)]) + text.encode("utf-16-le")


def us_varchar(text):
    """The same with a length of two bytes."""
    return struct.pack("<H", len(text)) + text.encode("utf-16-le")


class Tokens:
    """Makes the tokens of the server's answers (2.2.7) for one TDS version."""

    def __init__(self, version, server_name="vigia-test"):
        self.version = version
        self._server_name = server_name
        self._wide = version >= TDS_7_2  # 8 byte row counts, 4 byte user types and line numbers

    def login_ack(self, program, major, build):
        """LOGINACK (2.2.7.14): interface SQL_TSQL; the version is big endian here."""
        body = (b"\x01" + struct.pack(">I", self.version) + b_varchar(program)
                + struct.pack(">BBH", major, 0, build))
        return b"\xad" + struct.pack("<H", len(body)) + body

    @staticmethod
    def environment(kind, new, old):
        """ENVCHANGE (2.2.7.9); text for names, bytes for collations and transactions."""
        body = bytes([kind])
        for value in (new, old):
            body += b_varchar(value) if isinstance(value, str) else bytes([len(value)]) + value
        return b"\xe3" + struct.pack("<H", len(body)) + body

    def error(self, number, message, severity, state=1):
        """ERROR (2.2.7.10)."""
        return self._message(b"\xaa", number, message, severity, state)

    def info(self, number, message):
        """INFO (2.2.7.13)."""
        return self._message(b"\xab", number, message, 0, 2)

    def _message(self, token, number, message, severity, state):
        body = (struct.pack("<iBB", number, state & 0xFF, severity) + us_varchar(message)
                + b_varchar(self._server_name) + b_varchar("")
                + struct.pack("<I" if self._wide else "<H", 1))
        return token + struct.pack("<H", len(body)) + body

    def done(self, status=0, count=0, token=DONE):
        """DONE, DONEPROC, DONEINPROC (2.2.7.6 to 2.2.7.8)."""
        command = 0xC1 if status & DONE_COUNT else 0
        return struct.pack("<BHHQ" if self._wide else "<BHHI", token, status, command, count)

    @staticmethod
    def return_status(value):
        """RETURNSTATUS (2.2.7.18)."""
        return struct.pack("<Bi", 0x79, value)

    def return_value(self, ordinal, name, value):
        """RETURNVALUE (2.2.7.19): an integer output parameter."""
        return (struct.pack("<BH", 0xAC, ordinal) + b_varchar(name) + b"\x01" + self._user_type()
                + b"\x00\x00" + type_info("int") + encode("int", value))

    def columns(self, columns):
        """COLMETADATA (2.2.7.4): all nullable, not updatable."""
        out = struct.pack("<BH", 0x81, len(columns))
        for name, kind in columns:
            out += self._user_type() + struct.pack("<H", 0x0001) + type_info(kind) + b_varchar(name)
        return out

    @staticmethod
    def row(columns, values):
        """ROW (2.2.7.20)."""
        return b"\xd1" + b"".join(encode(kind, value)
                                  for (_, kind), value in zip(columns, values, strict=True))

    def _user_type(self):
        return bytes(4 if self._wide else 2)


def type_info(kind):
    """TYPE_INFO (2.2.5.6): INTN, FLTN, NUMERICN or NVARCHAR."""
    if kind == "text":
        return struct.pack("<BH", 0xE7, 2 * LONGEST_TEXT) + COLLATION
    if kind == "decimal":
        return bytes((0x6C, 17, 38, DECIMAL_SCALE))
    return {"int": b"\x26\x04", "null": b"\x26\x04", "bigint": b"\x26\x08", "float": b"\x6d\x08"}[
        kind]


def encode(kind, value):
    """One value (2.2.5.5); None is NULL."""
    if value is None:
        return b"\xff\xff" if kind == "text" else b"\x00"
    if kind == "text":
        data = str(value)[:LONGEST_TEXT].encode("utf-16-le")
        return struct.pack("<H", len(data)) + data
    if kind == "decimal":
        scaled = int(Decimal(str(value)).scaleb(DECIMAL_SCALE))
        return b"\x11" + bytes([scaled >= 0]) + abs(scaled).to_bytes(16, "little")
    layout = {"int": "<Bi", "null": "<Bi", "bigint": "<Bq", "float": "<Bd"}[kind]
    return struct.pack(layout, struct.calcsize(layout) - 1, value)
