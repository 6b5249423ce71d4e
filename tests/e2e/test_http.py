"""HTTP checks: what is up, what is down, and that the reason names the phase that failed."""

import json
import re
import urllib.parse

import pytest

from support.certs import OTHER_HOST, Certs
from support.configs import FAST
from support.nginx import Nginx
from support.ports import FullBacklog
from support.proxy import ForwardProxy
from support.templates import filled

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHUNKED = "HTTP%2F1.1%20200%20OK%0D%0ATransfer-Encoding:%20chunked%0D%0A%0D%0A"
CA = {"tls": {"ca_file": "<certs>/ca.pem"}}
ANA = {"user": Nginx.USER, "password": Nginx.PASSWORD}
MEMORY_LIMIT_KIB = 400_000  # far below what the endless and the packed answers hold, even with ASan


def settings(**more):
    return {"monitor_settings": FAST | {"timeout": 10} | more, "language": "en",
            "logging_settings": {"enable_file_logging": False}}


def hanging(url, **more):
    """A site that is meant to run into its deadline."""
    return {"url": url, "timeout": 1} | more


def expecting(status, url):
    return {"url": url, "expected_status": status}


def trusting(url, **tls):
    return {"url": url, "tls": CA["tls"] | tls}


UP = {
    "plain": "<http>/ok",
    "nginx": "<nginx>/",
    "nginx gzip": {"url": "<nginx>/page", "headers": {"Accept-Encoding": "gzip"}},
    "nginx redirect": "<nginx>/away",
    "no length": "<http>/unframed-body",
    "endless body": "<http>/endless-body",
    "endless length": "<http>/endless-length",
    "gzip bomb": "<http>/gzip-bomb",
    "gzip bomb asked for": {"url": "<http>/gzip-bomb", "headers": {"Accept-Encoding": "gzip"}},
    "60 KiB of headers": "<http>/headers/60",
    "ten redirects": "<http>/redirect/10",
    "slow": "<http>/slow/0.5",
    "interim answers": "<http>/interim/3",
    "HTTP/1.0": "<http>/raw/HTTP%2F1.0%20200%20OK%0D%0A%0D%0Ahola",
    "chunked": "<http>/raw/" + CHUNKED + "3%0D%0Aabc%0D%0A0%0D%0A%0D%0A",
    "2xx": expecting("2xx", "<http>/status/204"),
    "200-299": expecting("200-299", "<http>/status/226"),
    "number": expecting(503, "<http>/status/503"),
    "list": expecting([200, "3xx", "410-418"], "<http>/status/418"),
    "not followed": expecting(302, "<http>/redirect/loop") | {"follow_redirects": False},
    "good at the third attempt": {"url": "<http>/flaky/2", "retry_attempts": 3,
                                  "retry_delay": 0.05},
    "HEAD": {"url": "<nginx>/page", "method": "HEAD"},
    "custom CA": trusting("<good>/ok"),
    "custom CA nginx": trusting("<nginx_tls>/"),
    "redirect to https": trusting("<nginx>/secure"),
    "host by name": trusting("<good_localhost>/ok"),
    "not verified, self-signed": {"url": "<self_signed>/ok", "tls": {"verify": False}},
    "not verified, expired": {"url": "<expired>/ok", "tls": {"verify": False}},
    "not verified, wrong host": {"url": "<wrong_host>/ok", "tls": {"verify": False}},
    "server name": trusting("<wrong_host>/ok", server_name=OTHER_HOST),
    "self-signed as its own CA": {"url": "<self_signed>/ok",
                                  "tls": {"ca_file": "<certs>/self_signed.pem"}},
    "client certificate": trusting("<nginx_mutual>/", cert_file="<certs>/client.pem",
                                   key_file="<certs>/client.key"),
    "basic": {"url": "<nginx>/private", "auth": {"basic": ANA}},
    "basic from a file": {"url": "<nginx>/private", "auth": {"basic": {
        "user": Nginx.USER, "password_file": "clave"}}},
    "basic from the environment": {"url": "<nginx>/private", "auth": {"basic": {
        "user": Nginx.USER, "password": "${VIGIA_PRUEBA}"}}},
    "bearer": {"url": "<http>/bearer/abc", "auth": {"bearer": "abc"}},
    "bearer from a file": {"url": "<http>/bearer/ficha-del-fichero",
                           "auth": {"bearer_file": "ficha"}},
    "userinfo": "<nginx_userinfo>/private",
}
DOWN = {  # the reason must match, whatever the case
    "503": ("<http>/status/503", r"503"),
    "204": ("<http>/status/204", r"204"),
    "nginx busy": ("<nginx>/busy", r"503"),
    "302 not followed": ({"url": "<http>/redirect/1", "follow_redirects": False}, r"302"),
    "200 not expected": (expecting(["3xx", 404], "<http>/ok"), r"200"),
    "out of range": (expecting("200-299", "<http>/status/300"), r"300"),
    "eleven redirects": ("<http>/redirect/11", "redirect"),
    "redirect loop": ("<http>/redirect/loop", "redirect"),
    "redirect to file": ("<http>/redirect/to/file:%2F%2F%2Fetc%2Fpasswd",
                         "redirect|protocol|scheme"),
    "redirect to ftp": ("<http>/redirect/to/ftp:%2F%2F127.0.0.1%2F", "redirect|protocol|scheme"),
    "redirect to smtp": ("<http>/redirect/to/smtp:%2F%2F127.0.0.1%2F", "redirect|protocol|scheme"),
    "redirect to refused": ("<http>/redirect/to/http:%2F%2F127.0.0.1:<refused>%2F", "connect"),
    "garbage": ("<http>/garbage", "first byte|header"),
    "empty": ("<http>/empty", "first byte"),
    "endless headers": ("<http>/endless-headers", "header"),
    "70 KiB of headers": ("<http>/headers/70", "header"),
    "short body": ("<http>/short-body", "body"),
    "chunk with a bad size": ("<http>/raw/" + CHUNKED + "zz%0D%0Aabc%0D%0A", "body"),
    "chunks without an end": ("<http>/raw/" + CHUNKED + "3%0D%0Aabc%0D%0A", "body"),
    "negative length": ("<http>/raw/HTTP%2F1.1%20200%20OK%0D%0AContent-Length:%20-5%0D%0A%0D%0A",
                        "first byte|header"),
    "interim answers only": (hanging("<http>/raw/HTTP%2F1.1%20100%20Continue%0D%0A%0D%0A"),
                             "first byte|header"),
    "reset": ("<http>/reset", "first byte"),
    "reset in headers": ("<http>/reset-headers", "first byte|header"),
    "reset in body": ("<http>/reset-body", "body"),
    "refused": ("http://127.0.0.1:<refused>/", "connect"),
    "reset once connected": ("http://127.0.0.1:<resets>/", "connect|send|first byte"),
    "hangs in connect": (hanging("http://127.0.0.1:<full>/"), "connect"),
    "silent once accepted": (hanging("http://127.0.0.1:<silent>/"), "first byte"),
    "silent in TLS": (hanging("https://127.0.0.1:<silent>/"), "tls"),
    "half a handshake": (hanging("https://127.0.0.1:<half_tls>/"), "tls"),
    "reset in TLS": ("https://127.0.0.1:<tls_resets>/", "tls"),
    "plain where TLS is due": ("<nginx_as_https>/", "tls"),
    "deaf": (hanging("http://127.0.0.1:<deaf>/", method="POST", body="x" * 2 ** 23, timeout=3),
             "send"),
    "no answer": (hanging("<http>/silence"), "first byte"),
    "hangs in headers": (hanging("<http>/hang-headers"), "first byte|header"),
    "drips headers": (hanging("<http>/drip-headers"), "first byte|header"),
    "hangs in body": (hanging("<http>/hang-body"), "body"),
    "drips body": (hanging("<http>/drip-body"), "body"),
    "unknown CA": ("<good>/ok", "(certificate|issuer|authority).*tls"),
    "expired": (trusting("<expired>/ok"), "expired.*tls"),
    "self-signed": (trusting("<self_signed>/ok"), "(self.signed|certificate).*tls"),
    "wrong host": (trusting("<wrong_host>/ok"), "(host|name).*tls"),
    "wrong server name": (trusting("<good>/ok", server_name=OTHER_HOST), "(host|name).*tls"),
    "no client certificate": (trusting("<mutual>/ok"), "tls|first byte"),
    "no password": ("<nginx>/private", "status.*401"),
    "wrong password": ({"url": "<nginx>/private", "auth": {"basic": ANA | {"password": "no"}}},
                       "status.*401"),
    "wrong bearer": ({"url": "<http>/bearer/abc", "auth": {"bearer": "x"}}, "status.*401"),
}


