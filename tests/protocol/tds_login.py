"""The messages before the first statement. Source: [MS-TDS] revision 20221220, sections 2.2.6.5
(PRELOGIN) and 2.2.6.4 (LOGIN7).
"""

import struct
from dataclasses import dataclass

from tds_wire import ProtocolError

# 2.2.6.5: options of PRELOGIN, and the values of ENCRYPTION
VERSION, ENCRYPTION, INSTANCE, THREAD_ID, MARS, TERMINATOR = 0, 1, 2, 3, 4, 0xFF
ENCRYPT_OFF, ENCRYPT_ON, ENCRYPT_NOT_SUP, ENCRYPT_REQ = 0, 1, 2, 3
SERVER_VERSION = (16, 0, 1000)
FIXED = struct.Struct("<IIIIIIBBBBiI")
INTEGRATED_SECURITY = 0x80  # OptionFlags2


@dataclass
class Login:
    """What a client asks for in LOGIN7. The password stays out of every repr()."""

    version: int
    packet_size: int
    user: str
    app: str
    database: str
    integrated: bool
    password: str

    def __repr__(self):
        return f"Login({self.user!r}, {self.database!r})"


def parse_prelogin(data):
    """The options of a PRELOGIN message: token to bytes."""
    options, at = {}, 0
    while at < len(data) and data[at] != TERMINATOR:
        if at + 5 > len(data):
            raise ProtocolError("PRELOGIN ends within its options")
        token, offset, length = struct.unpack_from(">BHH", data, at)
        options[token] = data[offset:offset + length]
        at += 5
    if next(iter(options), None) != VERSION:
        raise ProtocolError("the first option of PRELOGIN is VERSION")
    return options


def negotiate(client, policy):
    """(the server's ENCRYPTION, whether the whole connection, whether the login is encrypted).

    The table of 2.2.6.5; policy off: cannot; offered: at least the login; required: everything.
    A server that needs what the client cannot do answers and ends the connection.
    """
    if policy == "off":
        return ENCRYPT_NOT_SUP, False, False
    if client in (ENCRYPT_ON, ENCRYPT_REQ):
        return ENCRYPT_ON, True, True
    if policy == "required":
        return ENCRYPT_REQ, True, True
    if client == ENCRYPT_NOT_SUP:
        return ENCRYPT_NOT_SUP, False, False
    return ENCRYPT_OFF, False, True


def prelogin_answer(encryption):
    """The server's PRELOGIN."""
    major, minor, build = SERVER_VERSION
    options = ((VERSION, struct.pack(">BBHH", major, minor, build, 0)),
               (ENCRYPTION, bytes([encryption])), (INSTANCE, b"\0"), (THREAD_ID, b""),
               (MARS, b"\0"))
    offset, head, data = 5 * len(options) + 1, b"", b""
    for token, value in options:
        head += struct.pack(">BHH", token, offset + len(data), len(value))
        data += value
    return head + bytes([TERMINATOR]) + data


def parse_login7(data):
    """The Login in a LOGIN7 message."""
    try:
        fixed = FIXED.unpack_from(data)
        # OffsetLength: host, user, password, app, server, extension, library, language, database
        fields = struct.iter_unpack("<HH", data[FIXED.size:FIXED.size + 36])
        spans = [data[offset:offset + 2 * length] for offset, length in fields]
        if fixed[0] != len(data) or len(spans) != 9:
            raise ProtocolError("LOGIN7 of a wrong length")
        return Login(version=fixed[1], packet_size=fixed[2], user=spans[1].decode("utf-16-le"),
                     password=_plain_password(spans[2]), app=spans[3].decode("utf-16-le"),
                     database=spans[8].decode("utf-16-le"),
                     integrated=bool(fixed[7] & INTEGRATED_SECURITY))
    except (struct.error, UnicodeDecodeError) as error:
        raise ProtocolError("LOGIN7 that cannot be read") from error


def _plain_password(data):
    """The client swaps the halves of each byte, then XORs with 0xA5; this undoes it."""
    flipped = (byte ^ 0xA5 for byte in data)
    return bytes((byte << 4 | byte >> 4) & 0xFF for byte in flipped).decode("utf-16-le")
