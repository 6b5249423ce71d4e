"""The MySQL protocol as bytes: packets and the server's payloads. Source: "MySQL Source Code
Documentation" 8.0, "Client/Server Protocol"; the page stands at each function.
"""

import struct
from decimal import Decimal

LARGEST_PART = 0xFFFFFF
LARGEST_PAYLOAD = 1 << 24

# "Capabilities Flags"
LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB = 1 << 0, 1 << 1, 1 << 2, 1 << 3
LOCAL_FILES, PROTOCOL_41, SSL, TRANSACTIONS = 1 << 7, 1 << 9, 1 << 11, 1 << 13
SECURE_CONNECTION, MULTI_STATEMENTS, MULTI_RESULTS = 1 << 15, 1 << 16, 1 << 17
PLUGIN_AUTH, CONNECT_ATTRS, AUTH_LENENC = 1 << 19, 1 << 20, 1 << 21
DEPRECATE_EOF = 1 << 24
OFFERED = (LONG_PASSWORD | FOUND_ROWS | LONG_FLAG | CONNECT_WITH_DB | LOCAL_FILES | PROTOCOL_41
           | TRANSACTIONS | SECURE_CONNECTION | MULTI_STATEMENTS | MULTI_RESULTS | PLUGIN_AUTH
           | CONNECT_ATTRS | AUTH_LENENC)

# "SERVER_STATUS_flags_enum"
IN_TRANSACTION, AUTOCOMMIT, MORE_RESULTS, IN_READ_ONLY_TRANSACTION = 1, 2, 8, 0x2000

# "Command Phase"
COM_QUIT, COM_INIT_DB, COM_QUERY, COM_STATISTICS = 0x01, 0x02, 0x03, 0x09
COM_PROCESS_KILL, COM_PING, COM_SET_OPTION, COM_RESET_CONNECTION = 0x0C, 0x0E, 0x1B, 0x1F

UTF8, BINARY = 255, 63  # collations utf8mb4_0900_ai_ci and binary
COLUMN_TYPES = {  # "Column Definition": type, collation, length, decimals
    "int": (0x08, BINARY, 11, 0), "bigint": (0x08, BINARY, 20, 0),
    "float": (0x05, BINARY, 23, 31), "decimal": (0xF6, BINARY, 40, 6),
    "text": (0xFD, UTF8, 4 * 16384, 0), "null": (0x06, BINARY, 0, 0)}


class ProtocolError(Exception):
    """The client sent what the documentation does not allow."""


class Packets:
    """The packets of one connection ("MySQL Packets"): lengths and sequence numbers."""

    def __init__(self, channel):
        self.channel = channel
        self.sequence = 0

    def receive(self):
        """The next payload; what is framed afterwards answers it."""
        payload, length = b"", LARGEST_PART
        while length == LARGEST_PART:
            head = self.channel.receive(4)
            length = int.from_bytes(head[:3], "little")
            payload += self.channel.receive(length)
            if len(payload) > LARGEST_PAYLOAD:
                raise ProtocolError("a payload without end")
        self.sequence = (head[3] + 1) & 0xFF
        return payload

    def frame(self, payload):
        """The payload as a packet that follows the last one."""
        if len(payload) >= LARGEST_PART:
            raise ValueError("payloads of 16 MiB are not needed here")
        head = len(payload).to_bytes(3, "little") + bytes([self.sequence])
        self.sequence = (self.sequence + 1) & 0xFF
        return head + payload


class ReplyWriter:
    """Collects the packets of one answer; before(due) sees what is about to leave, and may raise.
    """

    def __init__(self, packets, before):
        self._packets, self._before = packets, before
        self._data = bytearray()

    def write(self, payload):
        self._data += self._packets.frame(payload)
        if len(self._data) > 1 << 16:
            self.push()

    def push(self):
        """Sends what was collected."""
        if self._data:
            self._before(bytes(self._data))
            self._packets.channel.send(bytes(self._data))
            self._data.clear()


def lenenc(number):
    """int<lenenc> ("Integer Types")."""
    if number < 0xFB:
        return bytes([number])
    if number < 1 << 16:
        return b"\xfc" + struct.pack("<H", number)
    if number < 1 << 24:
        return b"\xfd" + struct.pack("<I", number)[:3]
    return b"\xfe" + struct.pack("<Q", number)


def lenenc_text(value):
    """string<lenenc> ("String Types")."""
    data = value.encode() if isinstance(value, str) else value
    return lenenc(len(data)) + data


def ok(status, affected=0, header=0x00):
    """OK_Packet; header 0xFE where it stands for EOF."""
    return bytes([header]) + lenenc(affected) + lenenc(0) + struct.pack("<HH", status, 0)


def end_of_rows(status):
    """EOF_Packet."""
    return b"\xfe" + struct.pack("<HH", 0, status)


def err(number, state, message, with_state=True):
    """ERR_Packet; the SQL state is known to clients that speak protocol 4.1 only."""
    marker = b"#" + state.encode() if with_state else b""
    return b"\xff" + struct.pack("<H", number) + marker + message.encode()


def greeting(version, number, nonce, capabilities, plugin):
    """Protocol::HandshakeV10; the nonce has 20 bytes."""
    return (b"\x0a" + version.encode() + b"\0" + struct.pack("<I", number) + nonce[:8] + b"\0"
            + struct.pack("<HBHH", capabilities & 0xFFFF, UTF8, AUTOCOMMIT, capabilities >> 16)
            + bytes([len(nonce) + 1]) + bytes(10) + nonce[8:] + b"\0" + plugin.encode() + b"\0")


def auth_switch(plugin, nonce):
    """Protocol::AuthSwitchRequest."""
    return b"\xfe" + plugin.encode() + b"\0" + nonce + b"\0"


def auth_more(data):
    """Protocol::AuthMoreData."""
    return b"\x01" + data


def local_infile(path):
    """LOCAL INFILE Request."""
    return b"\xfb" + path.encode()


def column(name, kind):
    """Column Definition (41)."""
    code, collation, length, decimals = COLUMN_TYPES[kind]
    texts = b"".join(lenenc_text(text) for text in ("def", "", "", "", name, ""))
    return texts + b"\x0c" + struct.pack("<HIBHBxx", collation, length, code, 0, decimals)


def row(values):
    """Text Resultset Row: NULL is 0xFB."""
    return b"".join(b"\xfb" if value is None else lenenc_text(_text(value)) for value in values)


def _text(value):
    return value if isinstance(value, str) else format(value, "f") \
        if isinstance(value, Decimal) else str(value)


class Reader:
    """Takes a payload apart; what is not there raises ProtocolError."""

    def __init__(self, data):
        self._data, self._at = data, 0

    def number(self, layout):
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def take(self, count):
        if self._at + count > len(self._data):
            raise ProtocolError("a payload is cut off")
        self._at += count
        return self._data[self._at - count:self._at]

    def lenenc_bytes(self):
        """string<lenenc>"""
        first = self.number("<B")
        wide = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first)
        return self.take(int.from_bytes(self.take(wide), "little") if wide else first)

    def to_zero(self):
        """string<NUL>, or the rest if there is no NUL."""
        end = self._data.find(b"\0", self._at)
        end = len(self._data) if end < 0 else end
        data = self._data[self._at:end]
        self._at = min(end + 1, len(self._data))
        return data
