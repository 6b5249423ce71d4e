"""RPC requests as far as drivers use them for a statement. Source: [MS-TDS] revision 20221220,
sections 2.2.6.6 (RPC Request), 2.2.5.3 (ALL_HEADERS), 2.2.5.4 to 2.2.5.6 (types).
"""

import struct
from dataclasses import dataclass, field
from decimal import Decimal

from tds_wire import TDS_7_2, ProtocolError

PROCEDURES = {10: "sp_executesql", 11: "sp_prepare", 12: "sp_execute", 13: "sp_prepexec",
              15: "sp_unprepare"}
FIXED_TYPES = {0x1F: 0, 0x30: 1, 0x32: 1, 0x34: 2, 0x38: 4, 0x3B: 4, 0x3C: 8, 0x3D: 8, 0x3E: 8,
               0x7F: 8, 0x3A: 4, 0x7A: 4}
SHORT_TYPES = (0x24, 0x26, 0x68, 0x6D, 0x6E, 0x6F)  # one byte of largest size, one of size
DECIMAL_TYPES = (0x6A, 0x6C)
BINARY_TYPES, TEXT_TYPES = (0xA5, 0xAD), (0xA7, 0xAF, 0xE7, 0xEF)
WIDE_TYPES = (0xE7, 0xEF, 0x63)
LONG_TYPES = (0x23, 0x63)  # text, ntext
PLP_NULL = 0xFFFFFFFFFFFFFFFF


@dataclass
class Call:
    """A procedure called with parameters: (name, value) in order."""

    procedure: str
    parameters: list = field(default_factory=list)


def after_headers(data, version):
    """A batch or an RPC without its ALL_HEADERS, which come with TDS 7.2."""
    if version < TDS_7_2:
        return data
    if len(data) < 4:
        raise ProtocolError("no ALL_HEADERS")
    return data[struct.unpack_from("<I", data)[0]:]


def parse_calls(data, version):
    """The calls of an RPC message."""
    reader = _Reader(data, version)
    calls = [reader.call()]
    while reader.more():
        calls.append(reader.call())
    return calls


class _Reader:
    def __init__(self, data, version):
        self._data, self._at = data, 0
        self._separators = (0xFF, 0xFE) if version >= TDS_7_2 else (0x80,)

    def more(self):
        return self._at < len(self._data)

    def call(self):
        length = self._number("<H")
        if length == 0xFFFF:
            number = self._number("<H")
            procedure = PROCEDURES.get(number, f"procedure {number}")
        else:
            procedure = self._bytes(2 * length).decode("utf-16-le").casefold()
        self._number("<H")  # option flags
        call = Call(procedure)
        while self.more():
            if self._data[self._at] in self._separators:
                self._at += 1
                break
            name = self._bytes(2 * self._number("<B")).decode("utf-16-le")
            self._number("<B")  # status flags
            call.parameters.append((name, self._typed_value()))
        return call

    def _typed_value(self):
        kind = self._number("<B")
        if kind in FIXED_TYPES:
            return self._integer(self._bytes(FIXED_TYPES[kind]))
        if kind in SHORT_TYPES:
            self._number("<B")
            data = self._bytes(self._number("<B"))
            if kind == 0x6D and data:
                return struct.unpack("<d" if len(data) == 8 else "<f", data)[0]
            return self._integer(data)
        if kind in DECIMAL_TYPES:
            return self._decimal()
        if kind in LONG_TYPES:
            self._bytes(4 + 5)
            length = self._number("<i")
            return None if length < 0 else self._text(kind, self._bytes(length))
        if kind in TEXT_TYPES or kind in BINARY_TYPES:
            return self._variable(kind)
        raise ProtocolError(f"a parameter of type {kind:#x}")

    def _variable(self, kind):
        largest = self._number("<H")
        if kind in TEXT_TYPES:
            self._bytes(5)  # collation
        if largest == 0xFFFF:
            data = self._partly_length_prefixed()
        else:
            length = self._number("<H")
            data = None if length == 0xFFFF else self._bytes(length)
        return data if data is None or kind in BINARY_TYPES else self._text(kind, data)

    def _partly_length_prefixed(self):
        if self._number("<Q") == PLP_NULL:
            return None
        data = b""
        while (length := self._number("<I")) != 0:
            data += self._bytes(length)
        return data

    def _decimal(self):
        _, _, scale = self._bytes(3)
        data = self._bytes(self._number("<B"))
        if not data:
            return None
        value = Decimal(int.from_bytes(data[1:], "little")).scaleb(-scale)
        return value if data[0] else -value

    @staticmethod
    def _integer(data):
        return int.from_bytes(data, "little", signed=len(data) > 1) if data else None

    @staticmethod
    def _text(kind, data):
        return data.decode("utf-16-le" if kind in WIDE_TYPES else "cp1252")

    def _number(self, layout):
        return struct.unpack(layout, self._bytes(struct.calcsize(layout)))[0]

    def _bytes(self, count):
        if self._at + count > len(self._data):
            raise ProtocolError("a parameter is cut off")
        self._at += count
        return self._data[self._at - count:self._at]
