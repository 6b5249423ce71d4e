"""Throw-away certificates: an authority, server certificates good and bad, a client's."""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OTHER_HOST = "otro.example"
LOCAL = ("localhost", "127.0.0.1", "smtp.test", "web.test")


class Certs:
    """Writes its certificates into a directory at construction; nothing to stop.

    Server kinds: good, expired, wrong_host (valid for OTHER_HOST only), self_signed.
    """

    SERVER_KINDS = ("good", "expired", "wrong_host", "self_signed")

    def __init__(self, directory):
        self.directory = directory
        self._ca_key = ec.generate_private_key(ec.SECP256R1())
        self._ca = self._certificate("Pruebas CA", self._ca_key, authority=True)
        self.ca_file = self._write("ca.pem", self._ca)
        self._issue("good", LOCAL)
        self._issue("expired", LOCAL, days=(-30, -1))
        self._issue("wrong_host", (OTHER_HOST,))
        self._issue("self_signed", LOCAL, self_signed=True)
        self._issue("client", ("cliente",), client=True)

    def cert_file(self, kind):
        return self.directory / f"{kind}.pem"

    def key_file(self, kind):
        return self.directory / f"{kind}.key"

    def server_context(self, kind="good", require_client=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert_file(kind), self.key_file(kind))
        if require_client:
            context.load_verify_locations(self.ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client_context(self):
        return ssl.create_default_context(cafile=self.ca_file)

    def _issue(self, kind, names, days=(-1, 30), self_signed=False, client=False):
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = None if self_signed else self._ca
        certificate = self._certificate(names[0], key, names, days, issuer, client=client)
        self._write(f"{kind}.pem", certificate)
        self._write(f"{kind}.key", key)

    def _certificate(self, common, key, names=(), days=(-1, 30), issuer=None, authority=False,
                     client=False):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
                   .issuer_name(issuer.subject if issuer else subject)
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now + datetime.timedelta(days=days[0]))
                   .not_valid_after(now + datetime.timedelta(days=days[1]))
                   .add_extension(x509.BasicConstraints(authority, None), critical=True))
        if names:
            purpose = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
            builder = builder.add_extension(
                x509.SubjectAlternativeName([self._name(name) for name in names]), False)
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), False)
        return builder.sign(self._ca_key if issuer else key, hashes.SHA256())

    @staticmethod
    def _name(name):
        try:
            return x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            return x509.DNSName(name)

    def _write(self, name, item):
        path = self.directory / name
        if isinstance(item, x509.Certificate):
            path.write_bytes(item.public_bytes(serialization.Encoding.PEM))
        else:
            path.write_bytes(item.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))
        return path
