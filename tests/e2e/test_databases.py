"""Databases end to end: the specification's file, outages of real servers, what `check` says."""

import json
import pathlib
import tempfile

import pytest

from support.configs import fast
from support.databases import PASSWORD, MariaDb, Postgres, SqlServer
from support.loop import wait_until
from test_spec_config import SPECIFIED

DATABASES = """{
        "Database1": {
            "type": "mysql",
            "host": "localhost",
            "port": 3306,
            "database": "nombre_db",
            "user": "usuario",
            "password": "contraseña"
        },
        "Database2": {
            "type": "postgresql",
            "host": "localhost",
            "port": 5432,
            "database": "nombre_db",
            "user": "usuario",
            "password": "contraseña"
        }
    }"""


def serving(kind):
    """A server of this kind. Not below pytest's own directory: every pytest that starts closes that
    to the user that the server runs as."""
    with tempfile.TemporaryDirectory(prefix="vigia-db-") as directory:
        server = kind(pathlib.Path(directory)).start()
        yield server
        server.close()


@pytest.fixture(scope="module")
def postgres():
    yield from serving(Postgres)


@pytest.fixture(scope="module")
def mariadb():
    yield from serving(MariaDb)


@pytest.fixture(params=["postgres", "mariadb"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def sql_server(certs):
    server = SqlServer(certs)
    yield server
    server.stop()


def databases(**monitors):
    return fast({}) | {"databases": monitors}


def test_the_specifications_databases_are_checked(vigia, sites, postgres, mariadb):
    one, two = sites(2)
    text = (SPECIFIED.replace('"databases": {}', f'"databases": {DATABASES}')
            .replace("https://www.direccionwebuno.com", one.url)
            .replace("https://www.direccionwebdos.com", two.url)
            .replace("3306", str(mariadb.port)).replace("5432", str(postgres.port))
            .replace('"contraseña"', json.dumps(PASSWORD)))
    vigia.write(text)
    assert vigia.command("validate").code == 0
    checked = vigia.command("check")
    assert checked.code == 0, str(checked)
    for text in ("Database1", "MariaDB", "Database2", "PostgreSQL 15"):
        assert text in checked.out
    assert PASSWORD not in checked.out + checked.err


def test_stopping_and_starting_a_server_is_told_by_mail(vigia, server, smtp):
    config = databases(**{"La base": server.monitor()}) | {"email": smtp.email()}
    running = vigia.start(config=config)
    running.wait_logged("Verificando base de datos: La base", "INFO")
    server.stop()
    try:
        down = running.wait_logged("Base de datos caída: La base", "ERROR")
        smtp.wait_messages(1)
    finally:
        server.start()
    running.wait_logged("Base de datos recuperada: La base", "INFO", after=down.index)
    smtp.wait_messages(2)
    running.stop()
    alert, recovery = smtp.messages
    assert alert.subject == "🔴 ALERTA: Servicio caído - La base"
    assert recovery.subject == "🟢 RECUPERADO: Servicio La base"
    assert "Base de Datos" in alert.text and "conexión rechazada" in alert.text
    assert PASSWORD not in running.transcript() + alert.text + recovery.text


def test_what_is_wrong_is_told_apart(vigia, server):
    monitors = {
        "good": server.monitor(),
        "password": server.monitor(password="otra"),
        "user": server.monitor(user="nadie"),
        "database": server.monitor(database="no hay"),
        "query": server.monitor(query="SELECT nothing FROM nowhere"),
        "value": server.monitor(query="SELECT 41", expect={"value": {">": 41}}),
        "rows": server.monitor(query="SELECT 1 WHERE 1 = 0" if server.TYPE == "postgresql"
                               else "SELECT 1 FROM dual WHERE 1 = 0", expect={"rows": {"min": 1}}),
        # how such texts end is the server's to say, and so is where a statement does
        "two": server.monitor(query="SELECT $$a$$; SELECT 2" if server.TYPE == "postgresql"
                              else "SELECT 'a\\\\b'; SELECT 2"),
        "tls": server.monitor(tls={"mode": "require"}),
        "name": server.monitor(host="no-such-name.invalid"),
        "port": server.monitor(port=1),
    }
    _, seen = vigia.check(databases(**monitors))
    codes = {name: (monitor["reason"] or {}).get("code") for name, monitor in seen.items()}
    assert codes.pop("user") in ("login_failed",)
    assert codes.pop("database") in ("no_such_database", "permission_denied")
    assert codes.pop("two") in ("query_not_reading", "query_failed")
    assert codes == {"good": None, "password": "login_failed", "query": "query_failed",
                     "value": "unexpected_value", "rows": "unexpected_rows",
                     "tls": "tls_not_offered",
                     "name": "name_not_found", "port": "connection_refused"}
    good = seen["good"]
    assert good["state"] == "up" and good["database"]["value"] == "1"
    assert good["timings"]["login"] > 0 and good["timings"]["total"] < 2
    assert PASSWORD not in json.dumps(seen)


@pytest.mark.parametrize("kind, query", [
    ("postgresql", "SELECT 1; SELECT 2"), ("mariadb", "SELECT 1; DROP TABLE t"),
    ("mysql", "SELECT 2*/*'*/3 INTO OUTFILE '/tmp/x'"), ("odbc", "SELECT ARRAY[ARRAY[1]]; COMMIT"),
    ("sqlserver", "SELECT 1 {call xp_cmdshell 'dir'}"), ("sqlserver", "SELECT 1 DROP TABLE t")])
def test_a_query_that_does_more_than_read_is_refused_at_load(vigia, kind, query):
    driver = {"driver": "PostgreSQL Unicode"} if kind == "odbc" else {}
    vigia.write(databases(base={"type": kind, "host": "h", "query": query} | driver))
    finished = vigia.command("validate")
    assert finished.code == 2 and "/databases/base/query: " in finished.err, str(finished)


def test_a_query_that_sleeps_past_the_deadline_is_gone_from_the_server(vigia, postgres):
    config = databases(slow=postgres.monitor(query="SELECT pg_sleep(30)", timeout=0.5))
    _, seen = vigia.check(config)
    assert seen["slow"]["reason"]["code"] == "timeout"
    assert seen["slow"]["reason"]["phase"] == "query"
    wait_until(lambda: "pg_sleep" not in postgres.statements(), 1, "the statement's end")


def test_credentials_with_everything_in_them(vigia, postgres, mariadb):
    _, seen = vigia.check(databases(pg=postgres.monitor(), my=mariadb.monitor()))
    assert [seen[name]["state"] for name in ("pg", "my")] == ["up", "up"]


@pytest.mark.parametrize("broken, pointer, words", [
    ({"query": "SELECT 1DROP TABLE x"}, "/query", "[brackets]"),
    ({"type": "odbc", "driver": "FreeTDS", "query": "SELECT 1 DELETE FROM x COMMIT"}, "/query",
     "[brackets]"),
    ({"password": "a};b"}, "/password", "connection string"),
    ({"tls": {"mode": "verify-full", "server_name": "other.example"}}, "/tls/server_name",
     "FreeTDS verifies"),
    ({"type": "odbc", "driver": "Other", "tls": {"mode": "require"}}, "/tls/mode", "driver"),
    ({"type": "mariadb", "query": "SELECT 1 INTO OUTFILE '/x'"}, "/query", "INTO OUTFILE"),
])
def test_what_can_never_be_asked_is_an_error_of_the_configuration(vigia, broken, pointer, words):
    good = {"type": "sqlserver", "host": "db.example", "user": "u", "password": "secret-word"}
    vigia.write(databases(base=good | broken) | {"language": "en"})
    for command in ("validate", "check"):
        finished = vigia.command(command)
        assert finished.code == 2, str(finished)
        said = finished.out + finished.err
        assert f"/databases/base{pointer}: " in said and words in said, said
        assert "secret-word" not in said and "a};b" not in said


def test_an_international_name_is_asked_for_by_its_a_labels(
        vigia, dns, sql_server, mariadb, postgres):
    dns.answer("xn--and-6ma2c.test", "127.0.0.1")
    monitors = {server.TYPE: server.monitor(host="ñandú.test") for server in
                (mariadb, postgres, sql_server)}
    (vigia.directory / "odbcinst.ini").write_text("[FreeTDS]\nDriver=libtdsodbc.so\n")
    environment = {"ODBCSYSINI": str(vigia.directory), "VIGIA_RESOLVER": dns.resolver}
    _, seen = vigia.check(databases(**monitors), env=environment)
    assert [monitor["state"] for monitor in seen.values()] == ["up"] * 3, seen
