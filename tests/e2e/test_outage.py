"""Outages end to end: who is told what, how often, and in spite of which mail server."""

import re

import pytest

from support.configs import fast, moments, tells
from support.gate import BLACKHOLE, PASS, ChaosGate
from support.loop import wait_until
from support.smtp import DROP, STALL

ANA, EVA, LUZ = "ana@example.org", "eva@example.org", "luz@example.org"
ALERT, REMINDER, RECOVERY = "🔴 ALERTA: Servicio caído - ", "🔴 RECORDATORIO: Servicio caído - ", (
    "🟢 RECUPERADO: Servicio ")
SENT, FAILED = "Correo enviado exitosamente a ", "Error enviando correo a "


def subjects(messages):
    return [message.subject for message in messages]


def wait_hits(site, more, timeout=10):
    """Waits for that many further probes of the site."""
    goal = len(site.hits) + more
    wait_until(lambda: len(site.hits) >= goal, timeout, f"{more} more probes of {site.path}")


def test_an_outage_is_told_once_to_everyone_and_so_is_its_end(vigia, site, smtp):
    running = vigia.start(config=fast({"Web uno": site.url}, smtp.email(ANA, EVA, LUZ)))
    wait_hits(site, 3)
    site.down()
    fault = running.wait_logged("Intento 1 fallido (status code: 503): Web uno", "WARNING")
    down = running.wait_logged("Sitio web caído: Web uno", "ERROR", after=fault.index)
    smtp.wait_messages(3)
    for address in (ANA, EVA, LUZ):
        running.wait_logged(SENT + address, "INFO", after=down.index)
    wait_hits(site, 4)
    site.up()
    back = running.wait_logged("Sitio web recuperado: Web uno", "INFO")
    smtp.wait_messages(6)
    for address in (ANA, EVA, LUZ):
        running.wait_logged(SENT + address, "INFO", after=back.index)
    wait_hits(site, 4)
    running.stop()
    for address in (ANA, EVA, LUZ):
        assert subjects(smtp.to(address)) == [ALERT + "Web uno", RECOVERY + "Web uno"]
    assert len(smtp.messages) == 6 and all(len(m.recipients) == 1 for m in smtp.messages)
    assert len(running.logged("Sitio web caído: Web uno")) == 1
    assert len(running.logged("Sitio web recuperado: Web uno")) == 1
    assert not [record for record in running.records if "sigue caído" in record.message]


def test_no_answer_is_logged_as_an_error_with_its_reason(vigia, hostile):
    site = f"http://127.0.0.1:{hostile.refused}/"
    running = vigia.start(config=fast({"Web": site}, retry_attempts=2, retry_delay=0.05))
    first = running.wait_for_line(r" - ERROR - Error en intento 1: .+: Web$")
    running.wait_for_line(r" - ERROR - Error en intento 2: .+: Web$", after=first.index)
    running.wait_logged("Sitio web caído: Web", "ERROR")
    running.stop()
    before = [r for r in running.records if r.message == "Verificando sitio web: Web"]
    assert before and before[0].index < first.index


def test_the_alert_comes_at_the_threshold_of_failed_checks_not_of_attempts(vigia, site, smtp):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(), alert_threshold=4,
                                      retry_attempts=2, retry_delay=0.02))
    down = running.wait_logged("Sitio web caído: Web", "ERROR")
    smtp.wait_messages(1)
    running.stop()
    before = [record for record in running.records if record.index < down.index]
    for attempt in (1, 2):
        text = f"Intento {attempt} fallido (status code: 503): Web"
        assert len([record for record in before if record.message == text]) == 4


@pytest.mark.parametrize("failures, thresholds", [
    (2, {"alert_threshold": 3}), (1, {"alert_threshold": 2})])
def test_a_blip_below_the_threshold_announces_nothing(vigia, site, smtp, failures, thresholds):
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(), **thresholds))
    wait_hits(site, 2)
    for _ in range(2):
        wait_hits(site, 1)
        before = len(site.hits)
        site.down(f"/flaky/{before + failures}")  # counts this path's requests: good again after
        wait_until(lambda: len(site.hits) >= before + failures + 2)
    running.stop()
    failed = [r for r in running.records if r.message.startswith("Intento 1 fallido")]
    assert len(failed) == 2 * failures
    assert smtp.connections == [] and not running.logged("Sitio web caído: Web")
    assert not running.logged("Sitio web recuperado: Web")


def test_a_recovery_below_its_threshold_announces_nothing(vigia, site, smtp):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(), alert_threshold=1,
                                      recovery_threshold=3))
    running.wait_logged("Sitio web caído: Web")
    wait_hits(site, 1)
    site.up()
    wait_hits(site, 2)
    site.down()
    wait_hits(site, 3)
    assert not running.logged("Sitio web recuperado: Web")
    site.up()
    running.wait_logged("Sitio web recuperado: Web")
    running.stop()
    assert subjects(smtp.messages)[:1] == [ALERT + "Web"]
    assert len(running.logged("Sitio web caído: Web")) == 1


