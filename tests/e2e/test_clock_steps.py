"""The wall clock is stepped by an hour: only the dates that people see follow it."""

import datetime

import pytest

from support.configs import fast
from support.loop import wait_until
from support.store import StoreFile

HOUR = 3600
ALERT, RECOVERY = "🔴 ALERTA: Servicio caído - ", "🟢 RECUPERADO: Servicio "
REFUSED = "Error enviando correo a ana@example.org: "
A_MINUTE = 60 * 10 ** 9
# Both are shorter than the step, and far longer than a test.
PATIENT = {"alert_repeat_interval": 20,
           "notifications": {"retry_initial": 0.2, "retry_max": 0.4, "expiry": "30m"}}

either_way = pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forward", "back"])


@pytest.fixture
def store(vigia):
    return StoreFile(vigia.directory / "vigia.db")


def subjects(messages):
    return [message.subject for message in messages]


def wait_hits(sites, more):
    goals = [(site, len(site.hits) + more) for site in sites]
    for site, goal in goals:
        wait_until(lambda: len(site.hits) >= goal, 10, f"{more} more probes of {site.path}")


def log_follows(clock, running, site):
    """The records of the next probes tell the clock's time."""
    wait_hits([site], 1)  # what was written before the step is out
    last, before = len(running.lines), clock.now()
    wait_hits([site], 2)
    running.wait_logged("Verificando sitio web: Sana", after=last)
    after = clock.now()
    dates = [datetime.datetime.fromisoformat(record.time) for record in running.records
             if record.index >= last]
    # A line of the second before may still have been in the queue of the log.
    assert all(before - datetime.timedelta(seconds=1) <= date <= after for date in dates), dates


def begin(vigia, smtp, clock, sound, told, waiting):
    """A run in which one outage was told, and another waits for the mail server."""
    running = vigia.start(env=clock.environment, config=fast(
        {"Sana": sound.url, "Contada": told.url, "En espera": waiting.url}, smtp.email(),
        **PATIENT))
    wait_hits([sound, told, waiting], 2)
    told.down()
    smtp.wait_messages(1)
    smtp.refuse()
    waiting.down()
    running.wait_for_line(REFUSED)
    return running


def finish(running, store, smtp, told, waiting):
    """The mail server is back and the outages end: each was told once, in its true length."""
    smtp.accept()
    smtp.wait_messages(2)
    told.up()
    waiting.up()
    smtp.wait_messages(4)
    wait_hits([told, waiting], 4)
    running.stop()
    sent = subjects(smtp.messages)
    assert sent[:2] == [ALERT + "Contada", ALERT + "En espera"]
    assert sorted(sent[2:]) == [RECOVERY + "Contada", RECOVERY + "En espera"]
    assert not [r for r in running.records if "sigue caído" in r.message or r.level == "CRITICAL"]
    lengths = store.rows("SELECT down_for FROM announcement WHERE kind = 'recovery'")
    assert len(lengths) == 2 and all(0 < length < A_MINUTE for (length,) in lengths), lengths
    assert store.one("SELECT count(*) FROM incident WHERE end_reason = 'resolved'") == 2
    assert store.one("SELECT count(*) FROM incident WHERE ended_at < confirmed_at") == 0


