"""tedious, the SQL Server client of Node.js, against tds_server.py."""

import pytest
from running import KINDS, PASSWORD, until

PHASES = ("connect", "prelogin", "tls", "login", "query", "rows")


def settings(server, **options):
    return {"port": server.port, "user": "vigia", "password": PASSWORD, "database": "tienda",
            "options": options}


@pytest.mark.parametrize("version", ["7_1", "7_2", "7_3_A", "7_3_B", "7_4"])
@pytest.mark.parametrize("encrypt", [False, True])
def test_logs_in_and_reads_rows(tds, tedious, version, encrypt):
    login, first, second = tedious.talk(
        settings(tds, tdsVersion=version, encrypt=encrypt), "SELECT 1, NULL, 'texto' AS x, 2.5",
        {"query": "SELECT DB_NAME(), 5000000000", "batch": True})
    assert login == {"login": True}
    assert first["rows"] == [[1, None, "texto", 2.5]]
    assert second["rows"] == [["tienda", "5000000000"]]
    last = tds.stats()["logins"][-1]
    assert last == {"user": "vigia", "database": "tienda", "encrypted": encrypt,
                    "login_encrypted": encrypt}


def test_checks_the_certificate(tds, tedious, certificate):
    trusting = {"encrypt": True, "trustServerCertificate": False}
    ca = certificate[0].read_text()
    good = tedious.talk(settings(tds, **trusting, cryptoCredentialsDetails={"ca": ca}), "SELECT 1")
    bad = tedious.talk(settings(tds, **trusting))
    assert good[1]["rows"] == [[1]]
    assert "self-signed" in bad[0]["error"]["message"]


def test_required_tls_and_no_tls_at_all(tds, tedious):
    tds.tell(set={"tls": "required"})
    assert "rows" in tedious.talk(settings(tds, encrypt=True), "SELECT 1")[1]
    assert tds.stats()["logins"][-1]["encrypted"]
    tds.tell(set={"tls": "off"})
    assert "rows" in tedious.talk(settings(tds, encrypt=False), "SELECT 1")[1]
    assert not tds.stats()["logins"][-1]["login_encrypted"]


def test_login_errors_have_their_numbers(tds, tedious):
    wrong = settings(tds) | {"password": "otra"}
    assert "Login failed for user 'vigia'" in tedious.talk(wrong)[0]["error"]["message"]
    missing = tedious.talk(settings(tds) | {"database": "nada"})[0]["error"]
    assert "Login failed" in missing["message"] or "Cannot open database" in missing["message"]
    tds.tell(set={"login_error": {"number": 18401, "severity": 14,
                                  "message": "Server is in script upgrade mode."}})
    assert "script upgrade" in tedious.talk(settings(tds))[0]["error"]["message"]


@pytest.mark.parametrize("sql, number, severity", [
    ("SELECT 1/0", 8134, 16), ("SELECT * FROM pedidos", 208, 16),
    ("SELECT * FROM secretos", 229, 14), ("SELEC 1", 102, 15), ("USE nada", 911, 16)])
@pytest.mark.parametrize("batch", [False, True])
def test_statement_errors_have_number_and_severity(tds, tedious, sql, number, severity, batch):
    _, failed, after = tedious.talk(settings(tds), {"query": sql, "batch": batch}, "SELECT 1")
    assert (failed["error"]["number"], failed["error"]["severity"]) == (number, severity)
    assert after["rows"] == [[1]]


def test_parameters_and_canned_answers(tds, tedious):
    tds.tell(set={"answers": {
        "SELECT count(*) FROM pedidos": {"columns": [["n", "int"]], "rows": [[3]]},
        "SELECT lento": {"error": {"number": 1222, "message": "Lock request time out"}}}})
    answers = tedious.talk(settings(tds), {"query": "SELECT @p", "parameters": {"p": "añ"}},
                           "select  COUNT(*) from pedidos;", "SELECT lento")
    assert answers[1]["rows"] == [["añ"]]
    assert answers[2]["rows"] == [[3]]
    assert answers[3]["error"]["number"] == 1222


@pytest.mark.parametrize("encrypt", [False, True])
@pytest.mark.parametrize("sql", ["WAITFOR DELAY '0:10:00'", "SELECT huge"])
def test_a_cancelled_statement_ends_and_the_connection_lives(tds, tedious, encrypt, sql):
    before = tds.stats()["attentions"]
    _, cancelled, after = tedious.talk(
        settings(tds, encrypt=encrypt), {"query": sql, "cancelAfter": 50}, "SELECT 1")
    assert cancelled["error"]["code"] == "ECANCEL"
    assert after["rows"] == [[1]]
    assert tds.stats()["attentions"] == before + 1
    until(lambda: tds.stats()["running"] == [])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", PHASES)
def test_faults_end_the_attempt(tds, tedious, phase, kind):
    soon = 300 if kind == "hang" else 5000  # milliseconds
    logging_in = soon if phase not in ("query", "rows") else 5000
    hasty = settings(tds, encrypt=True, connectTimeout=logging_in, requestTimeout=soon,
                     cancelTimeout=100)
    tds.fault(phase, kind)
    before = tds.stats()["faults"]
    answers = tedious.talk(hasty, {"query": "SELECT 1", "watchdog": 1000})
    assert "error" in answers[-1]
    # tedious stops its request timer at the first bytes of an answer
    assert (answers[-1]["error"].get("code") == "WATCHDOG") == ((phase, kind) == ("rows", "hang"))
    assert len(answers) == (2 if phase in ("query", "rows") else 1)
    assert tds.stats()["faults"] > before or phase == "tls"
    tds.behave()
    assert tedious.talk(settings(tds, encrypt=True), "SELECT 1")[1] == {"rows": [[1]]}