def test_reminders_come_while_it_lasts_and_belong_to_the_thread(vigia, site, smtp):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(),
                                      alert_repeat_interval=0.015))
    first = running.wait_logged("Sitio web sigue caído: Web", "WARNING")
    running.wait_logged("Sitio web sigue caído: Web", "WARNING", after=first.index)
    site.up()
    running.wait_logged("Sitio web recuperado: Web", "INFO")
    wait_until(lambda: subjects(smtp.messages)[-1:] == [RECOVERY + "Web"])
    running.stop()
    messages = list(smtp.messages)
    assert subjects(messages)[:3] == [ALERT + "Web", REMINDER + "Web", REMINDER + "Web"]
    assert all(late.at - early.at > 0.7 for early, late in zip(messages, messages[1:-1]))
    identifiers = [message["Message-ID"] for message in messages]
    assert len(set(identifiers)) == len(messages)
    for message in messages[1:]:
        assert message["In-Reply-To"] == identifiers[0]
        assert identifiers[0] in message["References"]


def test_no_reminder_comes_where_they_are_switched_off(vigia, site, smtp):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(), alert_threshold=1))
    running.wait_logged("Sitio web caído: Web")
    wait_hits(site, 6)
    running.stop()
    assert subjects(smtp.messages) == [ALERT + "Web"]


def test_one_hanging_site_delays_no_other(vigia, hostile, sites):
    others = sites(5)
    websites = {f"Colgada {n}": hostile.http("/silence") for n in range(10)}
    websites |= {f"Web {n}": site.url for n, site in enumerate(others)}
    running = vigia.start(config=fast(websites, timeout=30))
    for site in others:
        wait_until(lambda: len(site.hits) >= 8)
    running.stop()
    for site in others:
        gaps = [late - early for early, late in zip(site.hits[1:], site.hits[2:])]
        assert max(gaps) < 1.0 and sorted(gaps)[len(gaps) // 2] < 0.3, gaps


def test_probes_of_one_monitor_never_overlap(vigia, hostile):
    path = "/slow/0.5/propio"
    running = vigia.start(config=fast({"Lenta": hostile.http(path)}))
    wait_until(lambda: len(hostile.hits(path)) >= 5)
    running.stop()
    hits = hostile.hits(path)
    assert all(late - early > 0.48 for early, late in zip(hits, hits[1:])), hits


def test_the_schedule_keeps_its_rate(vigia, site):
    running = vigia.start(config=fast({"Web": site.url}, check_interval=0.25))
    wait_until(lambda: len(site.hits) >= 14)
    running.stop()
    slots = [hit for hit in site.hits[1:]]
    mean = (slots[-1] - slots[0]) / (len(slots) - 1)
    assert 0.23 < mean < 0.27, mean


def test_a_refused_recipient_does_not_stop_the_others(vigia, site, smtp):
    smtp.fault("rcpt", "550 5.1.1 no such user", only=EVA)
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA, EVA, LUZ)))
    running.wait_for_line(f" - ERROR - {FAILED}{EVA}: .*no such user")
    smtp.wait_messages(2)
    wait_hits(site, 5)
    assert sorted(message.recipients[0] for message in smtp.messages) == [ANA, LUZ]
    assert len([r for r in running.records if r.message.startswith(FAILED)]) == 1
    site.up()
    running.wait_logged("Sitio web recuperado: Web")
    smtp.wait_messages(4)
    running.stop()


def test_a_recipient_whose_alert_is_dead_still_gets_the_recovery(vigia, site, smtp):
    smtp.fault("rcpt", "550 5.7.1 not today")
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    running.wait_for_line(FAILED + ANA)
    smtp.clear()
    site.up()
    smtp.wait_messages(1)
    running.stop()
    assert subjects(smtp.messages) == [RECOVERY + "Web"]


def test_a_recipient_deferred_is_tried_alone_until_accepted(vigia, site, smtp):
    smtp.fault("rcpt", "450 4.2.0 greylisted", only=EVA, times=2)
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA, EVA, LUZ)))
    smtp.wait_messages(3)
    wait_hits(site, 3)
    running.stop()
    assert [message.recipients[0] for message in smtp.messages][-1] == EVA
    assert len(smtp.messages) == 3
    assert len([r for r in running.records if r.message.startswith(FAILED + EVA)]) == 2


@pytest.mark.parametrize("addresses", [
    (ANA, ANA), (ANA, EVA, ANA)])