@pytest.fixture(scope="module")
def places(hostile, nginx, certs):
    """What the `<name>`s of the tables stand for."""
    full = FullBacklog().start()
    ports = {name: getattr(hostile, name)
             for name in ("refused", "resets", "silent", "half_tls", "tls_resets", "deaf")}
    kinds = {kind: hostile.https("", kind) for kind in (*Certs.SERVER_KINDS, "mutual")}
    yield ports | kinds | {
        "http": hostile.http(""), "nginx_as_https": nginx.http.replace("http:", "https:"),
        "good_localhost": hostile.https("", "good", "localhost"),
        "nginx": nginx.http, "nginx_tls": nginx.https, "nginx_mutual": nginx.mutual,
        "nginx_userinfo": nginx.http.replace("//", f"//{nginx.USER}:{nginx.PASSWORD}@"),
        "full": full.port, "certs": certs.directory}
    full.stop()


@pytest.fixture(scope="module")
def checked(places, module_vigia, nginx):
    """One check of every case at once: (Finished, monitor objects by name)."""
    (module_vigia.directory / "clave").write_text(nginx.PASSWORD + "\n")
    (module_vigia.directory / "ficha").write_text("ficha-del-fichero\n")
    websites = filled(UP, places) | {name: filled(site, places) for name, (site, _) in DOWN.items()}
    return module_vigia.check(settings() | {"websites": websites},
                              env={"VIGIA_PRUEBA": nginx.PASSWORD}, timeout=60)


