"""The whole program is stopped at a bad moment and goes on seconds later: SIGSTOP, SIGCONT."""

import json
import signal
import time

import pytest

from support.configs import fast
from support.loop import wait_until
from support.smtp import STALL
from support.store import StoreFile

ANA, EVA = "ana@example.org", "eva@example.org"
ALERT, RECOVERY = "🔴 ALERTA: Servicio caído - Web", "🟢 RECUPERADO: Servicio Web"
PAUSE = 1.5  # s: many intervals, and beyond the timeout of the probe that hangs


@pytest.fixture
def store(vigia):
    return StoreFile(vigia.directory / "vigia.db")


def wait_hits(site, more):
    goal = len(site.hits) + more
    wait_until(lambda: len(site.hits) >= goal, 10, f"{more} more probes")


def told_once(running, site, smtp, *addresses):
    """The outage goes on, and ends: one alert and one recovery for each."""
    smtp.wait_messages(len(addresses))
    wait_hits(site, 4)
    site.up()
    smtp.wait_messages(2 * len(addresses))
    wait_hits(site, 4)
    running.stop()
    for address in addresses:
        assert [m.subject for m in smtp.to(address)] == [ALERT, RECOVERY]
    assert len(smtp.messages) == 2 * len(addresses)


def test_a_pause_right_after_the_commit_of_an_outage(vigia, store, site, smtp):
    """What is committed may be told before, during or after the pause, and is told once."""
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA, EVA)))
    store.wait("SELECT count(*) FROM incident", 1)
    running.signal(signal.SIGSTOP)
    listed = vigia.command("notifications", "--json")
    assert listed.code == 0 and len(json.loads(listed.out)) == 2, "the store can be read meanwhile"
    time.sleep(PAUSE)
    running.signal(signal.SIGCONT)
    told_once(running, site, smtp, ANA, EVA)
    assert store.one("SELECT count(*) FROM incident WHERE end_reason = 'resolved'") == 1


@pytest.mark.parametrize("phase", ["data", "body"])
def test_a_pause_in_the_middle_of_a_delivery(vigia, store, site, smtp, phase):
    """The mail server gives up meanwhile, as servers do with a client that says nothing."""
    smtp.fault(phase, STALL)
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA)))
    smtp.wait_command({"data": "DATA", "body": "."}[phase])
    running.signal(signal.SIGSTOP)
    smtp.clear()
    time.sleep(PAUSE)
    running.signal(signal.SIGCONT)
    told_once(running, site, smtp, ANA)
    identifiers = {m["Message-ID"] for m in smtp.unacknowledged}
    assert identifiers <= {m["Message-ID"] for m in smtp.messages}


def test_a_probe_whose_time_runs_out_in_a_pause_is_no_third_failure(vigia, store, site, smtp):
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA), alert_threshold=3,
                                      check_interval=1, timeout=1))
    wait_hits(site, 1)
    site.down()
    wait_until(lambda: store.bad_streak("site-web") == 2)
    site.down("/silence")
    wait_hits(site, 1)
    running.signal(signal.SIGSTOP)
    site.up()
    time.sleep(PAUSE)
    running.signal(signal.SIGCONT)
    wait_hits(site, 2)
    running.stop()
    assert store.one("SELECT count(*) FROM incident") == 0 and smtp.connections == []


def test_a_third_failure_after_a_pause_counts(vigia, store, site, smtp):
    """The pause breaks no streak."""
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA), alert_threshold=3,
                                      check_interval=1))
    wait_hits(site, 1)
    site.down()
    wait_until(lambda: store.bad_streak("site-web") == 2)
    running.signal(signal.SIGSTOP)
    time.sleep(PAUSE)
    assert not running.logged("Sitio web caído: Web")
    running.signal(signal.SIGCONT)
    running.wait_logged("Sitio web caído: Web", "ERROR")
    smtp.wait_messages(1)
    running.stop()
    failed = [r for r in running.records if r.message.startswith("Intento 1 fallido")]
    assert len(failed) == 3
