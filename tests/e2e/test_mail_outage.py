"""A mail server that is away for long: what each recipient gets afterwards, and in how many mails."""

import signal

import pytest

from support.configs import fast
from support.loop import wait_until
from support.smtp import DROP
from support.store import StoreFile

ANA, EVA = "ana@example.org", "eva@example.org"
ALERT, RECOVERY = "🔴 ALERTA: Servicio caído - ", "🟢 RECUPERADO: Servicio "
DEFERRED = "Error enviando correo a "
TEN_MINUTES = 600
LONG_AGO = [f"Web {n}" for n in range(6)]  # one more than the five that go out by themselves


@pytest.fixture
def store(vigia):
    return StoreFile(vigia.directory / "vigia.db")


def wait_refusals(running, count):
    """That many further attempts of the mail server failed: its pauses double meanwhile."""
    last = len(running.lines) - 1
    for _ in range(count):
        last = running.wait_for_line(DEFERRED, after=last).index


def wait_incidents(store, opened, ended):
    store.wait("SELECT count(*) FROM incident", opened)
    store.wait("SELECT count(*) FROM incident WHERE ended_at NOT NULL", ended)


def subjects(messages):
    return sorted(message.subject for message in messages)


def waits_for_long(vigia, store, smtp, clock, watched):
    """Six sites fell while there was no mail server and one came back; the program was killed in
    the middle of it, and ten minutes passed until this next start."""
    smtp.refuse()
    running = vigia.start(env=clock.environment, config=fast(
        {name: site.url for name, site in watched.items()}, smtp.email(ANA, EVA)))
    for name in LONG_AGO:
        watched[name].down()
    wait_incidents(store, 6, 0)
    wait_refusals(running, 3)
    watched["Web 0"].up()
    wait_incidents(store, 6, 1)
    running.kill()
    clock.step(TEN_MINUTES)
    return vigia.start(env=clock.environment)


def test_it_is_one_message_for_what_has_waited_and_one_each_for_what_is_new(
        vigia, store, sites, smtp, clock):
    watched = {name: site for name, site in zip([*LONG_AGO, "Nueva"], sites(7))}
    running = waits_for_long(vigia, store, smtp, clock, watched)
    wait_refusals(running, 2)
    watched["Nueva"].down()
    wait_incidents(store, 7, 1)
    wait_refusals(running, 2)
    smtp.fault("body", DROP, times=1)  # whether it was taken, only its server knows
    smtp.accept()
    store.wait("SELECT count(*) FROM notification WHERE status = 'pending'", 0)
    for site in watched.values():
        site.up()
    wait_incidents(store, 7, 7)
    store.wait("SELECT count(*) FROM notification WHERE status = 'pending'", 0)
    running.stop()

    digest = "🔴 RESUMEN: alertas atrasadas: 6, servicios caídos: 5"
    for address in (ANA, EVA):
        got = smtp.to(address)
        assert subjects(got) == sorted([
            digest, ALERT + "Nueva", RECOVERY + "Nueva",
            *(RECOVERY + name for name in LONG_AGO[1:])])
        [summary] = [message for message in got if message.subject == digest]
        assert summary.text.count("RECUPERADO") == 1 and summary.text.count("CAÍDO") == 5
        assert all(f"{name}: caído desde " in summary.text for name in LONG_AGO)
        assert "Nueva" not in summary.text
    repeated = {message["Message-ID"] for message in smtp.unacknowledged}
    assert len(repeated) == 1 and repeated <= {message["Message-ID"] for message in smtp.messages}
    assert len({message["Message-ID"] for message in smtp.messages}) == len(smtp.messages)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_summary_that_was_under_way_is_repeated_as_it_was(
        vigia, store, sites, smtp, clock, end):
    watched = dict(zip(LONG_AGO, sites(6)))
    running = waits_for_long(vigia, store, smtp, clock, watched)
    smtp.fault("body", DROP)
    smtp.accept()
    wait_until(lambda: {m.recipients[0] for m in list(smtp.unacknowledged)} == {ANA, EVA})
    running.signal(end)
    assert running.wait(5) == (0 if end == signal.SIGTERM else -end)
    smtp.clear()
    again = vigia.start(env=clock.environment)
    store.wait("SELECT count(*) FROM notification WHERE status = 'pending'", 0)
    again.stop()
    for address in (ANA, EVA):
        [summary] = smtp.to(address)
        assert summary.subject == "🔴 RESUMEN: alertas atrasadas: 6, servicios caídos: 5"
        for lost in smtp.unacknowledged:
            if lost.recipients == [address]:
                assert (lost["Message-ID"], lost.text) == (summary["Message-ID"], summary.text)


def test_what_is_over_before_anybody_could_be_told_is_told_once_in_one_message(
        vigia, store, sites, smtp, clock):
    """The mail server comes back a moment after the sites, as where one fault took all of them."""
    watched = dict(zip(LONG_AGO, sites(6)))
    running = waits_for_long(vigia, store, smtp, clock, watched)
    for site in watched.values():
        site.up()
    wait_incidents(store, 6, 6)
    wait_refusals(running, 4)
    smtp.accept()
    store.wait("SELECT count(*) FROM notification WHERE status = 'pending'", 0)
    running.stop()
    for address in (ANA, EVA):
        assert subjects(smtp.to(address)) == ["🟢 RESUMEN: alertas atrasadas: 6, todo recuperado"]
    assert store.rows("SELECT kind, status, count(*) FROM notification GROUP BY 1, 2") == [
        ("alert", "merged", 12), ("recovery", "delivered", 12)]
