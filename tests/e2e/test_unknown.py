"""Trouble of our own is unknown and announces nothing; the target's trouble is down."""

import resource
import signal
import time

import pytest

from support.configs import FAST, fast
from support.dns import closed_udp_port
from support.loop import wait_until


def named(hostile, host, path="/ok"):
    return hostile.http(path, host)


@pytest.fixture
def resolved(vigia, dns):
    """check with the test's own resolver: states by name."""
    def check(websites, resolver=None, **settings):
        settings = {"timeout": 2} | settings
        _, monitors = vigia.check(fast(websites, **settings),
                                  env={"VIGIA_RESOLVER": resolver or dns.resolver})
        return {name: monitor["state"] for name, monitor in monitors.items()}
    return check


def test_names_are_resolved_by_the_resolver_given(resolved, dns, hostile):
    dns.answer("cuatro.test", "127.0.0.1")
    dns.answer("ambos.test", "::1", "127.0.0.1")
    dns.answer("lento.test", "127.0.0.1", delay=0.3)
    states = resolved({host: named(hostile, host)
                       for host in ("cuatro.test", "ambos.test", "lento.test")})
    assert states == dict.fromkeys(["cuatro.test", "ambos.test", "lento.test"], "up")
    assert "cuatro.test" in dns.queries


def test_an_international_name_is_asked_for_in_its_encoded_form(resolved, dns, hostile):
    dns.answer("xn--andesa-vwa.test", "127.0.0.1")
    assert resolved({"Web": named(hostile, "ñandesa.test")}) == {"Web": "up"}


def test_a_name_that_does_not_exist_or_has_no_address_is_down(vigia, dns, hostile):
    dns.answer("vacio.test")
    finished, monitors = vigia.check(
        fast({"nadie": named(hostile, "nadie.test"), "vacío": named(hostile, "vacio.test")},
             language="en"), env={"VIGIA_RESOLVER": dns.resolver})
    assert finished.code == 1
    for monitor in monitors.values():
        assert monitor["state"] == "down" and monitor["reason"]["phase"] == "resolve"


@pytest.mark.parametrize("resolver", ["silent", "closed"])
def test_a_dead_resolver_makes_unknown_and_spares_addresses(vigia, dns, hostile, resolver):
    dns.dead = True
    where = dns.resolver if resolver == "silent" else f"127.0.0.1:{closed_udp_port()}"
    finished, monitors = vigia.check(
        fast({"con nombre": named(hostile, "web.test"), "con número": hostile.http()}),
        env={"VIGIA_RESOLVER": where})
    states = {name: monitor["state"] for name, monitor in monitors.items()}
    assert states == {"con nombre": "unknown", "con número": "up"}, str(finished)
    assert finished.code == 1 and monitors["con nombre"]["reason"]


def test_a_second_resolver_stands_in_for_a_dead_first(resolved, dns, hostile):
    dns.answer("web.test", "127.0.0.1")
    servers = f"127.0.0.1:{closed_udp_port()},{dns.resolver}"
    assert resolved({"Web": named(hostile, "web.test")}, servers, timeout=8) == {"Web": "up"}


def test_a_failing_resolver_that_answers_nothing_else_is_unknown(resolved, dns, hostile):
    dns.servfail("web.test")
    assert resolved({"Web": named(hostile, "web.test")}) == {"Web": "unknown"}


def states_in_run(running, name):
    return bool(running.logged(f"Sitio web caído: {name}"))


def test_a_server_failure_is_down_where_the_resolver_answers_others(vigia, dns, hostile, smtp):
    dns.answer("sano.test", "127.0.0.1")
    dns.servfail("roto.test")
    running = vigia.start(env={"VIGIA_RESOLVER": dns.resolver}, config=fast({
        "Sano": named(hostile, "sano.test"), "Roto": named(hostile, "roto.test")}, smtp.email()))
    running.wait_logged("Sitio web caído: Roto", "ERROR")
    running.stop()
    assert not states_in_run(running, "Sano")


def test_one_silent_name_is_down_where_the_resolver_answers_another(vigia, dns, hostile):
    dns.answer("sano.test", "127.0.0.1")
    dns.silence("mudo.test")
    running = vigia.start(env={"VIGIA_RESOLVER": dns.resolver}, config=fast({
        "Sano": named(hostile, "sano.test"), "Mudo": named(hostile, "mudo.test")}, timeout=0.6))
    running.wait_logged("Sitio web caído: Mudo", "ERROR")
    running.stop()
    assert not states_in_run(running, "Sano")


def test_a_silent_name_beside_cached_ones_is_down_too(vigia, dns, hostile):
    dns.ttl = 60
    dns.answer("sano.test", "127.0.0.1")
    dns.silence("mudo.test")
    running = vigia.start(env={"VIGIA_RESOLVER": dns.resolver}, config=fast(
        {"Sano": named(hostile, "sano.test"), "Mudo": named(hostile, "mudo.test")}, timeout=0.6,
        check_interval=1, retry_attempts=3, retry_delay=0.1))
    running.wait_logged("Sitio web caído: Mudo", "ERROR", timeout=20)
    running.stop()
    assert not states_in_run(running, "Sano")


