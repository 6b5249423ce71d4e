"""mysql2, a MySQL client of Node.js, against mysql_server.py."""

import pytest
from running import KINDS, PASSWORD

PHASES = ("connect", "greeting", "tls", "login", "query", "rows")
LAX = {"rejectUnauthorized": False}


def settings(server, **more):
    return {"port": server.port, "user": "vigia", "password": PASSWORD, "database": "tienda"} | more


@pytest.mark.parametrize("eof", [True, False])
@pytest.mark.parametrize("ssl", [None, LAX])
def test_logs_in_fully_then_fast_and_reads_rows(mysql, mysql2, ssl, eof):
    mysql.tell(set={"deprecate_eof": eof})
    before = mysql.stats()
    chosen = settings(mysql, **({"ssl": ssl} if ssl else {}))
    for _ in range(2):
        login, first, second = mysql2.talk(
            chosen, "SELECT 1, NULL, 'texto' AS x, 2.5", "SELECT VERSION(), DATABASE()")
        assert login["login"]
        assert first["rows"] == [[1, None, "texto", "2.5"]]
        assert second["rows"] == [["8.0.36-test", "tienda"]]
    after = mysql.stats()
    assert after["full_logins"] - before["full_logins"] == 1
    assert after["fast_logins"] - before["fast_logins"] == 1
    assert after["key_requests"] - before["key_requests"] == (0 if ssl else 1)
    assert after["logins"][-1] == {"user": "vigia", "database": "tienda", "encrypted": bool(ssl),
                                   "login_encrypted": bool(ssl)}


def test_checks_the_certificate(mysql, mysql2, certificate):
    ca = certificate[0].read_text()
    assert mysql2.talk(settings(mysql, ssl={"ca": ca}), "SELECT 1")[1]["rows"] == [[1]]
    assert mysql2.talk(settings(mysql, ssl={}))[0]["error"]["code"] == "HANDSHAKE_SSL_ERROR"


def test_required_tls_and_no_tls_at_all(mysql, mysql2):
    mysql.tell(set={"tls": "required"})
    assert mysql2.talk(settings(mysql))[0]["error"]["number"] == 3159
    assert mysql2.talk(settings(mysql, ssl=LAX))[0]["login"]
    mysql.tell(set={"tls": "off"})
    assert "error" in mysql2.talk(settings(mysql, ssl=LAX))[0]
    assert mysql2.talk(settings(mysql))[0]["login"]


def test_native_password_by_switch(mysql, mysql2):
    old = {"user": "viejo", "password": "Añejo"}
    assert mysql2.talk(settings(mysql, **old), "SELECT 1")[1]["rows"] == [[1]]
    wrong = mysql2.talk(settings(mysql, user="viejo", password="otra"))[0]["error"]
    assert (wrong["number"], wrong["state"]) == (1045, "28000")


@pytest.mark.parametrize("change, number, state", [
    ({"password": "otra"}, 1045, "28000"), ({"user": "nadie"}, 1045, "28000"),
    ({"password": ""}, 1045, "28000"),
    ({"database": "nada"}, 1049, "42000"), ({"database": "secretos"}, 1044, "42000")])
@pytest.mark.parametrize("ssl", [False, True])
def test_login_errors_have_number_and_state(mysql, mysql2, change, number, state, ssl):
    failed = mysql2.talk(settings(mysql, **change, **({"ssl": LAX} if ssl else {})))[0]["error"]
    assert (failed["number"], failed["state"]) == (number, state)


@pytest.mark.parametrize("early_sqlstate", [True, False])
def test_too_many_connections_instead_of_a_greeting(mysql, mysql2, early_sqlstate):
    mysql.tell(set={"max_connections": 0, "early_sqlstate": early_sqlstate})
    assert mysql2.talk(settings(mysql))[0]["error"]["number"] == 1040


@pytest.mark.parametrize("sql, number, state", [
    ("SELECT * FROM pedidos", 1146, "42S02"), ("SELECT * FROM secretos", 1142, "42000"),
    ("SELEC 1", 1064, "42000"), ("SELECT x", 1054, "42S22"), ("SELECT 1; SELECT 2", 1064, "42000"),
    ("USE nada", 1049, "42000"), ("KILL QUERY 999999", 1094, "HY000"),
    ("SET max_statement_time = 5", 1193, "HY000")])
def test_statement_errors_have_number_and_state(mysql, mysql2, sql, number, state):
    _, failed, after = mysql2.talk(settings(mysql), sql, "SELECT 1")
    assert (failed["error"]["number"], failed["error"]["state"]) == (number, state)
    assert after["rows"] == [[1]]


def test_several_statements_if_the_client_asks_for_it(mysql, mysql2):
    _, both = mysql2.talk(settings(mysql, multipleStatements=True), "SELECT 1; SELECT 'b'")
    assert both["rows"] == [[[1]], [["b"]]]


def test_a_read_only_transaction_refuses_changes(mysql, mysql2):
    answers = mysql2.talk(settings(mysql), "START TRANSACTION READ ONLY", "DROP TABLE pedidos",
                          "ROLLBACK", "DROP TABLE pedidos")
    assert answers[2]["error"]["state"] == "25006"
    assert "rows" in answers[4]


def test_a_time_limit_interrupts_a_sleep(mysql, mysql2):
    _, _, slept = mysql2.talk(settings(mysql), "SET SESSION max_execution_time = 50",
                              "SELECT SLEEP(600)")
    assert slept["rows"] == [[1]]


def test_refuses_to_send_a_file(mysql, mysql2):
    before = mysql.stats()["stolen_bytes"]
    _, stolen = mysql2.talk(settings(mysql), "SELECT steal")
    assert "error" in stolen
    assert mysql.stats()["stolen_bytes"] == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", PHASES)
def test_faults_end_the_attempt(mysql, mysql2, phase, kind):
    mysql.fault(phase, kind)
    before = mysql.stats()["faults"]
    soon = 300 if kind == "hang" else 5000  # milliseconds
    logging_in = soon if phase not in ("query", "rows") else 5000
    answers = mysql2.talk(settings(mysql, ssl=LAX, connectTimeout=logging_in),
                          {"query": "SELECT 1", "timeout": soon})
    assert "error" in answers[-1]
    assert mysql.stats()["faults"] > before
    mysql.behave()
    assert mysql2.talk(settings(mysql, ssl=LAX), "SELECT 1")[1] == {"rows": [[1]]}
