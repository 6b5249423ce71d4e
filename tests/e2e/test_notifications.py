"""`vigia notifications`: the log of deliveries, and dead letters sent again."""

import json
import signal

import pytest

from support.configs import fast
from support.store import StoreFile

ANA, EVA = "ana@example.org", "eva@example.org"
REFUSED = "550 5.1.1 no such user"


@pytest.fixture
def store(vigia):
    return StoreFile(vigia.directory / "vigia.db")


def entries(vigia, *arguments):
    finished = vigia.command("notifications", "--json", *arguments)
    assert finished.code == 0, str(finished)
    return json.loads(finished.out)


@pytest.fixture
def dead(vigia, site, smtp, store):
    """A running vigia with one dead alert, and the message that was refused."""
    site.down()
    smtp.fault("body", REFUSED)
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    store.wait("SELECT status FROM notification", "dead")
    smtp.clear()
    return running, smtp.unacknowledged[-1]


def test_a_dead_alert_that_is_retried_is_sent_by_the_running_instance(vigia, smtp, dead, store):
    running, refused = dead
    [entry] = entries(vigia, "--status", "dead")
    assert (entry["recipient"], entry["kind"], entry["attempts"]) == (ANA, "alert", 1)
    assert entry["monitor"] == {"id": "site-web", "name": "Web"}
    assert REFUSED in entry["last_error"] and entry["id"] in refused["Message-ID"]

    finished = vigia.command("notifications", "retry", entry["id"])
    assert (finished.code, finished.out) == (0, f"{entry['id']}: se envía de nuevo\n")
    [message] = smtp.wait_messages(1)
    assert message["Message-ID"] == refused["Message-ID"]
    assert message.subject == "🔴 ALERTA: Servicio caído - Web"
    store.wait("SELECT status FROM notification", "delivered")
    running.wait_logged("Notificaciones reintentadas a mano: 1", "INFO")

    again = vigia.command("notifications", "retry", entry["id"])
    assert (again.code, again.out) == (1, "")
    assert again.err == f"{entry['id']}: no está muerta sino entregada: no hay nada que reintentar\n"
    running.stop()
    assert len(smtp.messages) == 1
    assert entries(vigia)[0]["status"] == "delivered"


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_what_is_retried_while_none_runs_is_sent_by_the_next(vigia, smtp, dead, end):
    running, refused = dead
    running.signal(end)
    running.wait(5)
    finished = vigia.command("notifications", "retry", "--all-dead")
    assert (finished.code, finished.out) == (0, "Notificaciones que se envían de nuevo: 1\n")
    assert entries(vigia)[0]["status"] == "pending"
    again = vigia.start()
    [message] = smtp.wait_messages(1)
    assert message["Message-ID"] == refused["Message-ID"]
    again.stop()
    assert not again.logged("Sitio web caído: Web"), "the streak and the incident went on"


def test_an_alert_that_is_retried_after_its_outage_says_that_it_is_over(vigia, site, smtp, dead):
    running, refused = dead
    site.up()
    [recovery] = smtp.wait_messages(1)
    [entry] = entries(vigia, "--status", "dead")
    assert vigia.command("notifications", "retry", entry["id"]).code == 0
    late = smtp.wait_messages(2)[1]
    running.stop()
    assert late["Message-ID"] == refused["Message-ID"] != recovery["Message-ID"]
    assert late.subject == recovery.subject == "🟢 RECUPERADO: Servicio Web"
    assert "Caída confirmada: " in late.text


def test_the_table_tells_each_delivery(vigia, site, smtp, store):
    site.down()
    smtp.fault("rcpt", REFUSED, only=EVA)
    running = vigia.start(config=fast({"Web\x1b[31m": site.url}, smtp.email(ANA, EVA)))
    store.wait("SELECT count(*) FROM notification WHERE status != 'pending'", 2)
    finished = vigia.command("notifications")
    assert finished.code == 0 and "\x1b" not in finished.out
    assert finished.out.startswith("FECHA ")
    assert finished.out.count("alerta: Web\\x1b[31m") == 2
    assert "entregada" in finished.out and "muerta" in finished.out and REFUSED in finished.out
    limited = vigia.command("notifications", "--limit", "1", env={"LC_ALL": "C"})
    assert limited.out.count("alerta: Web") == 1
    running.stop()


def test_without_a_store_there_is_a_plain_word(vigia, site):
    vigia.write(fast({"Web": site.url}))
    for arguments in ((), ("retry", "--all-dead")):
        finished = vigia.command("notifications", *arguments)
        assert finished.code == 1 and finished.out == ""
        assert "vigia.db: no hay almacén" in finished.err
    assert not list(vigia.directory.glob("vigia.db*"))


def test_usage_and_configuration_errors_are_status_2(vigia, site):
    vigia.write(fast({"Web": site.url}))
    assert vigia.command("notifications", "retry").code == 2
    assert vigia.command("notifications", "--status", "perdida").code == 2
    assert vigia.command("notifications", "-c", "otro.json").code == 2