@pytest.mark.parametrize("name", UP)
def test_it_is_up(checked, name):
    monitor = checked[1][name]
    assert (monitor["state"], monitor.get("reason")) == ("up", None)


@pytest.mark.parametrize("name", DOWN)
def test_it_is_down_and_the_reason_names_the_phase(checked, name):
    monitor = checked[1][name]
    assert monitor["state"] == "down", monitor
    reason = monitor["reason"]
    assert re.search(DOWN[name][1], reason["text"], re.I), reason
    assert reason["phase"].replace("_", " ") in reason["text"].lower() and reason["code"]
    assert "\n" not in reason["text"] and len(reason["text"]) < 300


def test_neither_endless_nor_packed_answers_take_memory_or_time(checked):
    assert checked[0].max_rss_kib < MEMORY_LIMIT_KIB and checked[0].elapsed < 30


def test_no_redirect_left_the_web(checked):
    for name in ("redirect to file", "redirect to ftp", "redirect to smtp"):
        assert "root:" not in json.dumps(checked[1][name])


@pytest.mark.parametrize("name", ["hangs in connect", "silent in TLS", "no answer", "drips body"])
def test_a_hanging_probe_ends_at_its_own_deadline(checked, name):
    assert 0.9 <= checked[1][name]["timings"]["total"] < 5, checked[1][name]["timings"]


@pytest.fixture(scope="module")
def echoes(module_vigia, hostile):
    """What the target saw of each of these sites: requests by the site's name."""
    pairs = {"X-Prueba": "uno, dos", "User-Agent": "otro/2.0", "Host": "virtual.example",
             "Accept-Encoding": "br"}
    websites = {
        "default": {}, "headers": {"headers": pairs},
        "post": {"method": "POST", "body": '{"ñ": "🐦"}', "headers": {
            "Content-Type": "application/json"}},
        "put": {"method": "PUT", "body": "x"}, "delete": {"method": "DELETE"},
        "options": {"method": "OPTIONS"},
        "basic": {"auth": {"basic": {"user": "ana", "password": "ñ:b"}}},
        "bearer": {"auth": {"bearer": "ficha"}}}
    websites = {name: {"url": hostile.http(f"/echo/200/{name}")} | site
                for name, site in websites.items()}
    (module_vigia.directory / ".netrc").write_text("default login intruso password intruso\n")
    finished, monitors = module_vigia.check(settings() | {"websites": websites})
    assert finished.code == 0, str(finished)
    return {name: hostile.requests(f"/echo/200/{name}")[-1] for name in websites}


def test_a_plain_probe_sends_the_headers_of_the_specification_and_no_others(echoes, hostile):
    request = echoes["default"]
    assert request.method == "GET" and request.body == ""
    assert {name: value for name, value in request.headers if name != "Connection"} == {
        "Host": f"127.0.0.1:{hostile.http_port}", "User-Agent": "ServiceMonitor/1.0",
        "Accept": ACCEPT}


def test_configured_headers_are_added_or_replace_the_default_ones(echoes):
    headers = echoes["headers"].headers
    for name, value in [("X-Prueba", "uno, dos"), ("User-Agent", "otro/2.0"),
                        ("Host", "virtual.example"), ("Accept-Encoding", "br"), ("Accept", ACCEPT)]:
        assert [v for n, v in headers if n.lower() == name.lower()] == [value]


