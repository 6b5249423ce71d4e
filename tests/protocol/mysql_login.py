"""The connection phase: the client's answer to the greeting, and what proves a password.

Sources: "MySQL Source Code Documentation" 8.0, "Protocol::HandshakeResponse41",
"Caching_sha2_password information" and "Native Authentication".
"""

import hashlib
import threading
from dataclasses import dataclass
from itertools import cycle

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import mysql_wire as wire

SHA2, NATIVE = "caching_sha2_password", "mysql_native_password"
FAST_SUCCESS, FULL_NEEDED, KEY_REQUEST = b"\x03", b"\x04", b"\x02"
SSL_REQUEST_SIZE = 32


@dataclass
class Response:
    """What the client asks for."""

    capabilities: int
    user: str
    proof: bytes
    database: str
    plugin: str


def parse_response(data):
    """Protocol::HandshakeResponse41."""
    reader = wire.Reader(data)
    capabilities = reader.number("<I")
    if not capabilities & wire.PROTOCOL_41:
        raise wire.ProtocolError("a client of before 4.1")
    reader.take(4 + 1 + 23)
    user = reader.to_zero().decode()
    if capabilities & wire.AUTH_LENENC:
        proof = reader.lenenc_bytes()
    else:
        proof = reader.take(reader.number("<B"))
    database = reader.to_zero().decode() if capabilities & wire.CONNECT_WITH_DB else ""
    plugin = reader.to_zero().decode() if capabilities & wire.PLUGIN_AUTH else NATIVE
    return Response(capabilities, user, proof, database, plugin)


def native_proof(password, nonce):
    """SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password))); nothing for no password."""
    if not password:
        return b""
    once = hashlib.sha1(password.encode()).digest()
    twice = hashlib.sha1(once).digest()
    return _xor(once, hashlib.sha1(nonce + twice).digest())


class Sha2Cache:
    """caching_sha2_password: what the server remembers of passwords that were once shown to it.

    Any thread may call it.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._digests = {}  # user: SHA256(SHA256(password))

    def clear(self):
        with self._lock:
            self._digests.clear()

    def remember(self, user, password):
        with self._lock:
            self._digests[user] = _sha256(_sha256(password.encode()))

    def proves(self, user, nonce, proof):
        """True if the scramble, XOR(SHA256(password), SHA256(digest + nonce)), fits what is
        remembered; False if it does not, or nothing is."""
        with self._lock:
            digest = self._digests.get(user)
        if digest is None or len(proof) != len(digest):
            return False
        return _sha256(_xor(proof, _sha256(digest + nonce))) == digest


class RsaKey:
    """The key pair for full authentication without TLS; made when first asked for."""

    def __init__(self):
        self._lock = threading.Lock()
        self._key = None

    def public_pem(self):
        return self._private().public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def password(self, data, nonce):
        """The password in RSA(XOR(password and NUL, nonce)); None if that is not what it is."""
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
        try:
            return clear_password(_xor(self._private().decrypt(data, oaep), nonce))
        except ValueError:
            return None

    def _private(self):
        with self._lock:
            if self._key is None:
                self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            return self._key


def clear_password(data):
    """The password as sent inside TLS, up to its NUL; None if it is no text."""
    try:
        return data.removesuffix(b"\0").decode()
    except UnicodeDecodeError:
        return None


def _sha256(data):
    return hashlib.sha256(data).digest()


def _xor(data, key):
    return bytes(left ^ right for left, right in zip(data, cycle(key)))
