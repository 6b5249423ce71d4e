"""python-tds, TDS in plain Python, against tds_server.py."""

import pytds
import pytest
from running import KINDS, PASSWORD, until

VERSIONS = {"7.1": pytds.tds_base.TDS71, "7.2": pytds.tds_base.TDS72,
            "7.3": pytds.tds_base.TDS73A, "7.4": pytds.tds_base.TDS74}
PHASES = ("connect", "prelogin", "login", "query", "rows")


def connect(server, **more):
    chosen = {"user": "vigia", "password": PASSWORD, "database": "tienda", "port": server.port,
              "autocommit": True, "login_timeout": 5, "timeout": 5, "validate_host": False} | more
    return pytds.connect("127.0.0.1", **chosen)


def rows(connection, sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("tls", [False, True])
def test_logs_in_and_reads_rows(tds, certificate, version, tls):
    authority = {"cafile": str(certificate[0])} if tls else {}
    with connect(tds, tds_version=VERSIONS[version], **authority) as connection:
        [(one, null, text, number)] = rows(connection, "SELECT 1, NULL, N'añ' AS x, 2.5")
        assert (one, null, text, float(number)) == (1, None, "añ", 2.5)
        assert rows(connection, "SELECT %s, DB_NAME()", "x'y") == [("x'y", "tienda")]
    assert tds.stats()["logins"][-1] == {"user": "vigia", "database": "tienda", "encrypted": tls,
                                         "login_encrypted": tls}


def test_login_only_encryption(tds, certificate):
    with connect(tds, cafile=str(certificate[0]), enc_login_only=True) as connection:
        assert rows(connection, "SELECT 1") == [(1,)]
    assert tds.stats()["logins"][-1]["login_encrypted"]
    assert not tds.stats()["logins"][-1]["encrypted"]


def test_checks_the_certificate_and_that_there_is_one(tds, certificate, tmp_path):
    other = tmp_path / "other.pem"
    other.write_text("")
    with pytest.raises(Exception):
        connect(tds, cafile=str(other))
    tds.tell(set={"tls": "off"})
    with pytest.raises(pytds.Error):
        connect(tds, cafile=str(certificate[0]))
    tds.tell(set={"tls": "required"})
    with pytest.raises(pytds.Error):
        connect(tds)


@pytest.mark.parametrize("change, number", [
    ({"password": "otra"}, 18456), ({"user": "nadie"}, 18456), ({"database": "nada"}, 18456)])
def test_login_errors_have_their_numbers(tds, change, number):
    with pytest.raises(pytds.DatabaseError) as failed:
        connect(tds, login_timeout=1, **change)  # it tries a missing database again until then
    assert failed.value.number == number  # of the last message
    assert ("Cannot open database" in str(failed.value)) == ("database" in change)


@pytest.mark.parametrize("sql, number, severity", [
    ("SELECT 1/0", 8134, 16), ("SELECT * FROM pedidos", 208, 16),
    ("SELECT * FROM secretos", 229, 14)])
def test_statement_errors_have_number_and_severity(tds, sql, number, severity):
    with connect(tds) as connection:
        with pytest.raises(pytds.DatabaseError) as failed:
            rows(connection, sql)
        assert (failed.value.number, failed.value.severity) == (number, severity)
        assert rows(connection, "SELECT 1") == [(1,)]


def test_transactions(tds):
    with connect(tds, autocommit=False) as connection:
        assert rows(connection, "SELECT @@TRANCOUNT") == [(1,)]
        connection.rollback()


def test_a_statement_past_its_time_is_given_up(tds):
    with connect(tds, timeout=1) as connection:
        with pytest.raises(Exception):
            rows(connection, "WAITFOR DELAY '0:10:00'")
    until(lambda: tds.stats()["running"] == [])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", PHASES)
def test_faults_end_the_attempt(tds, phase, kind):
    tds.fault(phase, kind)
    before = tds.stats()["faults"]
    soon = 1 if kind == "hang" else 5
    with pytest.raises(Exception):
        with connect(tds, timeout=soon, login_timeout=soon) as connection:
            rows(connection, "SELECT 1")
    assert tds.stats()["faults"] > before
    tds.behave()
    with connect(tds) as connection:
        assert rows(connection, "SELECT 1") == [(1,)]
