"""The servers of these tests behave as their scripts say: proved with Python's own clients."""

import http.client
import json
import smtplib
import socket
import ssl
import struct
import time
import urllib.error
import urllib.request
import zlib

import pytest

from support import gate, hostile as hostile_module
from support.certs import OTHER_HOST
from support.configs import place, without_comments
from support.dns import NXDOMAIN, SERVFAIL, A
from support.gate import ChaosGate
from support.loop import wait_until
from support.ports import FullBacklog, ReservedPort
from support.proxy import ForwardProxy
from support.smtp import DROP, STALL, Aiosmtpd, ScriptedSmtp

MAIL = b"Subject: prueba\r\n\r\n.hola\r\n"


def fetch(url, context=None, timeout=1, headers=()):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                         urllib.request.HTTPSHandler(context=context))
    with opener.open(urllib.request.Request(url, headers=dict(headers)), timeout=timeout) as answer:
        return answer.status, answer.read()


def ask(server, name, kind=A, timeout=0.5):
    """(code, number of answers) of a DNS query over UDP."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    query = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + labels + struct.pack("!BHH", 0, kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        sock.sendto(query, ("127.0.0.1", server.port))
        reply = sock.recv(512)
    return reply[3] & 15, struct.unpack_from("!H", reply, 6)[0]


def test_a_reserved_port_refuses_until_somebody_listens():
    port = ReservedPort()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port.number))
    with port.listen():
        socket.create_connection(("127.0.0.1", port.number)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port.number))
    port.close()


def test_a_full_backlog_neither_accepts_nor_refuses():
    full = FullBacklog().start()
    with pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", full.port), 0.3)
    full.stop()


def test_nginx_serves_http_https_passwords_and_client_certificates(nginx, certs):
    context = certs.client_context()
    assert fetch(nginx.http + "/") == (200, "nginx en marcha\n".encode())
    assert fetch(nginx.http + "/secure", context)[0] == 200
    with pytest.raises(urllib.error.HTTPError, match="401"):
        fetch(nginx.http + "/private")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        fetch(nginx.mutual + "/", context)
    context.load_cert_chain(certs.cert_file("client"), certs.key_file("client"))
    assert b"cliente" in fetch(nginx.mutual + "/", context)[1]
    nginx.stop()
    with pytest.raises(urllib.error.URLError, match="refused"):
        fetch(nginx.http + "/")
    nginx.start()
    assert fetch(nginx.http + "/page", headers={"Accept-Encoding": "gzip"})[1][:2] == b"\x1f\x8b"


@pytest.mark.parametrize("kind, fault", [
    ("expired", "expired"), ("self_signed", "self.signed"), ("wrong_host", "mismatch")])
def test_bad_certificates_are_bad_in_the_way_they_claim(hostile, certs, kind, fault):
    with pytest.raises(urllib.error.URLError, match=fault):
        fetch(hostile.https("/ok", kind), certs.client_context())


def test_the_wrong_host_certificate_is_right_for_its_own_host(hostile, certs):
    port = int(hostile.https("/", "wrong_host").split(":")[2].strip("/"))
    with socket.create_connection(("127.0.0.1", port)) as plain:
        with certs.client_context().wrap_socket(plain, server_hostname=OTHER_HOST) as secure:
            assert secure.version()


def test_the_hostile_target_answers_by_path_and_counts(hostile, certs):
    assert fetch(hostile.http("/ok"))[0] == 200
    assert fetch(hostile.https("/ok"), certs.client_context())[0] == 200
    with pytest.raises(urllib.error.HTTPError, match="418"):
        fetch(hostile.http("/status/418"))
    echoed = json.loads(fetch(hostile.http("/echo"), headers={"X-Eco": "sí".encode()})[1])
    assert echoed["method"] == "GET" and ["X-Eco", "sÃ\xad"] in echoed["headers"]
    assert fetch(hostile.http("/redirect/3"))[0] == 200
    assert fetch(hostile.http("/say/200/a%0Ab"))[1] == b"a\nb"
    before = len(hostile.hits("/cuenta"))
    fetch(hostile.http("/cuenta"))
    assert len(hostile.hits("/cuenta")) == before + 1
    hostile.switch("/cuenta", "/status/503")
    with pytest.raises(urllib.error.HTTPError, match="503"):
        fetch(hostile.http("/cuenta"))
    hostile.switch("/cuenta")
    assert fetch(hostile.http("/cuenta"))[0] == 200


@pytest.mark.parametrize("path, error", [
    ("/silence", TimeoutError), ("/hang-headers", TimeoutError), ("/hang-body", TimeoutError),
    ("/empty", http.client.RemoteDisconnected), ("/reset", ConnectionResetError),
    ("/reset-headers", ConnectionResetError), ("/garbage", http.client.BadStatusLine),
    ("/short-body", http.client.IncompleteRead), ("/reset-body", ConnectionResetError),
    ("/endless-headers", http.client.HTTPException)])
def test_the_hostile_target_fails_as_told(hostile, path, error):
    connection = http.client.HTTPConnection("127.0.0.1", hostile.http_port, timeout=0.3)
    with pytest.raises(error):
        connection.request("GET", path)
        connection.getresponse().read()
    connection.close()


def test_the_hostile_target_drips_and_never_ends(hostile):
    for path in ("/drip-body", "/drip-headers"):
        with socket.create_connection(("127.0.0.1", hostile.http_port)) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
            begin, got = time.monotonic(), 0
            while time.monotonic() - begin < 0.3:
                got += len(sock.recv(4096))
            assert 0 < got < 300
    for path in ("/endless-body", "/endless-length"):
        with socket.create_connection(("127.0.0.1", hostile.http_port)) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
            got = 0
            while got < 2_000_000:
                got += len(sock.recv(65536))


@pytest.mark.parametrize("port, error", [
    ("silent", TimeoutError), ("half_tls", TimeoutError), ("resets", ConnectionResetError),
    ("tls_resets", ConnectionResetError), ("refused", ConnectionRefusedError)])
def test_the_ports_of_the_hostile_target_fail_at_their_phase(hostile, certs, port, error):
    with pytest.raises(error):
        with socket.create_connection(("127.0.0.1", getattr(hostile, port)), 0.3) as plain:
            certs.client_context().wrap_socket(plain, server_hostname="localhost")


def test_the_gzip_bomb_unpacks_to_its_size():
    size, reader = 0, zlib.decompressobj(31)
    data = hostile_module.gzip_bomb(8 * hostile_module.MIB)
    while data and not reader.eof:
        size += len(reader.decompress(data, 1 << 20))
        data = reader.unconsumed_tail
    assert reader.eof and size == 8 * hostile_module.MIB and len(hostile_module.gzip_bomb()) < 1e6


@pytest.mark.parametrize("mode", ["plain", "starttls", "smtps"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_the_scripted_mail_server_takes_mail_in_every_mode(certs, mode, mechanism):
    with ScriptedSmtp(certs, mode, auth=("ana", "secreto"), mechanisms=mechanism) as server:
        context = certs.client_context()
        client = (smtplib.SMTP_SSL("127.0.0.1", server.port, context=context, timeout=2)
                  if mode == "smtps" else smtplib.SMTP("127.0.0.1", server.port, timeout=2))
        with client:
            if mode == "starttls":
                client.starttls(context=context)
            with pytest.raises(smtplib.SMTPSenderRefused):
                client.sendmail("v@example.org", ["ana@example.org"], MAIL)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("ana", "otro")
            client.login("ana", "secreto")
            client.sendmail("v@example.org", ["ana@example.org"], MAIL)
        received = server.to("ana@example.org")[0]
        assert received.raw == MAIL and received.subject == "prueba" and received.user == "ana"
        assert received.encrypted == (mode != "plain") and server.violations == []


def test_the_scripted_mail_server_fails_at_the_phase_told():
    with ScriptedSmtp() as server:
        def send(*recipients):
            with smtplib.SMTP("127.0.0.1", server.port, timeout=0.3) as client:
                return client.sendmail("v@example.org", recipients or ["ana@example.org"], MAIL)

        for phase in ("banner", "ehlo", "mail", "rcpt", "data", "body"):
            for action in ("421 later", STALL, DROP):
                server.fault(phase, action)
                with pytest.raises((smtplib.SMTPException, TimeoutError, ConnectionError)):
                    send()
                server.clear()
        assert len(server.unacknowledged) == 3 and server.messages == []
        server.fault("rcpt", "550 unknown", only="eva@")
        assert list(send("ana@example.org", "eva@example.org")) == ["eva@example.org"]
        server.clear()
        server.fault("mail", "451 once", times=1)
        with pytest.raises(smtplib.SMTPSenderRefused):
            send()
        send()
        assert len(server.messages) == 2
        server.refuse()
        with pytest.raises(ConnectionRefusedError):
            send()
        server.accept()
        send()
        assert len(server.messages) == 3 and server.violations == []


def test_the_scripted_mail_server_notices_a_bare_line_feed():
    with ScriptedSmtp() as server:
        with socket.create_connection(("127.0.0.1", server.port), 2) as sock:
            sock.sendall(b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
            sock.sendall(b"Subject: x\n\r\n.\r\nQUIT\r\n")
            while sock.recv(4096):
                pass
        assert any("bare LF" in violation for violation in server.violations)


def test_aiosmtpd_demands_starttls_and_a_password(certs):
    with Aiosmtpd(certs, auth=("ana", "secreto")) as server:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=2) as client:
            client.ehlo()
            with pytest.raises(smtplib.SMTPException):
                client.sendmail("v@example.org", ["ana@example.org"], MAIL)
            client.starttls(context=certs.client_context())
            client.login("ana", "secreto")
            client.sendmail("v@example.org", ["ana@example.org"], MAIL)
        assert server.messages[0].encrypted and server.messages[0].user == "ana"


def test_the_name_server_answers_per_name(dns):
    dns.answer("bien.test", "127.0.0.1", "::1")
    dns.answer("vacio.test")
    dns.answer("lento.test", "127.0.0.1", delay=0.2)
    dns.servfail("mal.test")
    dns.silence("mudo.test")
    assert ask(dns, "bien.test") == (0, 1) and ask(dns, "vacio.test") == (0, 0)
    assert ask(dns, "lento.test") == (0, 1) and ask(dns, "mal.test") == (SERVFAIL, 0)
    assert ask(dns, "nadie.test") == (NXDOMAIN, 0)
    with pytest.raises(TimeoutError):
        ask(dns, "mudo.test", timeout=0.2)
    dns.dead = True
    with pytest.raises(TimeoutError):
        ask(dns, "bien.test", timeout=0.2)
    assert "bien.test" in dns.queries


def test_the_gate_passes_swallows_resets_delays_throttles_and_cuts(hostile):
    with ChaosGate(hostile.http_port) as chaos:
        url = f"http://127.0.0.1:{chaos.port}/ok"
        assert fetch(url)[0] == 200
        chaos.set(gate.BLACKHOLE)
        with pytest.raises(TimeoutError):
            fetch(url, timeout=0.2)
        chaos.set(gate.RESET)
        with pytest.raises((ConnectionResetError, urllib.error.URLError)):
            fetch(url)
        chaos.set(gate.DELAY, 0.2)
        begin = time.monotonic()
        assert fetch(url)[0] == 200 and time.monotonic() - begin >= 0.2
        chaos.set(gate.THROTTLE, 400)
        begin = time.monotonic()
        assert fetch(url)[0] == 200 and time.monotonic() - begin >= 0.1
        chaos.set(gate.CUT, 60)
        with pytest.raises((ConnectionResetError, http.client.HTTPException)):
            fetch(url)


def test_the_proxy_forwards_tunnels_and_demands_its_password(hostile, certs):
    with ForwardProxy(("ana", "clave")) as proxy:
        def through(userinfo, url):
            handler = urllib.request.ProxyHandler({"http": proxy.url(userinfo),
                                                   "https": proxy.url(userinfo)})
            opener = urllib.request.build_opener(
                handler, urllib.request.HTTPSHandler(context=certs.client_context()))
            with opener.open(url, timeout=2) as answer:
                return answer.status

        with pytest.raises(urllib.error.HTTPError, match="407"):
            through("", hostile.http("/ok"))
        assert through("ana:clave@", hostile.http("/ok")) == 200
        assert through("ana:clave@", hostile.https("/ok")) == 200
        assert len(proxy.targets) == 2


def test_places_and_comments_are_understood():
    text = '{\n  // "no"\n  "añ🐦": {"b": 1, /* c */ "url": "http://x",},\n}'
    assert place(text, '"b"') == "3:11"
    assert json.loads(without_comments(text)) == {"añ🐦": {"b": 1, "url": "http://x"}}


def test_waiting_for_what_never_comes_fails():
    with pytest.raises(AssertionError, match="nada"):
        wait_until(lambda: False, 0.05, "nada")
    assert issubclass(ssl.SSLError, OSError)
