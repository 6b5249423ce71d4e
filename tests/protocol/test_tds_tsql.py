"""FreeTDS' tsql against tds_server.py."""

import pytest
from freetds import configuration
from running import ENDING_KINDS, PASSWORD, run

PHASES = ("connect", "prelogin", "tls", "login", "query", "rows")


def tsql(server, directory, *batches, user="vigia", password=PASSWORD, database="tienda", **conf):
    """(exit status, output, errors) of a session with these batches."""
    text = "".join(f"{batch}\ngo\n" for batch in batches) + "exit\n"
    return run(["tsql", "-H", "127.0.0.1", "-p", str(server.port), "-U", user, "-P", password,
                "-D", database, "-o", "fhq"], text, LC_ALL="C.UTF-8",
               **configuration(directory, **conf))


@pytest.mark.parametrize("encryption, everything, login", [
    ("off", False, False), ("request", False, True), ("require", True, True)])
@pytest.mark.parametrize("version", ["7.1", "7.2", "7.3", "7.4"])
def test_logs_in_and_reads_rows(tds, tmp_path, version, encryption, everything, login):
    status, out, _ = tsql(tds, tmp_path, "SELECT 1, NULL, N'texto' AS x, 2.5", "SELECT DB_NAME()",
                          "SELECT 5000000000", version=version, encryption=encryption)
    assert status == 0
    assert out.split() == ["1", "NULL", "texto", "2.500000", "tienda", "5000000000"]
    assert tds.stats()["logins"][-1] == {"user": "vigia", "database": "tienda",
                                         "encrypted": everything, "login_encrypted": login}


def test_checks_the_certificate(tds, tmp_path, certificate):
    trusted = f"    ca file = {certificate[0]}\n    check certificate hostname = no"
    status, out, _ = tsql(tds, tmp_path, "SELECT 1", encryption="require", more=trusted)
    assert (status, out.strip()) == (0, "1")
    other = tmp_path / "other.pem"
    other.write_text("")
    status, _, _ = tsql(tds, tmp_path, encryption="require", more=f"    ca file = {other}")
    assert status != 0


@pytest.mark.parametrize("policy, encryption, good", [
    ("required", "off", True), ("required", "request", True), ("required", "require", True),
    ("off", "off", True), ("off", "request", True), ("off", "require", False)])
def test_tls_policies(tds, tmp_path, policy, encryption, good):
    tds.tell(set={"tls": policy})
    status, _, _ = tsql(tds, tmp_path, encryption=encryption)
    assert (status == 0) == good
    if good:
        assert tds.stats()["logins"][-1]["encrypted"] == (policy == "required")


@pytest.mark.parametrize("change, numbers", [
    ({"password": "otra"}, [18456]), ({"user": "nadie"}, [18456]), ({"password": ""}, [18456]),
    ({"database": "nada"}, [4060, 18456]), ({"database": "secretos"}, [4060, 18456])])
def test_login_errors_have_their_numbers(tds, tmp_path, change, numbers):
    status, _, err = tsql(tds, tmp_path, **change)
    assert status != 0
    assert [number for number in (4060, 18456, 17809) if f"Msg {number} " in err] == numbers


def test_too_many_connections(tds, tmp_path):
    tds.tell(set={"max_connections": 0})
    assert "Msg 17809 (severity 20" in tsql(tds, tmp_path)[2]


@pytest.mark.parametrize("sql, number, severity", [
    ("SELECT 1/0", 8134, 16), ("SELECT * FROM pedidos", 208, 16),
    ("SELECT * FROM secretos", 229, 14), ("SELEC 1", 102, 15), ("USE nada", 911, 16)])
def test_statement_errors_have_number_and_severity(tds, tmp_path, sql, number, severity):
    _, out, err = tsql(tds, tmp_path, sql, "SELECT 7")
    assert f"Msg {number} (severity {severity}," in err
    assert out.split() == ["7"]


def test_several_statements_and_transactions_in_a_batch(tds, tmp_path):
    batch = "SET NOCOUNT ON; BEGIN TRAN; SELECT 1; SELECT @@TRANCOUNT; ROLLBACK; SELECT 3"
    assert tsql(tds, tmp_path, batch)[1].split() == ["1", "1", "3"]


@pytest.mark.parametrize("kind", ENDING_KINDS)
@pytest.mark.parametrize("phase", PHASES)
def test_faults_end_the_attempt(tds, tmp_path, phase, kind):
    tds.fault(phase, kind)
    before = tds.stats()["faults"]
    _, _, err = tsql(tds, tmp_path, "SELECT 1", encryption="require")
    # tsql ends without a word at an RST after its login
    assert ("Error 200" in err) == ((phase, kind) not in (("query", "reset"), ("rows", "reset")))
    assert tds.stats()["faults"] > before
    tds.behave()
    assert tsql(tds, tmp_path, "SELECT 1", encryption="require")[1] == "1\n"


@pytest.mark.parametrize("phase", PHASES)
def test_silence_ends_the_attempt(tds, tmp_path, phase):
    tds.fault(phase, "hang")
    _, _, err = tsql(tds, tmp_path, "SELECT 1", encryption="require", seconds=1)
    assert "Error 200" in err
