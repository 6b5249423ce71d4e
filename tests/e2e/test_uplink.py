"""Our own network is lost: nobody is alerted, and everybody is told afterwards, once.

The mail server stands on the watching machine itself, so that a false alert would arrive at once.
"""

import time

import pytest

from support import network
from support.configs import fast
from support.loop import wait_until
from support.smtp import ScriptedSmtp

pytestmark = pytest.mark.skipif(not network.permitted(),
                                reason="needs the right to make network namespaces")

CUT_OFF = "Esta máquina está sin red desde "
BACK = "Esta máquina vuelve a tener red"


@pytest.fixture
def net():
    made = network.Network()
    yield made
    made.close()


@pytest.fixture
def mail(net):
    with net.watcher.entered():
        server = ScriptedSmtp()
        server.start()
    yield server
    server.stop()


@pytest.fixture
def watch(vigia, net, mail):
    """Starts vigia on the watching machine, at thresholds that a single failed probe reaches."""
    def start(websites, **settings):
        settings = {"alert_threshold": 1, "timeout": 1, "check_interval": 0.5,
                    "uplink": {"notice_after": 1}} | settings
        running = vigia.start(config=fast(websites, mail.email(), **settings),
                              preexec_fn=lambda: network.enter(net.watcher.path))
        wait_until(lambda: net.site.hits >= 2)
        return running
    return start


def outages(running):
    return [record for record in running.records if "caído" in record.message]


def cut_off(running):
    return [record for record in running.records if record.message.startswith(CUT_OFF)]


@pytest.mark.parametrize("cut, mend", [("cut", "mend"), ("pull", "plug_in")])
def test_a_lost_uplink_alerts_nobody_and_one_notice_follows(net, mail, watch, cut, mend):
    running = watch({"Web": net.site.url, "Otra": net.site.url + "otra"})
    getattr(net, cut)()
    running.wait_for_line(CUT_OFF, 15)
    time.sleep(3)
    assert not outages(running) and not mail.messages
    getattr(net, mend)()
    running.wait_for_line(BACK, 15)
    seen = net.site.hits
    wait_until(lambda: net.site.hits >= seen + 2)
    mail.wait_messages(1, 45)
    running.stop()
    assert [message.subject for message in mail.messages] == [
        "🟠 MONITOR SIN RED: no se pudo vigilar nada"]
    assert not outages(running)


def test_an_outage_is_announced_while_the_canaries_answer(net, mail, watch):
    """A host of the world that swallows everything, beside a gateway that lives."""
    running = watch({"Web": net.site.url, "Muda": f"http://{network.SILENT}/"})
    running.wait_logged("Sitio web caído: Muda", "ERROR")
    mail.wait_messages(1)
    running.stop()
    assert not cut_off(running)


def test_what_answers_is_judged_as_ever_while_we_are_cut_off(net, mail, watch):
    """A site on the watching machine goes down while the cable is cut: that is no uplink's fault."""
    with net.watcher.entered():
        here = network.Site("127.0.0.1")
    running = watch({"Web": net.site.url, "Aquí": here.url})
    net.cut()
    running.wait_for_line(CUT_OFF, 15)
    here.status = 503
    running.wait_logged("Sitio web caído: Aquí", "ERROR")
    mail.wait_messages(1)
    running.stop()
    here.close()
    assert [message.subject for message in mail.messages] == [
        "🔴 ALERTA: Servicio caído - Aquí"]


def test_switched_off_a_lost_uplink_is_an_outage_like_any(net, mail, watch):
    running = watch({"Web": net.site.url}, uplink={"enabled": False})
    net.cut()
    running.wait_logged("Sitio web caído: Web", "ERROR")
    running.stop()
    assert not cut_off(running)
