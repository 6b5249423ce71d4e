"""Debian's mariadb client against mysql_server.py: another implementation of the same protocol."""

import os
import subprocess
import threading

import pytest
from running import ENDING_KINDS, PASSWORD, PATIENCE, run, until

PHASES = ("connect", "greeting", "tls", "login", "query", "rows")
NO_TLS = "--skip-ssl"


def mariadb(server, sql, *options, user="vigia", password=PASSWORD, database="tienda"):
    """(exit status, output, errors) of one batch."""
    return run(["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--protocol=tcp",
                "--host=127.0.0.1", f"--port={server.port}", f"--user={user}",
                "--connect-timeout=5", f"--database={database}", *options, "-e", sql],
               MYSQL_PWD=password)


@pytest.mark.parametrize("tls", ["--ssl", NO_TLS])
def test_logs_in_fully_then_fast_and_reads_rows(mysql, tls):
    before = mysql.stats()
    for _ in range(2):
        status, out, _ = mariadb(mysql, "SELECT 1, NULL, 'texto' AS x, 2.5, DATABASE()", tls)
        assert (status, out) == (0, "1\tNULL\ttexto\t2.5\ttienda\n")
    after = mysql.stats()
    assert after["full_logins"] - before["full_logins"] == 1
    assert after["fast_logins"] - before["fast_logins"] == 1
    assert after["key_requests"] - before["key_requests"] == (0 if tls == "--ssl" else 1)
    assert after["logins"][-1]["encrypted"] == (tls == "--ssl")


def test_flush_privileges_forgets_passwords(mysql):
    assert mariadb(mysql, "FLUSH PRIVILEGES")[0] == 0
    before = mysql.stats()["full_logins"]
    assert mariadb(mysql, "SELECT 1")[0] == 0
    assert mysql.stats()["full_logins"] == before + 1


def test_checks_the_certificate(mysql, certificate):
    verify = ("--ssl-verify-server-cert", f"--ssl-ca={certificate[0]}")
    assert mariadb(mysql, "SELECT 1", *verify)[1] == "1\n"
    assert "ERROR 2026" in mariadb(mysql, "SELECT 1", "--ssl-verify-server-cert")[2]


def test_required_tls(mysql):
    mysql.tell(set={"tls": "required"})
    assert "ERROR 3159 (HY000)" in mariadb(mysql, "SELECT 1", NO_TLS)[2]
    assert mariadb(mysql, "SELECT 1", "--ssl")[0] == 0


@pytest.mark.parametrize("change, error", [
    ({"password": "otra"}, "1045 (28000)"), ({"user": "nadie"}, "1045 (28000)"),
    ({"user": "viejo", "password": "otra"}, "1045 (28000)"),
    ({"database": "nada"}, "1049 (42000)"), ({"database": "secretos"}, "1044 (42000)")])
@pytest.mark.parametrize("tls", ["--ssl", NO_TLS])
def test_login_errors_have_number_and_state(mysql, change, error, tls):
    assert f"ERROR {error}" in mariadb(mysql, "SELECT 1", tls, **change)[2]


def test_native_password_by_switch(mysql):
    assert mariadb(mysql, "SELECT 1", user="viejo", password="Añejo")[1] == "1\n"


@pytest.mark.parametrize("early_sqlstate, tls, error", [
    (True, NO_TLS, "1040 (08004)"), (False, NO_TLS, "1040 (HY000)"),
    (True, "--ssl", "2002 (HY000)")])  # it mistrusts what comes before the TLS it asked for
def test_too_many_connections_instead_of_a_greeting(mysql, early_sqlstate, tls, error):
    mysql.tell(set={"max_connections": 0, "early_sqlstate": early_sqlstate})
    failed = mariadb(mysql, "SELECT 1", tls)[2]
    assert f"ERROR {error}" in failed and "Too many connections" in failed


@pytest.mark.parametrize("sql, error", [
    ("SELECT * FROM pedidos", "1146 (42S02)"), ("SELECT * FROM secretos", "1142 (42000)"),
    ("SELEC 1", "1064 (42000)"), ("USE nada", "1049 (42000)"),
    ("START TRANSACTION READ ONLY; DELETE FROM pedidos", "1792 (25006)")])
def test_statement_errors_have_number_and_state(mysql, sql, error):
    assert f"ERROR {error}" in mariadb(mysql, sql)[2]


@pytest.mark.parametrize("sql, answered", [
    ("SELECT SLEEP(600)", "1\n"), ("SELECT huge", "ERROR 1317 (70100)")])
def test_kill_query_from_another_connection(mysql, sql, answered):
    done = []
    thread = threading.Thread(target=lambda: done.append(mariadb(mysql, sql)))
    thread.start()
    until(lambda: mysql.stats()["running"] == [sql])
    number = mysql.stats()["connections_total"]
    assert mariadb(mysql, f"KILL QUERY {number}")[0] == 0
    thread.join(PATIENCE)
    _, out, err = done[0]
    assert answered in (out or err)
    until(lambda: mysql.stats()["running"] == [])


def test_kill_ends_an_idle_connection(mysql):
    """The client that reads its statements from a pipe is idle between two of them."""
    before = len(mysql.stats()["logins"])
    client = subprocess.Popen(
        ["mariadb", "--no-defaults", "--batch", "--unbuffered", "--protocol=tcp",
         "--host=127.0.0.1", f"--port={mysql.port}", "--user=vigia"], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {
            "MYSQL_PWD": PASSWORD})
    until(lambda: len(mysql.stats()["logins"]) > before)
    number = mysql.stats()["connections_total"]
    assert mariadb(mysql, f"KILL {number}")[0] == 0
    until(lambda: mysql.stats()["connections_now"] == 0)
    client.communicate(timeout=PATIENCE)


def test_refuses_to_send_a_file(mysql):
    before = mysql.stats()["stolen_bytes"]
    assert "ERROR 2000" in mariadb(mysql, "SELECT steal")[2]
    assert mysql.stats()["stolen_bytes"] == before


def test_a_client_that_is_willing_sends_it(mysql, tmp_path):
    wanted = tmp_path / "file"
    wanted.write_text("canario")
    mysql.tell(set={"steal_path": str(wanted)})
    mariadb(mysql, "SELECT steal", "--local-infile=1")
    assert mysql.stats()["stolen_bytes"] == len("canario")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", ENDING_KINDS)
def test_faults_end_the_attempt(mysql, phase, kind):
    mysql.fault(phase, kind)
    before = mysql.stats()["faults"]
    status, _, err = mariadb(mysql, "SELECT 1", "--ssl")
    assert status == 1 and "ERROR" in err
    assert mysql.stats()["faults"] > before
    mysql.behave()
    assert mariadb(mysql, "SELECT 1", "--ssl")[1] == "1\n"


@pytest.mark.parametrize("phase, tls", [("connect", "--ssl"), ("greeting", "--ssl"),
                                        ("tls", "--ssl"), ("login", NO_TLS)])
def test_silence_ends_the_attempt_while_connecting(mysql, phase, tls):
    """This client has no limit for statements, nor for the login once inside TLS."""
    mysql.fault(phase, "hang")
    status, _, err = mariadb(mysql, "SELECT 1", tls, "--connect-timeout=1")
    assert status == 1 and "ERROR" in err
