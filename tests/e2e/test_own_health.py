"""vigia tells of itself: to systemd, to somebody outside, to the recipients."""

import signal
import socket

import pytest

from support.configs import fast
from support.loop import wait_until
from support.store import StoreFile


class Manager:
    """A service manager's end of sd_notify."""

    def __init__(self, address):
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0", 1))
        self._socket.settimeout(10)

    def environment(self, **more):
        return {"NOTIFY_SOCKET": self.address} | more

    def next(self):
        """The next message but those of the watchdog."""
        while True:
            message = self._socket.recv(1000).decode()
            if message != "WATCHDOG=1":
                return message

    def wait_beats(self, count):
        for _ in range(count):
            assert self._socket.recv(1000) == b"WATCHDOG=1"

    def beats(self):
        """The watchdog's messages that came so far."""
        self._socket.setblocking(False)
        count = 0
        try:
            while True:
                count += self._socket.recv(1000) == b"WATCHDOG=1"
        except BlockingIOError:
            self._socket.settimeout(10)
            return count

    def close(self):
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    address = str(tmp_path / "notify") if request.param == "path" else f"@vigia-{tmp_path.name}"
    manager = Manager(address)
    yield manager
    manager.close()


def test_systemd_is_told_of_start_reload_and_stop(vigia, site, manager):
    vigia.write(fast({"Web": site.url}))
    running = vigia.start(env=manager.environment())
    assert manager.next() == "READY=1"
    running.signal(signal.SIGHUP)
    reloading, _, since = manager.next().partition("\nMONOTONIC_USEC=")
    assert reloading == "RELOADING=1" and int(since) > 0
    assert manager.next() == "READY=1"
    vigia.write("{")
    running.signal(signal.SIGHUP)
    assert manager.next().startswith("RELOADING=1")
    assert manager.next() == "READY=1", "what ran goes on"
    running.signal(signal.SIGTERM)
    assert manager.next() == "STOPPING=1"
    assert running.wait(5) == 0


def test_the_watchdog_is_fed_while_the_loop_turns(vigia, site, manager):
    vigia.write(fast({"Web": site.url}))
    running = vigia.start(env=manager.environment(WATCHDOG_USEC="400000"))
    assert manager.next() == "READY=1"
    manager.wait_beats(5)
    running.signal(signal.SIGSTOP)
    manager.beats()
    assert manager.beats() == 0
    running.signal(signal.SIGCONT)
    manager.wait_beats(2)
    running.stop()


def test_a_watchdog_of_somebody_else_is_not_fed(vigia, site, manager):
    vigia.write(fast({"Web": site.url}))
    running = vigia.start(env=manager.environment(WATCHDOG_USEC="100000", WATCHDOG_PID="1"))
    assert manager.next() == "READY=1"
    running.wait_logged("Verificando sitio web: Web")
    running.stop()
    assert manager.beats() == 0


def test_somebody_outside_is_pinged_while_the_store_is_written(vigia, sites, smtp):
    site, outside = sites(2)
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(),
                                      health={"ping_url": outside.url, "ping_interval": 1}))
    wait_until(lambda: len(outside.hits) >= 3, 15, "three pings")
    outside.down()
    running.wait_logged("El aviso de vida al exterior falla: código de estado inesperado: 503 "
                        "(fase: estado)", "WARNING")
    outside.up()
    running.wait_logged("El aviso de vida al exterior vuelve a funcionar", "INFO")
    running.stop()
    assert outside.url not in running.transcript(), "it may hold a token"


def test_a_store_that_is_gone_is_told_and_ends_the_pings(vigia, sites, smtp):
    site, outside = sites(2)
    store = StoreFile(vigia.directory / "vigia.db")
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(),
                                      health={"ping_url": outside.url, "ping_interval": 1}))
    store.wait("SELECT health FROM state", "up")
    away = store.path.with_suffix(".away")
    store.path.rename(away)
    running.wait_for_line(" - WARNING - El monitor tiene problemas: el almacén lleva más de un "
                          "minuto sin escribirse", timeout=90)
    pings = len(outside.hits)
    message = smtp.wait_messages(1, timeout=45)[0]
    assert message.subject == ("🟠 MONITOR CON PROBLEMAS: el almacén lleva más de un minuto sin "
                               "escribirse")
    assert len(outside.hits) <= pings + 1, "one may have been on its way"
    away.rename(store.path)
    wait_until(lambda: len(outside.hits) > pings + 2, 30, "pings again")
    running.stop()
    assert len(smtp.messages) == 1
