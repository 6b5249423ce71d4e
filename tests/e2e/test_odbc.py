"""ODBC end to end: a driver that hangs beside a thousand others, and who has no say in FreeTDS."""

import os
import pathlib

import pytest

from support.configs import fast
from support.databases import SqlServer
from support.loop import wait_until

PLACES = ("connect", "execute", "fetch", "disconnect")
STOPPED = "Monitor de servicios detenido"


@pytest.fixture
def hanging(binary, tmp_path):
    """Makes monitors whose driver hangs at a place until the test is over."""
    driver = pathlib.Path(os.environ.get("VIGIA_HANGING_DRIVER")
                          or binary.parent / "libhanging_odbc_driver.so")
    assert driver.is_file(), f"no {driver}: build hanging_odbc_driver"
    (tmp_path / "odbcinst.ini").write_text(f"[Hanging]\nDriver={driver}\n")
    until = tmp_path / "hangs"
    until.touch()
    yield lambda place, **more: {"type": "odbc", "driver": "Hanging",
                                 "options": {"APP": place, "WSID": str(until)}, **more}
    until.unlink()


@pytest.fixture
def drivers(tmp_path):
    return {"ODBCSYSINI": str(tmp_path)}


@pytest.fixture(scope="module")
def sql_server(certs):
    server = SqlServer(certs)
    yield server
    server.stop()


def threads(running):
    tasks = pathlib.Path(f"/proc/{running.pid}/task").iterdir()
    return [(task / "comm").read_text().strip() for task in tasks]


def rounds(hostile, paths):
    """How often each of the paths has been asked for."""
    return [len(hostile.hits(path)) for path in paths]


def test_hanging_drivers_leave_a_thousand_others_alone(vigia, hostile, hanging, drivers):
    paths = [f"/ok/beside-odbc/{n}" for n in range(1000)]
    stuck = {f"Colgada {n}": hanging(place, timeout=1.5) for n, place in enumerate(PLACES[:3] * 2)}
    config = fast({f"Web {n}": hostile.http(path) for n, path in enumerate(paths)},
                  check_interval=5, timeout=4) | {"databases": stuck}
    running = vigia.start(config=config, env=drivers)
    # A first look at once, then each in its own slot.
    wait_until(lambda: min(rounds(hostile, paths)) >= 2, 30, "a first round")
    before = rounds(hostile, paths)
    first = paths[0]
    wait_until(lambda: len(hostile.hits(first)) >= before[0] + 3, 40, "three more rounds")
    more = [late - early for early, late in zip(before, rounds(hostile, paths))]
    running.stop()
    # Who is due close to the first one may be looked at on either side of it.
    assert min(more) >= 2 and max(more) <= 4, sorted(more)
    for name in stuck:
        assert running.logged(f"Base de datos caída: {name}", "ERROR"), name
        assert [r for r in running.records if r.level == "ERROR" and r.message.endswith(f": {name}")
                and "tiempo" in r.message], name
    assert not [r for r in running.records if r.message.startswith("Sitio web caído")]
    assert running.logged(STOPPED)


def test_a_driver_that_hangs_is_a_timeout(vigia, hanging, drivers):
    monitors = {place: hanging(place, timeout=0.7) for place in PLACES}
    finished, seen = vigia.check(fast({}) | {"databases": monitors}, env=drivers)
    assert finished.code == 1
    assert {name: monitor["reason"]["code"] for name, monitor in seen.items()} == dict.fromkeys(
        PLACES, "timeout")
    assert {monitor["state"] for monitor in seen.values()} == {"down"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("timeout", [60, 0.4])  # still waited for, and given up
def test_a_driver_that_hangs_does_not_hold_the_exit_up(vigia, tmp_path, hanging, drivers, place,
                                                       timeout):
    config = fast({}) | {"databases": {"Colgada": hanging(place, timeout=timeout)},
                         "logging_settings": {"log_file": "vigia.log"}}
    running = vigia.start(config=config, env=drivers)
    running.wait_logged("Verificando base de datos: Colgada", "INFO")
    wait_until(lambda: "vigia-odbc" in threads(running), what="a thread in the driver")
    if timeout < 1:
        running.wait_logged("Base de datos caída: Colgada", "ERROR")
    running.stop()
    assert running.errors == ""
    assert running.logged(STOPPED)
    last = running.records[-1].message
    assert last.startswith("Resumen: ")
    assert (tmp_path / "vigia.log").read_text("utf-8").rstrip().endswith(last)


@pytest.mark.parametrize("variables", [
    {"TDSPORT": "1"}, {"TDSHOST": "127.0.0.9"}, {"TDSVER": "7.0"}, {"TDSQUERY": "elsewhere"},
    {"FREETDSCONF": "{own}/freetds.conf"}, {"FREETDS": "{own}"}, {"TDSDUMP": "{own}/dump"},
    {"TDSDUMPCONFIG": "{own}/dump"}], ids=lambda variables: next(iter(variables)))
def test_variables_of_freetds_have_no_say(vigia, tmp_path, drivers, certs, sql_server, variables):
    (tmp_path / "odbcinst.ini").write_text("[FreeTDS]\nDriver=libtdsodbc.so\n")
    (tmp_path / "freetds.conf").write_text(
        "[global]\n\thost = 127.0.0.9\n\tport = 1\n\tencryption = off\n\ttds version = 7.0\n")
    monitors = {"plain": sql_server.monitor(), "secure": sql_server.monitor(
        tls={"mode": "verify-full", "ca_file": str(certs.ca_file)})}
    own = drivers | {name: value.format(own=tmp_path) for name, value in variables.items()}
    before = len(sql_server.logins())
    finished, seen = vigia.check(fast({}) | {"databases": monitors}, env=own)
    assert {name: monitor["state"] for name, monitor in seen.items()} == {
        "plain": "up", "secure": "up"}, str(finished)
    logins = sql_server.logins()[before:]
    assert sorted(login["encrypted"] for login in logins) == [False, True], logins
    assert not (tmp_path / "dump").exists()
