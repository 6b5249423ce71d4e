"""A canary in every field that holds a secret: it must come out nowhere."""

import base64
import json
import os
import pathlib
import re
import resource
import signal
import tempfile
import urllib.parse

import pytest

from support.configs import fast
from support.databases import Postgres, SqlServer
from support.loop import wait_until
from support.proxy import ForwardProxy
from support.smtp import ScriptedSmtp

CANARY = "canario"
SECRETS = {name: f"{CANARY}-{name}-Zk9" for name in (
    "mail", "basic", "bearer", "userinfo", "header", "cookie", "proxy", "file", "token", "env",
    "key", "form", "wrong", "database", "odbc", "proxyfile", "mailfile", "databasefile")}

FILES = {"clave": "file", "ficha": "token", "llave": "key", "formulario": "form",
         "apoderado": "proxyfile", "correo": "mailfile", "base": "databasefile"}


def traces(text):
    """The secrets of which the text holds a trace: plain, percent-encoded or base64."""
    text = text if isinstance(text, str) else text.decode("utf-8", "replace")
    found = [name for name, secret in SECRETS.items()
             if secret in text or urllib.parse.quote(secret) in text]
    for word in re.findall(r"[A-Za-z0-9+/]{12,}={0,2}", text):
        try:
            decoded = base64.b64decode(word + "=" * (-len(word) % 4)).decode("utf-8", "replace")
        except ValueError:
            continue
        found += [name for name, secret in SECRETS.items() if secret in decoded]
    return sorted(set(found))


def websites(hostile, proxy, how):
    """A site for every way to hold a secret, each answered by the behaviour `how`."""
    def site(name):
        return hostile.http(f"{how}/{name}")
    return {
        "Básica": {"url": site("a"), "auth": {"basic": {"user": "ana",
                                                       "password": SECRETS["basic"]}}},
        "Ficha": {"url": site("b"), "auth": {"bearer": SECRETS["bearer"]}},
        "Dirección": site("c").replace("//", f"//ana:{SECRETS['userinfo']}@"),
        "Cabecera": {"url": site("d"), "headers": {
            "Authorization": f"Token {SECRETS['header']}", "Cookie": f"s={SECRETS['cookie']}"}},
        "Proxy": {"url": site("e"), "proxy": proxy.url(f"ana:{SECRETS['proxy']}@")},
        "Fichero": {"url": site("f"), "auth": {"basic": {"user": "ana", "password_file": "clave"}}},
        "Ficha de fichero": {"url": site("g"), "auth": {"bearer_file": "ficha"}},
        "Entorno": {"url": site("h"), "auth": {"bearer": "${VIGIA_CANARIO}"}},
        "Cabecera de fichero": {"url": site("i"), "headers_file": {"X-Api-Key": "llave"}},
        "Cuerpo de fichero": {"url": site("j"), "method": "POST", "body_file": "formulario"},
        "Proxy de fichero": {"url": site("k"), "proxy_file": "apoderado"}}


def left_behind(vigia):
    """The names of the files, beside those that we wrote, that hold a trace."""
    left = [path for path in vigia.directory.iterdir()
            if path.is_file() and path.name not in ("config.json", *FILES)]
    return [path.name for path in left if traces(path.read_bytes())]


@pytest.fixture
def proxy():
    with ForwardProxy(("ana", SECRETS["proxy"])) as server:
        yield server


@pytest.fixture
def mail_server(certs):
    with ScriptedSmtp(certs, "starttls", auth=("vigia", SECRETS["mail"])) as server:
        yield server


@pytest.fixture
def environment(vigia):
    for name, secret in FILES.items():
        (vigia.directory / name).write_text(SECRETS[secret] + "\n")
    (vigia.directory / "apoderado").write_text("http://ana:%s@127.0.0.1:9\n" % SECRETS["proxyfile"])
    return {"VIGIA_CANARIO": SECRETS["env"]}


