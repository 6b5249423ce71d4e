"""Fixtures: servers with one certificate for all, and the clients that stay."""

import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from running import PASSWORD, WITHOUT_BRACE, Node, Running  # noqa: E402
from self_signed import write_self_signed  # noqa: E402

USUAL = {"tls": "offered", "answers": {}, "login_error": None, "max_connections": 1000}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """(certificate, key) for localhost; the certificate is its own authority."""
    return write_self_signed(tmp_path_factory.mktemp("tls"))


def start(program, certificate, **options):
    common = {"users": {"vigia": PASSWORD, "odbc": WITHOUT_BRACE, "llave": "a}b"},
              "databases": ["master", "tienda"], "denied": ["secretos"],
              "certificate": str(certificate[0]),
              "key": str(certificate[1])}
    return Running(program, **(common | options))


@pytest.fixture(scope="session")
def tds_shared(certificate):
    server = start("tds_server.py", certificate)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mysql_shared(certificate):
    server = start("mysql_server.py", certificate, users={"vigia": PASSWORD, "viejo": "Añejo"},
                   plugins={"viejo": "mysql_native_password"})
    yield server
    server.stop()


@pytest.fixture
def tds(tds_shared):
    """A SQL Server that offers TLS and behaves until it is told otherwise."""
    yield tds_shared
    _as_new(tds_shared)


@pytest.fixture
def mysql(mysql_shared):
    """A MySQL that offers TLS, with no password in its cache."""
    _as_new(mysql_shared)
    yield mysql_shared
    _as_new(mysql_shared)
    mysql_shared.tell(set={"deprecate_eof": True, "early_sqlstate": True})


def _as_new(server):
    server.behave()
    server.tell(set=USUAL)


@pytest.fixture(scope="session")
def tedious():
    client = Node("tedious_client.js")
    yield client
    client.stop()


@pytest.fixture(scope="session")
def mysql2():
    client = Node("mysql2_client.js")
    yield client
    client.stop()