def test_an_address_listed_twice_is_written_to_once(vigia, site, smtp, addresses):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(*addresses)))
    smtp.wait_messages(len(set(addresses)))
    wait_hits(site, 3)
    running.stop()
    assert sorted(message.recipients[0] for message in smtp.messages) == sorted(set(addresses))


@pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data", "body"])
def test_a_temporary_refusal_is_retried_until_accepted(vigia, site, smtp, phase):
    smtp.fault(phase, ("421" if phase in ("banner", "ehlo") else "451") + " 4.3.2 más tarde")
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    again = running.wait_for_line(f" - ERROR - {FAILED}{ANA}: ")
    running.wait_for_line(f" - ERROR - {FAILED}{ANA}: ", after=again.index)
    assert smtp.messages == [] and not running.logged(SENT + ANA)
    smtp.clear()
    running.wait_logged(SENT + ANA, "INFO")
    wait_hits(site, 3)
    running.stop()
    assert subjects(smtp.messages) == [ALERT + "Web"]
    identifiers = {message["Message-ID"] for message in smtp.unacknowledged + smtp.messages}
    assert len(identifiers) == 1


def test_a_refused_sender_is_trouble_of_the_channel_and_retried(vigia, site, smtp):
    """The refusal speaks of neither the recipient nor the message: the alert is not given up."""
    smtp.fault("mail", "550 5.7.1 relaying denied", times=2)
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    running.wait_for_line(f" - ERROR - {FAILED}{ANA}: .*relaying denied")
    smtp.wait_messages(1)
    running.stop()


@pytest.mark.parametrize("phase", ["rcpt", "data", "body"])
def test_a_final_refusal_is_logged_and_not_repeated(vigia, site, smtp, phase):
    smtp.fault(phase, "554 5.7.1 nunca")
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    running.wait_for_line(f" - ERROR - {FAILED}{ANA}: .*nunca")
    smtp.clear()
    wait_hits(site, 6)
    running.stop()
    assert smtp.messages == [] and len(smtp.connections) == 1
    assert not running.logged(SENT + ANA)


def test_a_server_that_is_not_there_is_retried(vigia, site, smtp):
    smtp.refuse()
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA, EVA)))
    for address in (ANA, EVA):
        line = running.wait_for_line(f" - ERROR - {FAILED}{address}: ")
        assert not re.search("[a-z]_[a-z]", line.text), "words for people, not identifiers"
    wait_hits(site, 3)
    smtp.accept()
    smtp.wait_messages(2)
    running.stop()
    assert sorted(message.recipients[0] for message in smtp.messages) == [ANA, EVA]


@pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data", "body"])
def test_a_stalled_server_delays_no_check_and_is_retried(vigia, site, smtp, phase):
    smtp.fault(phase, STALL)
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    wait_until(lambda: smtp.connections)
    wait_hits(site, 5)
    gaps = [late - early for early, late in zip(site.hits[1:], site.hits[2:])]
    assert max(gaps) < 1.0, gaps
    smtp.clear()  # ends the stalled connection without a reply
    running.wait_logged(SENT + ANA, "INFO")
    running.stop()
    assert subjects(smtp.messages) == [ALERT + "Web"]
    assert len({message["Message-ID"] for message in smtp.unacknowledged + smtp.messages}) == 1


def test_neither_a_stalled_server_nor_a_queue_makes_the_stop_late(vigia, sites, hostile, smtp):
    smtp.fault("body", STALL)
    websites = {f"Web {n}": hostile.http(f"/status/503/{n}") for n in range(20)}
    running = vigia.start(config=fast(websites, smtp.email(ANA, EVA)))
    smtp.wait_command(".")
    running.stop()


def test_a_connection_dropped_after_the_data_means_the_same_message_again(vigia, site, smtp):
    smtp.fault("body", DROP, times=2)
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    smtp.wait_messages(1)
    wait_hits(site, 3)
    running.stop()
    assert len(smtp.unacknowledged) == 2 and len(smtp.messages) == 1
    accepted = smtp.messages[0]
    for lost in smtp.unacknowledged:
        assert lost["Message-ID"] == accepted["Message-ID"] and lost.subject == accepted.subject
        assert lost.text == accepted.text, "the message tells of the outage, not of its delivery"


def test_a_black_hole_before_the_mail_server_delays_no_check(vigia, site, smtp):
    with ChaosGate(smtp.port) as gate:
        gate.set(BLACKHOLE)
        site.down()
        running = vigia.start(config=fast({"Web": site.url}, smtp.email(smtp_port=gate.port)))
        running.wait_logged("Sitio web caído: Web")
        wait_hits(site, 6)
        gaps = [late - early for early, late in zip(site.hits[1:], site.hits[2:])]
        assert max(gaps) < 1.0, gaps
        gate.set(PASS)
        gate.call(gate.drop_connections())
        smtp.wait_messages(1)
        running.stop()