@either_way
def test_a_step_changes_nothing_but_the_dates(vigia, store, sites, smtp, clock, step):
    sound, told, waiting = sites(3)
    running = begin(vigia, smtp, clock, sound, told, waiting)
    seen = len(sound.hits)
    clock.step(step)
    log_follows(clock, running, sound)
    wait_hits([sound, told, waiting], 6)
    # A schedule by the wall clock would stand still for an hour, or check in a burst.
    gaps = [late - early for early, late in zip(sound.hits[seen:], sound.hits[seen + 1:])]
    assert max(gaps) < 1.0 and sorted(gaps)[len(gaps) // 2] > 0.1, gaps
    assert store.one("SELECT count(*) FROM notification WHERE status = 'pending'") == 1
    finish(running, store, smtp, told, waiting)


def test_a_restart_after_a_step_back_announces_nothing_anew(vigia, store, sites, smtp, clock):
    """What is in the store was written an hour from now."""
    sound, told, waiting = sites(3)
    running = begin(vigia, smtp, clock, sound, told, waiting)
    running.kill()
    clock.step(-HOUR)
    again = vigia.start(env=clock.environment)
    wait_hits([sound, told, waiting], 3)
    log_follows(clock, again, sound)
    finish(again, store, smtp, told, waiting)
    assert not [r for r in again.records if "Sitio web caído: " in r.message]


def test_an_alert_that_is_dated_after_its_recovery_is_still_overtaken_by_it(
        vigia, store, sites, smtp, clock):
    """The order of the messages is that of the outage, not that of their dates."""
    (site,) = sites(1)
    smtp.refuse()
    site.down()
    running = vigia.start(env=clock.environment, config=fast(
        {"Web": site.url}, smtp.email(),
        notifications={"retry_initial": 600, "retry_max": 600}))  # the next run tries again
    running.wait_for_line(REFUSED)
    clock.step(-HOUR)
    site.up()
    store.wait("SELECT count(*) FROM notification", 2)
    running.kill()
    smtp.accept()
    again = vigia.start(env=clock.environment)
    store.wait("SELECT count(*) FROM notification WHERE status = 'pending'", 0)
    wait_hits([site], 3)
    again.stop()
    assert subjects(smtp.messages) == [RECOVERY + "Web"]
    assert store.rows("SELECT kind, status FROM notification ORDER BY kind") == [
        ("alert", "merged"), ("recovery", "delivered")]


def test_a_step_forward_before_a_restart_is_time_that_has_passed(
        vigia, store, sites, smtp, clock):
    """All that a start can go by is the wall clock: a reminder is due, what waited for too long is
    given up, and the outage is an hour longer."""
    told, late = sites(2)
    running = vigia.start(env=clock.environment, config=fast(
        {"Contada": told.url, "Tarde": late.url}, smtp.email(), **PATIENT))
    wait_hits([told, late], 1)
    told.down()
    smtp.wait_messages(1)
    smtp.refuse()
    late.down()
    running.wait_for_line(REFUSED)
    running.kill()
    smtp.accept()
    clock.step(HOUR)
    again = vigia.start(env=clock.environment)
    store.wait("SELECT count(*) FROM notification WHERE kind = 'reminder' "
               "AND status = 'delivered'", 2)
    told.up()
    store.wait("SELECT count(*) FROM notification WHERE kind = 'recovery'", 1)
    smtp.wait_messages(4)
    again.stop()
    assert store.rows("SELECT a.monitor_name, n.status FROM notification n JOIN announcement a "
                      "USING (incident, kind, seq) WHERE n.kind = 'alert' ORDER BY 1") == [
        ("Contada", "delivered"), ("Tarde", "dead")]
    assert not again.logged("Sitio web caído: Contada") and not again.logged(
        "Sitio web caído: Tarde")
    length = store.one("SELECT down_for FROM announcement WHERE kind = 'recovery'")
    assert 60 * A_MINUTE < length < 61 * A_MINUTE


def test_a_retry_by_hand_is_taken_up_after_a_step_back(vigia, store, sites, smtp, clock):
    (site,) = sites(1)
    site.down()
    smtp.fault("body", "550 5.1.1 no such user")
    running = vigia.start(env=clock.environment, config=fast({"Web": site.url}, smtp.email()))
    for _ in range(2):
        store.wait("SELECT count(*) FROM notification WHERE status = 'dead'", 1)
        attempts = len(smtp.unacknowledged)
        assert vigia.command("notifications", "retry", "--all-dead",
                             env=clock.environment).code == 0
        wait_until(lambda: len(smtp.unacknowledged) > attempts)
        clock.step(-HOUR)
    store.wait("SELECT status FROM notification", "dead")
    running.stop()
    assert len({message["Message-ID"] for message in smtp.unacknowledged}) == 1
