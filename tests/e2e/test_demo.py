"""The demo tells its story by itself: an outage, an alert, the end of it."""

import signal

import pytest


@pytest.mark.parametrize("language, words", [
    ("es_ES.UTF-8", ("ALERTA: Servicio caído", "RECUPERADO: Servicio"))])
def test_the_demo_shows_an_alert_and_a_recovery_within_a_minute(vigia, language, words):
    running = vigia.start("demo", env={"LC_ALL": language})
    alert = running.wait_for_line(words[0], 60)
    recovery = running.wait_for_line(words[1], 60, after=alert.index)
    assert recovery.at - running.lines[0].at < 60
    running.wait_for_line("caíd")
    running.stop()


def test_the_demo_stops_at_once_with_exit_0_and_leaves_nothing(vigia):
    running = vigia.start("demo")
    running.wait_for_line(".")
    running.signal(signal.SIGINT)
    assert running.wait(5) == 0
    assert list(vigia.directory.iterdir()) == []


def test_the_demo_speaks_english_where_the_locale_does(vigia):
    running = vigia.start("demo", env={"LC_ALL": "en_US.UTF-8"})
    running.wait_for_line("[Dd]emo")
    running.stop()
    assert "Iniciando" not in running.transcript()