def proc(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read()


# echo: the target sends back all it was sent; a leak by way of its answer is a leak
@pytest.mark.parametrize("how", ["/status/503", "/reset", "/echo/503", "/redirect/loop"])
def test_no_secret_comes_out_of_a_run(vigia, hostile, proxy, mail_server, certs, environment, how):
    email = mail_server.email(smtp_ca_file=str(certs.ca_file))
    sites = websites(hostile, proxy, how)
    config = fast(sites, email, logging_settings={"log_file": "vigia.log", "level": "DEBUG"})
    running = vigia.start(config=config, env=environment)
    messages = mail_server.wait_messages(len(sites), 20)
    command_line = proc(running.pid, "cmdline") + proc(running.pid, "comm")
    running.stop()
    assert traces(running.transcript()) == []
    assert traces((vigia.directory / "vigia.log").read_bytes()) == []
    assert traces(command_line) == []
    for message in messages:
        assert traces(message.raw) == traces(message.text) == traces(message.html) == []
        assert traces(message.subject) == []
    assert left_behind(vigia) == []


def test_the_secrets_were_used(vigia, hostile, proxy, environment):
    """Otherwise the other tests prove nothing."""
    vigia.check(fast(websites(hostile, proxy, "/echo/200/used")), env=environment)
    seen = "".join(str(hostile.requests(f"/echo/200/used/{name}")[-1]) for name in "abcdefghij")
    assert set(traces(seen)) == {
        "basic", "bearer", "userinfo", "header", "cookie", "file", "token", "env", "key", "form"}
    assert proxy.targets, "the proxy let the request with its password through"


@pytest.mark.parametrize("how", ["/ok", "/echo/503", "/silence"])
def test_no_secret_comes_out_of_check(vigia, hostile, proxy, environment, how):
    config = fast(websites(hostile, proxy, how), timeout=0.5)
    finished, monitors = vigia.check(config, env=environment)
    assert len(monitors) == 11 and traces(finished.out + finished.err) == []
    table = vigia.command("check", env=environment)
    assert traces(table.out + table.err) == []


@pytest.mark.parametrize("password", [SECRETS["mail"], SECRETS["wrong"]], ids=["right", "wrong"])
def test_no_secret_comes_out_of_notify_test(vigia, mail_server, certs, password):
    """The server even repeats the password in its refusal."""
    if password == SECRETS["wrong"]:
        mail_server.fault("auth", f"535 5.7.8 {password} is wrong")
    vigia.write(fast({"Web": "http://127.0.0.1:9/"}, mail_server.email(
        smtp_ca_file=str(certs.ca_file), sender_password=password)))
    finished = vigia.command("notify-test")
    assert finished.code == (0 if password == SECRETS["mail"] else 1), str(finished)
    assert traces(finished.out + finished.err) == []


@pytest.fixture(scope="module")
def postgres():
    with tempfile.TemporaryDirectory(prefix="vigia-db-") as directory:
        server = Postgres(pathlib.Path(directory), SECRETS["database"]).start()
        yield server
        server.close()


@pytest.fixture(scope="module")
def sql_server(certs):
    server = SqlServer(certs, SECRETS["odbc"])
    yield server
    server.stop()


def databases(postgres, sql_server):
    """Good and wrong passwords, and a server that repeats its password in value and error."""
    told = f"SELECT '{SECRETS['database']}'"
    from_file = {"password_file": "base"}
    wrong = {"password": SECRETS["wrong"]}
    entries = {"Buena": postgres.monitor(), "Mala": postgres.monitor(**wrong),
               "Fichero": postgres.monitor(**from_file),
               "Valor": postgres.monitor(query=told),
               "Eco": postgres.monitor(query=told + "::integer"),
               "Mala por ODBC": sql_server.monitor(**wrong),
               "Buena por ODBC": sql_server.monitor(),
               "Fichero por ODBC": sql_server.monitor(**from_file)}
    for entry in entries.values():
        if "password_file" in entry:
            del entry["password"]
    return {"databases": entries}


def test_no_secret_comes_out_of_a_check_of_databases(vigia, postgres, sql_server, environment):
    finished, monitors = vigia.check(databases(postgres, sql_server), env=environment)
    assert {name for name, monitor in monitors.items() if monitor["outcome"] == "up"} == {
        "Buena", "Valor", "Buena por ODBC"}, "the right passwords were used"
    table = vigia.command("check", env=environment)
    assert traces(finished.out + finished.err + table.out + table.err) == []
    assert traces(json.dumps(monitors, ensure_ascii=False)) == []


def test_no_secret_comes_out_of_a_run_of_databases(vigia, postgres, sql_server, certs, environment):
    with ScriptedSmtp(certs, "starttls", auth=("vigia", SECRETS["mailfile"])) as server:
        email = server.email(smtp_ca_file=str(certs.ca_file), sender_password_file="correo")
        del email["sender_password"]
        config = fast({}, email, logging_settings={"log_file": "vigia.log", "level": "DEBUG"})
        running = vigia.start(config=config | databases(postgres, sql_server), env=environment)
        messages = server.wait_messages(5, 20)
        command_line = proc(running.pid, "cmdline")
        running.stop()
    for message in messages:
        assert traces(message.raw) == traces(message.text) == traces(message.html) == []
    assert traces(running.transcript()) == traces(command_line) == left_behind(vigia) == []


ERRORS = {
    "wrong type": {"url": "http://h/", "auth": {"bearer": [SECRETS["bearer"]]}},
    "misspelt": {"url": "http://h/", "auth": {"basic": {"user": "a", "pasword": SECRETS["basic"]}}},
    "bad address": f"htp://ana:{SECRETS['userinfo']}@h/",
    "bad port": f"http://ana:{SECRETS['userinfo']}@h:99999999/",
    "bad proxy": {"url": "http://h/", "proxy": f"gopher://a:{SECRETS['proxy']}@h"},
    "bad header": {"url": "http://h/",
                   "headers": {"Authorization": SECRETS["header"] + "\r\nX: y"}},
    "bad method": {"url": f"http://ana:{SECRETS['userinfo']}@h/", "method": 5},
    "unset variable": {"url": "http://h/", "auth": {"bearer": SECRETS["bearer"] + "${NO_ESTA}"}},
    "both": {"url": "http://h/", "auth": {"bearer": SECRETS["bearer"], "basic": {
        "user": "a", "password": SECRETS["basic"]}}},
}


@pytest.mark.parametrize("site", ERRORS.values(), ids=ERRORS.keys())
def test_no_secret_comes_out_of_a_configuration_error(vigia, site):
    vigia.write(fast({"Web": site}, {"sender_password": SECRETS["mail"], "smtp_server": 5}))
    for command in (("validate",), ("run",), ("check", "--json")):
        finished = vigia.command(*command)
        assert finished.code == 2 and "config.json:" in finished.err, str(finished)
        assert traces(finished.out + finished.err) == []


def test_no_secret_comes_out_of_a_syntax_error(vigia):
    vigia.write('{"email": {"sender_password": "' + SECRETS["mail"] + '" "smtp_server": "x"}}')
    finished = vigia.command("validate")
    assert finished.code == 2 and traces(finished.out + finished.err) == []


def test_a_crash_leaves_no_core_with_secrets(vigia, site):
    def allow_cores():
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    vigia.write(fast({"Web": {"url": site.url, "auth": {"bearer": SECRETS["bearer"]}}}))
    process = vigia.open(("run",), preexec_fn=allow_cores)
    wait_until(lambda: site.hits)
    os.kill(process.pid, signal.SIGSEGV)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = status
    assert os.WIFSIGNALED(status) and not os.WCOREDUMP(status)
    assert not list(vigia.directory.glob("core*"))
