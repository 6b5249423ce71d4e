"""SIGHUP: the difference is applied, and nothing else changes."""

import json
import signal
import time

import pytest

from support.configs import fast
from support.loop import wait_until
from support.smtp import ScriptedSmtp

ALERT, RECOVERY = "🔴 ALERTA: Servicio caído - ", "🟢 RECUPERADO: Servicio "


class Reloader:
    """A running instance whose configuration is changed and reloaded."""

    def __init__(self, vigia, config):
        self._vigia, self.config = vigia, config
        self.running = vigia.start(config=config)

    def reload(self, text=None, **websites):
        """Writes the configuration (its websites replaced if given) and sends SIGHUP."""
        if websites:
            self.config["websites"] = websites
        self._vigia.write(text if text is not None else self.config)
        self.running.signal(signal.SIGHUP)


def wait_hits(site, more, timeout=10):
    goal = len(site.hits) + more
    wait_until(lambda: len(site.hits) >= goal, timeout, f"{more} more probes of {site.path}")


def gone_quiet(site):
    """True if the site is not probed any more: watched for four intervals."""
    time.sleep(0.2)
    seen = len(site.hits)
    time.sleep(0.8)
    return len(site.hits) == seen


def test_monitors_are_added_removed_and_changed(vigia, sites):
    kept, removed, changed, changed_to, added = sites(5)
    reloader = Reloader(vigia, fast({"Queda": kept.url, "Sale": removed.url,
                                     "Cambia": changed.url}))
    for site in (kept, removed, changed):
        wait_hits(site, 2)
    reloader.reload(Queda=kept.url, Cambia=changed_to.url, Entra=added.url)
    for site in (kept, added, changed_to):
        wait_hits(site, 2)
    assert gone_quiet(removed) and gone_quiet(changed)
    wait_hits(kept, 2)
    reloader.running.stop()


def test_an_untouched_monitor_keeps_its_schedule(vigia, sites):
    kept, added = sites(2)
    reloader = Reloader(vigia, fast({"Queda": kept.url}, check_interval=1))
    wait_hits(kept, 3)
    for n in range(4):
        time.sleep(0.35)
        reloader.reload(**{"Queda": kept.url, f"Entra {n}": added.url})
    wait_hits(kept, 2)
    reloader.running.stop()
    gaps = [late - early for early, late in zip(kept.hits[1:], kept.hits[2:])]
    assert all(0.8 < gap < 1.2 for gap in gaps), gaps


def test_an_untouched_monitor_keeps_its_open_incident(vigia, sites, smtp):
    kept, added = sites(2)
    kept.down()
    reloader = Reloader(vigia, fast({"Queda": kept.url}, smtp.email()))
    smtp.wait_messages(1)
    reloader.reload(Queda=kept.url, Entra=added.url)
    wait_hits(added, 1)
    wait_hits(kept, 4)
    kept.up()
    reloader.running.wait_logged("Sitio web recuperado: Queda")
    smtp.wait_messages(2)
    reloader.running.stop()
    assert [message.subject for message in smtp.messages] == [ALERT + "Queda", RECOVERY + "Queda"]
    assert smtp.messages[1]["In-Reply-To"] == smtp.messages[0]["Message-ID"]


def test_an_untouched_monitor_keeps_its_streak(vigia, sites):
    kept, added = sites(2)
    reloader = Reloader(vigia, fast({"Queda": kept.url}, alert_threshold=8))
    wait_hits(kept, 1)
    kept.down()
    for n in range(3):
        wait_hits(kept, 2)
        reloader.reload(**{"Queda": kept.url, f"Entra {n}": added.url})
    down = reloader.running.wait_logged("Sitio web caído: Queda")
    reloader.running.stop()
    failed = [r for r in reloader.running.records if r.index < down.index
              and r.message.endswith("fallido (status code: 503): Queda")]
    assert len(failed) == 8


def test_a_removed_monitor_with_an_open_incident_is_retired_without_a_recovery(vigia, sites, smtp):
    gone, kept = sites(2)
    gone.down()
    reloader = Reloader(vigia, fast({"Sale": gone.url, "Queda": kept.url}, smtp.email()))
    smtp.wait_messages(1)
    reloader.reload(Queda=kept.url)
    assert gone_quiet(gone)
    gone.up()
    reloader.reload(Queda=kept.url, Sale=gone.url)
    wait_hits(gone, 4)
    reloader.running.stop()
    assert [message.subject for message in smtp.messages] == [ALERT + "Sale"]
    assert not reloader.running.logged("Sitio web recuperado: Sale")


