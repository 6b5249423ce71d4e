"""The control lines, faults and statistics of both servers, seen with bare sockets."""

import json
import socket
import subprocess
import sys

import pytest
from channel import GARBAGE
from running import HERE, PASSWORD, PATIENCE, Running

PROGRAMS = {"tds_server.py": "prelogin", "mysql_server.py": "greeting"}
# [MS-TDS] 4.1, a PRELOGIN: version, encryption not supported
PRELOGIN = bytes.fromhex("1201001a00000100" "00000b0006" "0100110001" "ff" "000000000000" "02")


@pytest.fixture(params=PROGRAMS)
def server(request):
    running = Running(request.param, tls="off", users={"vigia": PASSWORD})
    running.first_phase = PROGRAMS[request.param]
    yield running
    running.stop()


def talk(server):
    """What the server sends first, up to 64 KiB or the end; asks first where that is needed."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(PRELOGIN)
        return client.recv(1 << 16)


def refused(server, **command):
    with pytest.raises(AssertionError):
        server.tell(**command)


def test_counts_connections(server):
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(PRELOGIN)
        client.recv(1)
        assert server.stats()["connections_now"] == 1
    talk(server)
    assert server.stats()["connections_total"] == 2


def test_each_kind_of_fault_on_the_wire(server):
    whole = talk(server)
    for phase in ("connect", server.first_phase):
        server.fault(phase, "garbage")
        assert talk(server) == GARBAGE
        server.fault(phase, "close")
        assert talk(server) == b""
        server.fault(phase, "reset")
        with pytest.raises(ConnectionResetError):
            talk(server)
        server.fault(phase, "hang")
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
            client.sendall(PRELOGIN)
            client.settimeout(0.05)
            with pytest.raises(TimeoutError):
                client.recv(1)
    server.fault(server.first_phase, "truncate")
    assert len(talk(server)) == len(whole) // 2
    server.behave()
    assert len(talk(server)) == len(whole)
    assert server.stats()["faults"] == 9


def test_commands_that_mean_nothing_change_nothing(server):
    refused(server, fault={"phase": "lunch", "kind": "hang"})
    refused(server, fault={"phase": "connect", "kind": "explode"})
    refused(server, set={"colour": "red"})
    refused(server, set={"tls": "sometimes"})
    refused(server, set={"tls": "offered", "certificate": "/nowhere", "key": "/nowhere"})
    refused(server, dance=True)
    assert talk(server)


def test_options_are_checked_at_the_start():
    for program in PROGRAMS:
        done = subprocess.run([sys.executable, "-B", str(HERE / program), '{"colour": "red"}'],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert "colour" in done.stderr


def test_garbage_from_a_client_ends_its_connection_only(server):
    for noise in (GARBAGE, b"\0" * 64, b"\x16\x03\x01" + bytes(200), PRELOGIN[:20]):
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
            client.sendall(noise)
            client.shutdown(socket.SHUT_WR)
            while client.recv(1 << 16):
                pass
    assert talk(server)


def test_passwords_are_in_no_statistics(tds, tedious, mysql, mysql2):
    request = {"user": "vigia", "password": PASSWORD}
    tedious.talk(request | {"port": tds.port, "database": "master", "options": {}}, "SELECT 1")
    mysql2.talk(request | {"port": mysql.port}, "SELECT 1")
    for server in (tds, mysql):
        assert server.stats()["logins"]
        assert "canario" not in json.dumps(server.stats(), ensure_ascii=False)


def test_ping(mysql, mysql2):
    assert mysql2.talk({"port": mysql.port, "user": "vigia", "password": PASSWORD},
                       {"ping": True})[1] == {"rows": []}


def test_leaves_its_port_and_comes_back_to_it(server):
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(PRELOGIN)
        assert client.recv(1)
        server.tell(listen=False)
        client.settimeout(PATIENCE)
        while client.recv(1 << 16):
            pass
    with pytest.raises(ConnectionRefusedError):
        talk(server)
    server.tell(listen=True)
    assert talk(server)
    refused(server, listen=True)  # it does