def test_a_recovery_that_overtakes_its_alert_is_one_message_with_both_times(vigia, site, smtp):
    smtp.refuse()
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA, EVA),
                                      alert_repeat_interval=0.01))
    down = running.wait_logged("Sitio web caído: Web")
    running.wait_logged("Sitio web sigue caído: Web")
    wait_hits(site, 12)
    site.up()
    back = running.wait_logged("Sitio web recuperado: Web")
    for address in (ANA, EVA):
        running.wait_for_line(FAILED + address, after=back.index)
    smtp.accept()
    smtp.wait_messages(2)
    wait_hits(site, 5)
    running.stop()
    (down,), (back,) = moments(down.text), moments(back.text)
    assert (back - down).total_seconds() >= 1
    for address in (ANA, EVA):
        (message,) = smtp.to(address)
        assert message.subject == RECOVERY + "Web"
        for moment in (down, back):
            assert tells(message.text, moment) and tells(message.html, moment), message.text


def test_a_recovery_is_told_after_the_alert_where_the_alert_was_delivered(vigia, site, smtp):
    smtp.fault("rcpt", "450 4.2.0 later", only=EVA)
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(ANA, EVA)))
    smtp.wait_messages(1)
    running.wait_for_line(FAILED + EVA)
    site.up()
    line = running.wait_logged("Sitio web recuperado: Web")
    for _ in range(2):  # the first may be an attempt that was under way
        line = running.wait_for_line(FAILED + EVA, after=line.index)
    smtp.clear()
    smtp.wait_messages(3)
    wait_hits(site, 3)
    running.stop()
    assert subjects(smtp.to(ANA)) == [ALERT + "Web", RECOVERY + "Web"]
    assert subjects(smtp.to(EVA)) == [RECOVERY + "Web"]


def test_at_most_one_reminder_waits_while_nothing_can_be_delivered(vigia, site, smtp):
    smtp.refuse()
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(),
                                      alert_repeat_interval="400ms"))
    last = running.wait_logged("Sitio web sigue caído: Web")
    for _ in range(3):
        last = running.wait_logged("Sitio web sigue caído: Web", after=last.index)
    smtp.accept()
    first = smtp.wait_messages(2)[0]
    running.stop()
    assert subjects(smtp.messages)[:2] == [ALERT + "Web", REMINDER + "Web"]
    early = [m for m in smtp.messages if m.at - first.at < 0.3]
    assert len(early) <= 2 + 1, "one that waited, and at most one that fell due meanwhile"


def test_fifty_sites_that_fall_at_once_are_all_told(vigia, sites, smtp):
    fallen = sites(50)
    for site in fallen:
        site.down()
    websites = {f"Web {n}": site.url for n, site in enumerate(fallen)}
    running = vigia.start(config=fast(websites, smtp.email(ANA, EVA), check_interval=0.5))
    smtp.wait_messages(100, timeout=30)
    running.stop()
    for address in (ANA, EVA):
        assert sorted(subjects(smtp.to(address))) == sorted(ALERT + name for name in websites)


def test_a_real_nginx_that_stops_and_starts_again(vigia, nginx, smtp):
    running = vigia.start(config=fast({"nginx": nginx.http + "/"}, smtp.email()))
    running.wait_logged("Verificando sitio web: nginx")
    nginx.stop()
    running.wait_logged("Sitio web caído: nginx", "ERROR")
    nginx.start()
    running.wait_logged("Sitio web recuperado: nginx", "INFO")
    smtp.wait_messages(2)
    running.stop()
    assert subjects(smtp.messages) == [ALERT + "nginx", RECOVERY + "nginx"]


def test_a_configuration_without_email_monitors_all_the_same(vigia, site):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}) | {"email": {}})
    running.wait_logged("Sitio web caído: Web", "ERROR")
    site.up()
    running.wait_logged("Sitio web recuperado: Web", "INFO")
    running.stop()
    assert not [record for record in running.records if FAILED in record.message]


def test_each_monitor_may_have_thresholds_of_its_own(vigia, sites, smtp):
    quick, slow = sites(2)
    quick.down()
    slow.down()
    running = vigia.start(config=fast({
        "Rápida": {"url": quick.url, "alert_threshold": 1},
        "Lenta": {"url": slow.url, "alert_threshold": 5}}, smtp.email()))
    running.wait_logged("Sitio web caído: Rápida", "ERROR")
    wait_until(lambda: len(quick.hits) >= 2)
    assert not running.logged("Sitio web caído: Lenta")
    running.wait_logged("Sitio web caído: Lenta", "ERROR")
    assert len(slow.hits) >= 5
    running.stop()