def test_mail_that_waits_for_a_removed_monitor_is_still_delivered(vigia, sites, smtp):
    gone, kept = sites(2)
    smtp.refuse()
    gone.down()
    reloader = Reloader(vigia, fast({"Sale": gone.url, "Queda": kept.url}, smtp.email()))
    reloader.running.wait_for_line("Error enviando correo a ana@example.org")
    reloader.reload(Queda=kept.url)
    assert gone_quiet(gone)
    smtp.accept()
    smtp.wait_messages(1)
    reloader.running.stop()
    assert [message.subject for message in smtp.messages] == [ALERT + "Sale"]


def test_mail_that_waits_for_a_removed_recipient_is_given_up_with_a_warning(vigia, site, smtp):
    smtp.refuse()
    site.down()
    reloader = Reloader(vigia, fast({"Web": site.url}, smtp.email("ana@example.org",
                                                                   "eva@example.org")))
    reloader.running.wait_for_line("Error enviando correo a eva@example.org")
    reloader.config["email"]["recipient_emails"] = ["ana@example.org"]
    reloader.reload()
    reloader.running.wait_for_line(" - WARNING - .*eva@example.org")
    smtp.accept()
    smtp.wait_messages(1)
    wait_hits(site, 5)
    reloader.running.stop()
    assert [message.recipients for message in smtp.messages] == [["ana@example.org"]]


def test_changed_mail_settings_apply_to_what_waits(vigia, site, smtp):
    smtp.refuse()
    site.down()
    reloader = Reloader(vigia, fast({"Web": site.url}, smtp.email()))
    reloader.running.wait_for_line("Error enviando correo a ana@example.org")
    with ScriptedSmtp() as other:
        reloader.config["email"] = other.email()
        reloader.reload()
        other.wait_messages(1)
        reloader.running.stop()


def test_changed_thresholds_apply(vigia, site):
    site.down()
    reloader = Reloader(vigia, fast({"Web": site.url}, alert_threshold=1000))
    wait_hits(site, 3)
    assert not reloader.running.logged("Sitio web caído: Web")
    reloader.config["monitor_settings"]["alert_threshold"] = 2
    reloader.reload()
    reloader.running.wait_logged("Sitio web caído: Web")
    reloader.running.stop()


@pytest.mark.parametrize("text", [
    '{"websites": {"Web": 5}}', "{", "", '{"websites": {}}', None],
    ids=["wrong type", "syntax", "empty", "nothing to monitor", "missing"])
def test_an_invalid_file_changes_nothing_and_is_named(vigia, site, text):
    reloader = Reloader(vigia, fast({"Web": site.url}))
    wait_hits(site, 2)
    if text is None:
        (vigia.directory / "config.json").unlink()
        reloader.running.signal(signal.SIGHUP)
    else:
        reloader.reload(text)
    reloader.running.wait_for_line(r" - ERROR - .*config\.json")
    wait_hits(site, 3)
    reloader.reload(json.dumps(reloader.config))
    wait_hits(site, 2)
    reloader.running.stop()
    gaps = [late - early for early, late in zip(site.hits[1:], site.hits[2:])]
    assert max(gaps) < 1, gaps


def test_the_log_file_is_opened_again(vigia, site):
    config = fast({"Web": site.url}, logging_settings={"log_file": "vigia.log"})
    reloader = Reloader(vigia, config)
    log, moved = vigia.directory / "vigia.log", vigia.directory / "vigia.log.old"
    wait_hits(site, 2)
    log.rename(moved)
    reloader.running.signal(signal.SIGHUP)
    wait_until(log.exists, what="a new log file")
    size = moved.stat().st_size
    wait_hits(site, 3)
    reloader.running.stop()
    assert moved.stat().st_size == size and "Verificando sitio web: Web" in log.read_text()
    both = (moved.read_text() + log.read_text()).splitlines()
    assert both == [line.text for line in reloader.running.lines], "no line is lost"


def test_many_reloads_at_once_do_no_harm(vigia, sites):
    one, two = sites(2)
    reloader = Reloader(vigia, fast({"Uno": one.url}))
    wait_hits(one, 1)
    for n in range(40):
        reloader.reload(**({"Uno": one.url, "Dos": two.url} if n % 2 else {"Uno": one.url}))
    wait_hits(one, 2)
    wait_hits(two, 2)
    reloader.running.stop()
