"""FreeTDS' ODBC driver under unixODBC, the way vigia itself uses it, against tds_server.py."""

import os
import time
from pathlib import Path

import pyodbc
import pytest
from freetds import configuration
from running import KINDS, WITHOUT_BRACE, run, until

DRIVER = Path(f"/usr/lib/{os.uname().machine}-linux-gnu/odbc/libtdsodbc.so")
BRACED = ("Driver", "UID", "PWD", "Database")
PHASES = ("connect", "prelogin", "tls", "login", "query", "rows")


@pytest.fixture(autouse=True)
def own_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("FREETDSCONF", configuration(tmp_path)["FREETDSCONF"])


def connect(server, seconds=5, **more):
    """The driver by its file: no odbcinst.ini is needed. Closing braces within braces are
    not doubled as ODBC asks: FreeTDS does not know that."""
    fields = {"Driver": DRIVER, "Server": "127.0.0.1", "Port": server.port, "UID": "odbc",
              "PWD": WITHOUT_BRACE, "Database": "tienda", "TDS_Version": "7.4",
              "Encryption": "request"} | more
    text = ";".join(f"{name}={{{value}}}" if name in BRACED else f"{name}={value}"
                    for name, value in fields.items())
    connection = pyodbc.connect(text, autocommit=True, timeout=seconds)
    connection.timeout = seconds
    return connection


def rows(connection, sql, *parameters):
    return [tuple(row) for row in connection.execute(sql, *parameters).fetchall()]


@pytest.mark.parametrize("encryption, everything, login", [
    ("off", False, False), ("request", False, True), ("require", True, True)])
@pytest.mark.parametrize("version", ["7.1", "7.2", "7.3", "7.4"])
def test_logs_in_and_reads_rows(tds, version, encryption, everything, login):
    connection = connect(tds, TDS_Version=version, Encryption=encryption)
    [(one, null, text, number)] = rows(connection, "SELECT 1, NULL, 'añ' AS x, 2.5")
    assert (one, null, text, float(number)) == (1, None, "añ", 2.5)
    assert rows(connection, "SELECT ?, DB_NAME()", "x'y") == [("x'y", "tienda")]
    assert rows(connection, "SELECT 5000000000") == [(5000000000,)]
    assert "SQL Server" in connection.getinfo(pyodbc.SQL_DBMS_NAME)
    assert connection.getinfo(pyodbc.SQL_DBMS_VER).startswith("16.00")
    connection.close()
    assert tds.stats()["logins"][-1] == {"user": "odbc", "database": "tienda",
                                         "encrypted": everything, "login_encrypted": login}


@pytest.mark.parametrize("change, number", [
    ({"PWD": "otra"}, 18456), ({"UID": "nadie"}, 18456), ({"Database": "nada"}, 18456)])
def test_login_errors_have_their_numbers(tds, change, number):
    with pytest.raises(pyodbc.Error) as failed:
        connect(tds, **change)
    assert f"({number})" in str(failed.value)


def test_a_missing_database_has_a_diagnostic_record_of_its_own(tds):
    """It stands after 18456; pyodbc shows the first record only, isql shows all."""
    text = (f"Driver={DRIVER};Server=127.0.0.1;Port={tds.port};UID=llave;PWD=a}}b;"
            "TDS_Version=7.4;Database=nada")
    _, out, _ = run(["isql", "-v", "-b", "-k", text])
    assert out.index("Login failed") < out.index('Cannot open database "nada"')


@pytest.mark.parametrize("written, good", [("a}b", True), ("{a}}b}", False)])
def test_a_closing_brace_goes_only_into_a_bare_value(tds, written, good):
    text = (f"Driver={{{DRIVER}}};Server=127.0.0.1;Port={tds.port};UID=llave;TDS_Version=7.4;"
            f"PWD={written}")
    if good:
        pyodbc.connect(text).close()
    else:
        with pytest.raises(pyodbc.Error, match="18456"):
            pyodbc.connect(text)


@pytest.mark.parametrize("sql, number", [
    ("SELECT 1/0", 8134), ("SELECT * FROM pedidos", 208), ("SELECT * FROM secretos", 229),
    ("SELEC 1", 102)])
@pytest.mark.parametrize("prepared", [False, True])
def test_statement_errors_have_their_numbers(tds, sql, number, prepared):
    connection = connect(tds)
    with pytest.raises(pyodbc.Error) as failed:
        rows(connection, sql + " WHERE a = ?" if prepared and "FROM" in sql else sql,
             *(["x"] if prepared and "FROM" in sql else []))
    assert f"({number})" in str(failed.value)
    assert rows(connection, "SELECT 1") == [(1,)]
    connection.close()


def test_transactions(tds):
    connection = connect(tds)
    connection.autocommit = False
    assert rows(connection, "SELECT 1") == [(1,)]
    connection.rollback()
    connection.close()


def test_a_statement_past_its_time_is_cancelled(tds):
    before = tds.stats()["attentions"]
    connection = connect(tds, seconds=1)
    with pytest.raises(pyodbc.Error) as failed:
        rows(connection, "WAITFOR DELAY '0:10:00'")
    assert failed.value.args[0] == "HYT00"
    assert tds.stats()["attentions"] == before + 1
    until(lambda: tds.stats()["running"] == [])
    connection.close()


def test_a_huge_result_can_be_left(tds):
    before = tds.stats()["attentions"]
    connection = connect(tds)
    cursor = connection.execute("SELECT huge")
    assert len(cursor.fetchmany(3)) == 3
    cursor.cancel()
    cursor.close()
    assert tds.stats()["attentions"] == before + 1
    assert rows(connection, "SELECT 1") == [(1,)]
    connection.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", PHASES)
def test_faults_end_the_attempt(tds, phase, kind):
    tds.fault(phase, kind)
    before, start = tds.stats()["faults"], time.monotonic()
    with pytest.raises(pyodbc.Error):
        rows(connect(tds, 1 if kind == "hang" else 5, Encryption="require"), "SELECT 1")
    assert time.monotonic() - start < 10
    assert tds.stats()["faults"] > before
    tds.behave()
    connection = connect(tds, Encryption="require")
    assert rows(connection, "SELECT 1") == [(1,)]
    connection.close()