def test_a_resolver_that_dies_during_the_run_alerts_nobody(vigia, dns, hostile, smtp):
    path = "/site/dns-dies"
    dns.answer("web.test", "127.0.0.1")
    running = vigia.start(env={"VIGIA_RESOLVER": dns.resolver}, config=fast(
        {"Web": named(hostile, "web.test", path)}, smtp.email(), alert_threshold=1, timeout=0.5))
    wait_until(lambda: len(hostile.hits(path)) >= 2)
    dns.dead = True
    time.sleep(3)
    dns.dead = False
    seen = len(hostile.hits(path))
    wait_until(lambda: len(hostile.hits(path)) > seen + 1)
    running.stop()
    assert not states_in_run(running, "Web") and smtp.connections == []


def set_descriptors(pid, soft):
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def test_no_descriptors_left_is_unknown_and_alerts_nobody(vigia, sites, smtp):
    watched = sites(3)
    running = vigia.start(config=fast({f"Web {n}": site.url for n, site in enumerate(watched)},
                                      smtp.email(), alert_threshold=1))
    for site in watched:
        wait_until(lambda: len(site.hits) >= 2)
    set_descriptors(running.pid, 3)
    time.sleep(0.5)  # what was on its way arrives
    seen = [len(site.hits) for site in watched]
    time.sleep(1.5)
    assert [len(site.hits) for site in watched] == seen, "no probe could open a socket"
    assert not [r for r in running.records if "caído" in r.message]
    set_descriptors(running.pid, 256)
    watched[0].down()
    running.wait_logged("Sitio web caído: Web 0", "ERROR")
    smtp.wait_messages(1)
    running.stop()
    assert len(smtp.messages) == 1


def test_unknown_breaks_no_streak(vigia, site, smtp):
    """down, down, unknown…, down reaches the threshold of 3."""
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(), alert_threshold=3,
                                      check_interval=0.5))
    wait_until(lambda: len(site.hits) >= 2)
    site.down()
    second = None
    for _ in range(2):
        second = running.wait_for_line("Intento 1 fallido", after=second.index if second else -1)
    set_descriptors(running.pid, 3)
    time.sleep(1.2)
    assert not running.logged("Sitio web caído: Web")
    set_descriptors(running.pid, 256)
    running.wait_logged("Sitio web caído: Web", "ERROR")
    running.stop()
    failed = [r for r in running.records if r.message.startswith("Intento 1 fallido")]
    assert len(failed) == 3


def test_a_low_hard_limit_warns_and_bounds_what_is_in_flight(vigia, sites, hostile, smtp):
    websites = {f"Web {n}": hostile.http(f"/slow/0.3/{n}") for n in range(120)}

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))

    running = vigia.start(config=fast(websites, smtp.email(), alert_threshold=1, check_interval=2),
                          preexec_fn=limit)
    running.wait_for_line(" - WARNING - .*descript", 5)
    for n in range(120):
        wait_until(lambda: hostile.hits(f"/slow/0.3/{n}"), 15, f"a probe of Web {n}")
    time.sleep(1)
    running.stop()
    assert not [r for r in running.records if "caído" in r.message]
    assert smtp.connections == []


def test_the_soft_descriptor_limit_is_raised_to_the_hard_one(vigia, site):
    def limit():
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(64, hard), min(512, hard)))

    running = vigia.start(config=fast({"Web": site.url}), preexec_fn=limit)
    running.wait_logged("Verificando sitio web: Web")
    soft, hard = resource.prlimit(running.pid, resource.RLIMIT_NOFILE)
    running.stop()
    assert soft == hard


def test_a_pause_of_our_own_alerts_nobody(vigia, hostile, smtp):
    """The process is stopped while probes are in flight and their deadlines pass."""
    websites = {f"Web {n}": hostile.http(f"/slow/0.2/pausa{n}") for n in range(10)}
    running = vigia.start(config=fast(websites, smtp.email(), timeout=0.8, alert_threshold=1))
    for n in range(10):
        wait_until(lambda: len(hostile.hits(f"/slow/0.2/pausa{n}")) >= 2)
    for pause in (1.2, 3):
        running.signal(signal.SIGSTOP)
        time.sleep(pause)
        seen = [len(hostile.hits(f"/slow/0.2/pausa{n}")) for n in range(10)]
        running.signal(signal.SIGCONT)
        for n in range(10):
            wait_until(lambda: len(hostile.hits(f"/slow/0.2/pausa{n}")) >= seen[n] + 2)
    running.stop()
    assert not [r for r in running.records if "caído" in r.message]
    assert smtp.connections == []


def test_after_a_pause_the_checks_missed_are_not_made_up_for(vigia, site):
    running = vigia.start(config=fast({"Web": site.url}))
    wait_until(lambda: len(site.hits) >= 3)
    running.signal(signal.SIGSTOP)
    time.sleep(3)
    resumed = time.monotonic()
    running.signal(signal.SIGCONT)
    time.sleep(1)
    running.stop()
    burst = [hit for hit in site.hits if resumed <= hit < resumed + 1]
    assert len(burst) <= 1 / FAST["check_interval"] + 2, "no burst of missed checks"
