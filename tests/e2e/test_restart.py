"""Ends and starts: the next run goes on where the last one stood, however that ended."""

import signal
import time

import pytest

from support.configs import fast, moments
from support.loop import wait_until
from support.smtp import DROP
from support.store import StoreFile

ANA, EVA = "ana@example.org", "eva@example.org"
ALERT, REMINDER, RECOVERY = "🔴 ALERTA: Servicio caído - ", "🔴 RECORDATORIO: Servicio caído - ", (
    "🟢 RECUPERADO: Servicio ")
FAULT, DOWN, STILL = ("Intento 1 fallido (status code: 503): Web", "Sitio web caído: Web",
                      "Sitio web sigue caído: Web")
MONITOR = "site-web"

any_end = pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])


@pytest.fixture
def store(vigia):
    return StoreFile(vigia.directory / "vigia.db")


def finish(running, end):
    running.signal(end)
    assert running.wait(5) == (0 if end == signal.SIGTERM else -end)


def before(running, message):
    """How many probes failed in this run before the first record of this message."""
    end = running.wait_logged(message).index
    return len([record for record in running.logged(FAULT) if record.index < end])


def wait_hits(site, more):
    goal = len(site.hits) + more
    wait_until(lambda: len(site.hits) >= goal, 10, f"{more} more probes")


@any_end
def test_a_streak_goes_on(vigia, store, site, smtp, end):
    site.down()
    config = fast({"Web": site.url}, smtp.email(), alert_threshold=3, check_interval=1)
    running = vigia.start(config=config)
    wait_until(lambda: store.bad_streak(MONITOR) == 2)
    finish(running, end)
    assert not running.logged(DOWN) and smtp.messages == []
    again = vigia.start()
    assert before(again, DOWN) == 1
    smtp.wait_messages(1)
    again.stop()


@any_end
def test_an_open_incident_is_not_announced_again_and_its_end_tells_its_whole_length(
        vigia, store, site, smtp, end):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA, EVA)))
    store.wait("SELECT count(*) FROM notification WHERE status = 'delivered'", 2)
    began = store.one("SELECT started_at FROM incident")
    finish(running, end)
    time.sleep(2)  # the outage goes on meanwhile: it must be counted
    again = vigia.start()
    wait_hits(site, 4)
    assert not again.logged(DOWN) and len(smtp.messages) == 2
    site.up()
    again.wait_logged("Sitio web recuperado: Web", "INFO")
    smtp.wait_messages(4)
    again.stop()
    for address in (ANA, EVA):
        alert, recovery = smtp.to(address)
        assert (alert.subject, recovery.subject) == (ALERT + "Web", RECOVERY + "Web")
        assert recovery["In-Reply-To"] == alert["Message-ID"]
        assert moments(alert.text)[1] in moments(recovery.text), "the same beginning"
    down_for, recovered = store.rows("SELECT down_for, recovered_at FROM announcement "
                                     "WHERE kind = 'recovery'")[0]
    assert store.one("SELECT ended_at FROM incident") == recovered
    assert down_for > 2e9 and abs(down_for - (recovered - began)) < 0.1e9


@any_end
def test_a_reminder_that_fell_due_meanwhile_comes_with_the_first_failed_check(
        vigia, store, site, smtp, end):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(), alert_threshold=1,
                                      alert_repeat_interval=0.1))
    store.wait("SELECT status FROM notification", "delivered")
    finish(running, end)
    time.sleep(6)
    again = vigia.start()
    assert before(again, STILL) == 1
    smtp.wait_messages(2)
    again.stop()
    assert [message.subject for message in smtp.messages] == [ALERT + "Web", REMINDER + "Web"]


@any_end
def test_what_waits_for_the_mail_server_goes_out_after_the_restart_under_its_message_id(
        vigia, store, site, smtp, end):
    site.down()
    smtp.fault("body", DROP)
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA, EVA)))
    wait_until(lambda: {m.recipients[0] for m in list(smtp.unacknowledged)} == {ANA, EVA})
    finish(running, end)
    assert store.statuses("alert") == {ANA: "pending", EVA: "pending"}
    smtp.clear()
    again = vigia.start()
    smtp.wait_messages(2)
    store.wait("SELECT count(*) FROM notification WHERE status = 'delivered'", 2)
    again.stop()
    tried = {(m.recipients[0], m["Message-ID"]) for m in smtp.unacknowledged}
    assert {(m.recipients[0], m["Message-ID"]) for m in smtp.messages} == tried
    assert len(tried) == 2 and not again.logged(DOWN)


def test_a_mail_server_that_is_gone_costs_no_alert_over_several_ends(vigia, store, site, smtp):
    site.down()
    smtp.refuse()
    config = fast({"Web": site.url}, smtp.email())
    for _ in range(3):
        running = vigia.start(config=config)
        running.wait_for_line("Error enviando correo a ana@example.org: ")
        running.kill()
    smtp.accept()
    again = vigia.start()
    smtp.wait_messages(1)
    wait_hits(site, 3)
    again.stop()
    assert [message.subject for message in smtp.messages] == [ALERT + "Web"]
    assert store.one("SELECT count(*) FROM incident") == 1


def test_the_incident_of_a_monitor_that_is_removed_meanwhile_is_retired(
        vigia, store, sites, smtp):
    gone, other = sites(2)
    gone.down()
    running = vigia.start(config=fast({"Web": gone.url, "Otra": other.url}, smtp.email()))
    store.wait("SELECT status FROM notification", "delivered")
    running.kill()
    again = vigia.start(config=fast({"Otra": other.url}, smtp.email()))
    again.wait_logged("Ya no se vigila, se cierra su incidente abierto: Web", "INFO")
    wait_hits(other, 3)
    again.stop()
    assert store.rows("SELECT end_reason FROM incident WHERE ended_at NOT NULL") == [("retired",)]
    assert store.one("SELECT count(*) FROM state WHERE monitor = 'site-web'") == 0
    assert len(smtp.messages) == 1


def test_of_two_open_incidents_the_stale_one_is_closed_and_announces_nothing(
        vigia, store, site, smtp):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA)))
    store.wait("SELECT count(*) FROM notification WHERE status = 'delivered'", 1)
    finish(running, signal.SIGTERM)
    columns = ", ".join(name for _, name, *_ in store.rows("PRAGMA table_info(incident)"))
    stale = columns.replace("id,", "'stale',", 1).replace("confirmed_at", "confirmed_at - 1")
    store.write(f"INSERT INTO incident ({columns}) SELECT {stale} FROM incident")
    again = vigia.start()
    store.wait("SELECT end_reason FROM incident WHERE id = 'stale'", "retired")
    wait_hits(site, 2)
    assert not again.logged(DOWN)
    site.up()
    smtp.wait_messages(2)
    again.stop()
    assert [mail.subject for mail in smtp.to(ANA)] == [ALERT + "Web", RECOVERY + "Web"]


def test_a_monitor_that_was_away_begins_anew(vigia, store, sites):
    away, other = sites(2)
    away.down()
    both = fast({"Web": away.url, "Otra": other.url}, alert_threshold=1000)
    running = vigia.start(config=both)
    wait_until(lambda: store.bad_streak(MONITOR) > 2)
    running.kill()
    vigia.start(config=fast({"Otra": other.url}))
    store.wait("SELECT count(*) FROM state", 1)
    vigia.started[-1].stop()
    vigia.start(config=both)
    wait_until(lambda: store.bad_streak(MONITOR) == 1)