def test_method_and_body_arrive(echoes):
    assert echoes["post"].method == "POST" and json.loads(echoes["post"].body) == {"ñ": "🐦"}
    assert [value for name, value in echoes["post"].headers if name.lower() == "content-type"] == [
        "application/json"]
    assert (echoes["put"].method, echoes["put"].body) == ("PUT", "x")
    assert echoes["delete"].method == "DELETE" and echoes["options"].method == "OPTIONS"


def test_credentials_arrive(echoes):
    assert ("Authorization", "Bearer ficha") in echoes["bearer"].headers
    assert ("Authorization", "Basic YW5hOsOxOmI=") in echoes["basic"].headers


@pytest.mark.parametrize("credentials", [
    {"auth": {"basic": ANA}}, {"auth": {"bearer": "ficha"}}, {"headers": {"Authorization": "x y"}}],
    ids=["basic", "bearer", "header"])
def test_credentials_do_not_follow_a_redirect_to_another_host(vigia, hostile, credentials):
    elsewhere = hostile.http("/echo/200/elsewhere", "localhost")
    target = urllib.parse.quote(elsewhere, safe="")
    finished, _ = vigia.check(settings() | {"websites": {"Web": {
        "url": hostile.http(f"/redirect/to/{target}")} | credentials}})
    assert finished.code == 0, str(finished)
    first = hostile.requests(f"/redirect/to/{target}")[-1]
    seen = hostile.requests("/echo/200/elsewhere")[-1]
    assert "Authorization" in dict(first.headers) and "Authorization" not in dict(seen.headers)


@pytest.fixture
def proxy():
    with ForwardProxy() as server:
        yield server


def test_a_proxy_is_used_only_where_a_monitor_says_so(vigia, hostile, proxy, certs):
    with ForwardProxy(("ana", "clave")) as private:
        refused = f"http://127.0.0.1:{hostile.refused}"
        sites = {"direct": {"url": hostile.http("/ok/direct")},
                 "proxied": {"url": hostile.http("/ok/proxied"), "proxy": proxy.url()},
                 "tunnel": {"url": hostile.https("/ok"), "proxy": proxy.url(),
                            "tls": {"ca_file": str(certs.ca_file)}},
                 "password": {"url": hostile.http("/ok/pw"), "proxy": private.url("ana:clave@")},
                 "no password": {"url": hostile.http("/ok"), "proxy": private.url()},
                 "no proxy there": {"url": hostile.http("/ok"), "proxy": refused},
                 "environment": {"url": hostile.http("/ok/env"), "proxy": "env"}}
        _, monitors = vigia.check(settings() | {"websites": sites}, env={
            "http_proxy": proxy.url(), "https_proxy": proxy.url(), "HTTPS_PROXY": proxy.url(),
            "all_proxy": proxy.url(), "no_proxy": None})
        states = {name: monitor["state"] for name, monitor in monitors.items()}
        assert states == {"direct": "up", "proxied": "up", "tunnel": "up", "password": "up",
                          "no password": "down", "no proxy there": "down", "environment": "up"}
        assert "407" in monitors["no password"]["reason"]["text"]
        assert sorted(proxy.targets) == sorted([
            hostile.http("/ok/proxied"), hostile.http("/ok/env"),
            hostile.https("").removeprefix("https://")])
        assert private.targets == [hostile.http("/ok/pw")]


def test_a_check_stops_at_the_first_good_probe_and_gives_up_after_the_last(vigia, sites):
    good, bad = sites(2)
    bad.down()
    vigia.check(settings(retry_attempts=4) | {"websites": {"Bien": good.url, "Mal": bad.url}})
    assert (len(good.hits), len(bad.hits)) == (1, 4)


def test_attempts_are_retry_delay_apart(vigia, site):
    site.down()
    vigia.check(settings(retry_attempts=3, retry_delay=0.4) | {"websites": {"Mal": site.url}})
    gaps = [late - early for early, late in zip(site.hits, site.hits[1:])]
    assert len(gaps) == 2 and all(0.35 <= gap < 2 for gap in gaps), gaps


def test_reasons_are_spanish_where_the_language_is(vigia, hostile):
    config = settings() | {"language": "es", "websites": {
        "Refused": f"http://127.0.0.1:{hostile.refused}/", "Silent": hanging(
            f"http://127.0.0.1:{hostile.silent}/")}}
    _, monitors = vigia.check(config)
    for monitor in monitors.values():
        assert not re.search(r"refused|timed? ?out|first byte|\bthe\b", monitor["reason"]["text"],
                             re.I)
