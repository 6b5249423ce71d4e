"""Fixtures of the end-to-end tests: the binary, the servers, the wrapper around a run."""

import itertools
import os
import pathlib

import pytest

from support import disks, wall_clock
from support.certs import Certs
from support.dns import DnsServer
from support.hostile import HostileTarget, Site
from support.nginx import Nginx
from support.smtp import ScriptedSmtp
from support.vigia import Vigia

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNTER = itertools.count(1)


@pytest.fixture(scope="session")
def binary():
    """The program under test: VIGIA_BIN, else the release build's. None is a failure, no skip."""
    path = pathlib.Path(os.environ.get("VIGIA_BIN") or ROOT / "build" / "release" / "vigia")
    assert path.is_file(), f"no vigia at {path}: build it or set VIGIA_BIN"
    return path.resolve()


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    return Certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="session")
def hostile(certs):
    with HostileTarget(certs) as target:
        yield target


@pytest.fixture(scope="session")
def nginx(certs, tmp_path_factory):
    server = Nginx(tmp_path_factory.mktemp("nginx"), certs).start()
    yield server
    server.close()


@pytest.fixture
def site(hostile):
    return Site(hostile, f"s{next(COUNTER)}")


@pytest.fixture
def sites(hostile):
    """Makes sites of one's own: sites(3)."""
    return lambda count: [Site(hostile, f"s{next(COUNTER)}") for _ in range(count)]


@pytest.fixture
def smtp():
    """A plain mail server that accepts everything; the client must have kept to the protocol."""
    with ScriptedSmtp() as server:
        yield server
        assert server.violations == []


@pytest.fixture
def dns():
    with DnsServer() as server:
        yield server


@pytest.fixture(scope="session")
def wall_clock_library(tmp_path_factory):
    return wall_clock.build(tmp_path_factory.mktemp("wall_clock"))


@pytest.fixture
def clock(wall_clock_library, tmp_path):
    """Programs that are started with env=clock.environment have it for their wall clock."""
    return wall_clock.WallClock(wall_clock_library, tmp_path)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MiB."""
    directory = tmp_path / "small"
    if not disks.mounted(directory, 6):
        pytest.skip("needs the right to mount a file system")
    yield directory
    disks.unmount(directory)


@pytest.fixture
def vigia(binary, tmp_path, request):
    program = Vigia(binary, tmp_path)
    request.node.vigia = program
    yield program
    program.kill_all()


@pytest.fixture(scope="module")
def module_vigia(binary, tmp_path_factory):
    """For what a module runs once and many tests look at."""
    program = Vigia(binary, tmp_path_factory.mktemp("vigia"))
    yield program
    program.kill_all()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    program = getattr(item, "vigia", None)
    if report.failed and program:
        report.sections.append(("vigia", program.artefacts()))
