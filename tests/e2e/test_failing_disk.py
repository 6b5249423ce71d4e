"""The disk fails under a running program: what is told meanwhile, and what is there afterwards."""

import ctypes
import resource
import signal

import pytest

from support.configs import fast
from support.disks import FullDisk, RefusingDisk
from support.loop import wait_until
from support.store import StoreFile

ALERT, RECOVERY = "🔴 ALERTA: Servicio caído - ", "🟢 RECUPERADO: Servicio "
DOWN = "Sitio web caído: "
TOO_LONG = " - CRITICAL - El almacén lleva 30 s"


def subjects(messages):
    return [message.subject for message in messages]


def wait_hits(sites, more):
    goals = [(site, len(site.hits) + more) for site in sites]
    for site, goal in goals:
        wait_until(lambda: len(site.hits) >= goal, 10, f"{more} more probes of {site.path}")


@pytest.fixture(params=["full", "refusing"])
def disk(request, tmp_path):
    if request.param == "full":
        return FullDisk(request.getfixturevalue("small_disk"))
    (tmp_path / "refusing").mkdir()
    return RefusingDisk(tmp_path / "refusing")


def test_what_happens_while_nothing_can_be_written_is_told_and_written_afterwards(
        vigia, sites, smtp, disk):
    """Store and log file on one disk. One outage begins and ends meanwhile, another lasts."""
    short, long = sites(2)
    store, log = StoreFile(disk.directory / "v.db"), disk.directory / "vigia.log"
    running = vigia.start(config=fast(
        {"Corta": short.url, "Larga": long.url}, smtp.email(), alert_threshold=1,
        storage={"path": str(store.path)},
        logging_settings={"log_file": str(log), "max_bytes": 0}))
    store.wait("SELECT count(*) FROM state WHERE health = 'up'", 2)

    disk.fail(running)
    short.down()
    failing = running.wait_for_line(" - ERROR - No se puede escribir en el almacén, ")
    running.wait_for_line(TOO_LONG, timeout=45, after=failing.index)
    smtp.wait_messages(1)
    long.down()
    short.up()
    wait_hits([long], 1)
    wait_hits([short], 2)  # the thresholds: both wait for the store now
    assert store.one("SELECT count(*) FROM incident") == 0, "the disk must have failed until now"
    disk.mend(running)
    running.wait_logged("El almacén vuelve a escribirse", "WARNING", timeout=15)
    smtp.wait_messages(3)
    store.wait("SELECT count(*) FROM notification WHERE status = 'delivered'", 3)
    running.kill()
    assert subjects(smtp.messages)[0] == ALERT + "Corta"
    assert sorted(subjects(smtp.messages)[1:]) == [ALERT + "Larga", RECOVERY + "Corta"]

    again = vigia.start()
    wait_hits([short, long], 4)
    long.up()
    smtp.wait_messages(4)
    again.stop()
    assert subjects(smtp.messages)[3:] == [RECOVERY + "Larga"]
    assert not [record for record in again.records if record.message.startswith(DOWN)]
    written = log.read_text("utf-8").splitlines()
    assert written[1 - len(again.lines):] == [line.text for line in again.lines][1:]
    errors = [r for r in running.records if r.level == "ERROR" and str(log) in r.message]
    assert len(errors) == 1, "said, not repeated with every line"
    assert store.one("PRAGMA integrity_check") == "ok"
    assert store.rows("SELECT monitor_name, end_reason FROM incident ORDER BY 1") == [
        ("Corta", "resolved"), ("Larga", "resolved")]
    assert store.rows("SELECT kind, status, count(*) FROM notification GROUP BY 1, 2") == [
        ("alert", "delivered", 2), ("recovery", "delivered", 2)]


def no_room_for_a_byte():
    """In the child: `ulimit -f 0`, or systemd's LimitFSIZE=."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_start_on_a_disk_that_refuses_every_write_says_why_it_ends(vigia, site):
    path = vigia.directory / "v.db"
    vigia.write(fast({"Web": site.url}, storage={"path": str(path)}))
    finished = vigia.command("run", preexec_fn=no_room_for_a_byte)
    assert finished.code == 1 and f"{path}: no se puede abrir el almacén" in finished.out


def bound_by_modes():
    """In the child: root, too, is refused what the mode of a file refuses."""
    prctl, drop_from_bounding_set, override, read_search = ctypes.CDLL(None).prctl, 24, 1, 2
    for capability in (override, read_search):
        prctl(drop_from_bounding_set, capability)


def test_modes_that_change_under_it_matter_at_the_next_start(vigia, site, smtp):
    """The store's file write-protected, and its directory: what is open stays open."""
    directory = vigia.directory / "store"
    directory.mkdir()
    store = StoreFile(directory / "v.db")
    running = vigia.start(preexec_fn=bound_by_modes, config=fast(
        {"Web": site.url}, smtp.email(), storage={"path": str(store.path)}))
    store.wait("SELECT health FROM state", "up")
    store.path.chmod(0o400)
    directory.chmod(0o500)
    site.down()
    smtp.wait_messages(1)
    store.wait("SELECT status FROM notification", "delivered")
    running.kill()
    assert not [record for record in running.records if record.level == "CRITICAL"]

    refused = vigia.command("run", preexec_fn=bound_by_modes)
    assert refused.code == 1 and f"{store.path}: no se puede abrir el almacén" in refused.out
    directory.chmod(0o700)
    store.path.chmod(0o600)
    again = vigia.start(preexec_fn=bound_by_modes)
    wait_hits([site], 4)
    site.up()
    smtp.wait_messages(2)
    again.stop()
    assert subjects(smtp.messages) == [ALERT + "Web", RECOVERY + "Web"]
    assert store.one("SELECT count(*) FROM incident WHERE end_reason = 'resolved'") == 1


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_after_a_store_that_is_gone_for_good_the_next_start_announces_anew(
        vigia, site, smtp, end):
    """The file is deleted with an outage open; its log may be left behind."""
    store = StoreFile(vigia.directory / "vigia.db")
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    store.wait("SELECT status FROM notification", "delivered")
    store.path.unlink()
    wait_hits([site], 4)
    running.signal(end)
    assert running.wait(5) == (0 if end == signal.SIGTERM else -end)
    again = vigia.start()
    smtp.wait_messages(2)
    site.up()
    smtp.wait_messages(3)
    again.stop()
    assert subjects(smtp.messages) == [ALERT + "Web"] * 2 + [RECOVERY + "Web"]
    assert store.one("PRAGMA integrity_check") == "ok"
    assert store.one("SELECT count(*) FROM incident") == 1
