"""The command line: commands, exit statuses, languages, configuration errors and their places."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios

import jsonschema
import pytest

from conftest import ROOT
from support.configs import fast, place, without_comments

NOTHING = "No hay servicios configurados para monitorear."
EXAMPLES = sorted((ROOT / "config").glob("*.example.json"))


def test_help_and_version_are_printed_to_standard_output(vigia):
    usage = vigia.command("--help")
    assert usage.code == 0 and usage.err == ""
    for word in ("run", "check", "validate", "notify-test", "demo", "schema", "--json"):
        assert word in usage.out
    version = vigia.command("--version")
    assert version.code == 0 and re.search(r"vigia.*\d+\.\d+", version.out)


@pytest.mark.parametrize("arguments", [
    ("vigilar",), ("--colour",), ("check", "--yaml"), ("run", "-c"), ("schema", "de-más"),
    ("notify-test", "--channel"), ("run", "a", "b")])
def test_a_usage_error_is_exit_2_on_standard_error(vigia, arguments):
    vigia.write({"websites": {"Uno": "http://127.0.0.1:9/"}})
    finished = vigia.command(*arguments)
    assert finished.code == 2 and finished.err.strip() and finished.out == "", str(finished)


@pytest.mark.parametrize("arguments, code", [("schema", 1), ("--help", 1), ("validate", 1)])
def test_output_that_is_lost_is_no_success(vigia, arguments, code):
    vigia.write(fast({"a": "http://127.0.0.1:1/"}))
    with open("/dev/full", "w") as full:
        finished = subprocess.run([vigia.binary, arguments], cwd=vigia.directory, stdout=full,
                                  stderr=subprocess.PIPE, timeout=20, check=False)
    assert finished.returncode == code


def test_a_pipe_is_read_and_not_waited_for(vigia):
    vigia.write(fast({"a": "http://127.0.0.1:1/"}))
    command = f"{vigia.binary} validate -c <(sleep 0.2; cat config.json)"
    read = subprocess.run(["bash", "-c", command], cwd=vigia.directory, capture_output=True,
                          timeout=20, check=False)
    assert read.returncode == 0, read
    pipe = vigia.directory / "pipe"
    os.mkfifo(pipe)
    for holder in (None, os.O_RDWR):  # nobody at the other end; somebody who says nothing
        held = None if holder is None else os.open(pipe, holder)
        assert vigia.command("validate", "-c", str(pipe), timeout=20).code == 2
        if held is not None:
            os.close(held)



@pytest.mark.parametrize("command, code", [
    ((), 1), (("run",), 1), (("check",), 2), (("validate",), 2), (("notify-test",), 2)])
def test_a_missing_configuration_says_so_and_that_there_is_nothing_to_monitor(vigia, command, code):
    finished = vigia.command(*command)
    assert finished.code == code, str(finished)
    said = finished.out + finished.err
    assert "config.json" in said and NOTHING in said
    assert said.index("config.json") < said.index(NOTHING)


def test_the_file_named_by_c_is_the_one_that_is_missing(vigia):
    finished = vigia.command("validate", "-c", "otra/parte.json")
    assert finished.code == 2 and "otra/parte.json" in finished.err


@pytest.mark.parametrize("path", [".", "/dev/zero", "config.json/x"])
@pytest.mark.parametrize("command", ["validate", "check", "run"])
def test_what_is_no_configuration_file_is_refused(vigia, path, command):
    vigia.write({"websites": {"Uno": "http://127.0.0.1:9/"}})
    finished = vigia.command(command, "-c", path, timeout=10)
    assert finished.code in (1, 2) and path in finished.err, str(finished)


def test_a_secret_file_without_an_end_is_refused(vigia):
    vigia.write({"websites": {"Uno": {"url": "http://h/", "auth": {"bearer_file": "/dev/zero"}}}})
    finished = vigia.command("validate", timeout=10)
    assert finished.code == 2 and "/websites/Uno/auth/bearer_file" in finished.err


@pytest.mark.parametrize("config", [{}, {"websites": {}}, {"websites": {}, "databases": {}}])
@pytest.mark.parametrize("command, code", [("run", 1), ("check", 2), ("validate", 2)])
def test_a_configuration_without_services_is_refused(vigia, config, command, code):
    vigia.write(config)
    finished = vigia.command(command)
    assert finished.code == code and NOTHING in finished.out + finished.err, str(finished)


@pytest.mark.parametrize("environment, spanish", [
    ({"LC_ALL": "es_AR.UTF-8"}, True), ({"LC_ALL": "en_US.UTF-8"}, False),
    ({"LC_ALL": "es_ES.UTF-8", "LANG": "en_US.UTF-8"}, True),
    ({"LC_ALL": None, "LC_MESSAGES": "en_GB.UTF-8", "LANG": "es_ES.UTF-8"}, False),
    ({"LC_ALL": None, "LANG": "en_US.UTF-8"}, False), ({"LC_ALL": "fr_FR.UTF-8"}, True),
    ({"LC_ALL": "", "LANG": "en_US.UTF-8"}, False), ({"LC_ALL": None}, True),
    ({"LC_ALL": "C"}, True)])
def test_the_language_before_a_configuration_follows_the_locale(vigia, environment, spanish):
    finished = vigia.command("validate", env=environment)
    assert (NOTHING in finished.err) == spanish, str(finished)
    usage = vigia.command("--help", env=environment)
    assert bool(re.search(r"\buso\b", usage.out, re.I)) == spanish, str(usage)


def test_the_language_of_the_configuration_wins_over_the_locale(vigia, hostile):
    config = fast({"Uno": hostile.http()}, language="en")
    running = vigia.start(config=config)
    running.wait_for_line("- INFO - .*Uno")
    running.stop()
    assert "Verificando" not in running.transcript()


def test_validate_accepts_comments_trailing_commas_and_a_byte_order_mark(vigia):
    text = '\ufeff// servicios\n{"websites": {"Uno": "http://127.0.0.1/",}, /* fin */ "_nota": 1,}'
    vigia.write(text)
    finished = vigia.command("validate")
    assert finished.code == 0 and finished.err == "", str(finished)


EVERY_ERROR = """{
    // la ñ y el pájaro 🐦 cuentan como un carácter cada uno
    "websites": {
        "Ñandú 🐦": {"url": "http://127.0.0.1/", "timeot": 2},
        "B": 5,
        "B": "http://127.0.0.1/",
        "Sin dirección": {"method": "GET"},
        "a/b~c": {"url": "http://127.0.0.1/", "alert_threshold": "tres"},
        "Variable": "http://127.0.0.1/${VIGIA_NO_ESTA}"
    },
    "monitor_settings": {"check_interval": 0.01, "retry_attempts": 0, "retry_delay": -1},
    "logging_settings": {"level": "RUIDOSO"},
    "email": {"smtp_server": "127.0.0.1", "recipient_emails": []},
    "loging_settings": {}
}
"""
EXPECTED = [  # the text at which the error is, its pointer, what the message must hold
    ('"timeot"', "/websites/Ñandú 🐦/timeot", "timeout"),
    ("5,", "/websites/B", ""),
    ('"B": "', "/websites/B", ""),
    ('{"method"', "/websites/Sin dirección", "url"),
    ('"tres"', "/websites/a~1b~0c/alert_threshold", ""),
    ('"http://127.0.0.1/${', "/websites/Variable", "VIGIA_NO_ESTA"),
    ("0.01", "/monitor_settings/check_interval", ""),
    ("0, ", "/monitor_settings/retry_attempts", ""),
    ("-1", "/monitor_settings/retry_delay", ""),
    ('"RUIDOSO"', "/logging_settings/level", ""),
    ('{"smtp_server"', "/email", "sender_email"),
    ("[]", "/email/recipient_emails", ""),
    ('"loging_settings"', "/loging_settings", "logging_settings")]


@pytest.fixture(scope="module")
def every_error(module_vigia):
    module_vigia.write(EVERY_ERROR, "malo.json")
    finished = module_vigia.command("validate", "-c", "./malo.json")
    assert finished.code == 2, str(finished)
    return finished


@pytest.mark.parametrize("needle, pointer, hint", EXPECTED, ids=[row[1] for row in EXPECTED])
def test_validate_prints_every_error_with_its_place(every_error, needle, pointer, hint):
    start = f"./malo.json:{place(EVERY_ERROR, needle)}: {pointer}: "
    lines = [line for line in every_error.err.splitlines() if line.startswith(start)]
    assert len(lines) == 1 and hint in lines[0][len(start):], f"{start}\n{every_error}"
    assert len(lines[0]) > len(start)


def test_validate_prints_nothing_but_those_errors(every_error):
    placed = [line for line in every_error.err.splitlines() if line.startswith("./malo.json:")]
    assert len(placed) == len(EXPECTED), str(every_error)


@pytest.mark.parametrize("text, line, columns", [
    ('{"websites": {"Uno": "http://127.0.0.1/"', 1, (40, 41)), ('{"websites": tru}', 1, (14, 17)),
    ('{"websites": {}\n  "email": {}}', 2, (3, 3)), ("", 1, (1, 1)), ('{"a": "\x01"}', 1, (7, 8)),
    ("[" * 5000, 1, (1, 5000)), ('{"websites": {"Uno": "http://x/"}} más', 1, (36, 36)),
    ("[1, 2]", 1, (1, 1)), ('{"añ🐦": "\\q"}', 1, (9, 11))],
    ids=["not closed", "bad word", "no comma", "empty", "control character", "too deep", "rest",
         "no object", "bad escape"])
def test_a_syntax_error_has_a_place_and_no_pointer(vigia, text, line, columns):
    vigia.write(text)
    finished = vigia.command("validate")
    assert finished.code == 2, str(finished)
    match = re.search(rf"^config\.json:{line}:(\d+): [^/]", finished.err, re.M)
    assert match and columns[0] <= int(match[1]) <= columns[1], str(finished)


@pytest.mark.parametrize("section, value, pointer", [
    ("email", {"smtp_server": "x", "sender_email": "a@b.c", "recipient_emails": "a@b.c",
               "smtp_use_tls": True, "smtp_use_ssl": True}, "/email"),
    ("email", {"smtp_server": "x", "sender_email": "a@b.c"}, "/email"),
    ("monitor_settings", {"timeout": "10 lustros"}, "/monitor_settings/timeout"),
    ("monitor_settings", {"recovery_threshold": 1.5}, "/monitor_settings/recovery_threshold"),
    ("monitor_settings", [], "/monitor_settings"),
    ("language", "fr", "/language"),
    ("logging_settings", {"format": "xml"}, "/logging_settings/format"),
    ("websites", {"Uno": "ftp://127.0.0.1/"}, "/websites/Uno"),
    ("websites", {"Uno": "no es una dirección"}, "/websites/Uno"),
    ("websites", {"Uno": {"url": "http://h/", "expected_status": "2x"}},
     "/websites/Uno/expected_status"),
    ("websites", {"Uno": {"url": "http://h/", "expected_status": "299-200"}},
     "/websites/Uno/expected_status"),
    ("websites", {"Uno": {"url": "http://h/", "headers": {"A": "b\r\nC: d"}}},
     "/websites/Uno/headers/A"),
    ("websites", {"Uno": {"url": "http://h/", "method": "GET /x HTTP/1.1\r\nA:"}},
     "/websites/Uno/method"),
    ("websites", {"Uno": {"url": "http://h/", "auth": {"bearer_file": "no-existe"}}},
     "/websites/Uno/auth/bearer_file"),
    ("websites", {"Uno": {"url": "http://h/", "id": "con espacio"}}, "/websites/Uno/id"),
    ("websites", {"Uno": {"url": "http://h/", "id": "x"}, "Dos": {"url": "http://h/", "id": "x"}},
     "/websites/Dos/id")])
def test_values_out_of_their_range_are_errors(vigia, section, value, pointer):
    config = {"websites": {"Web": "http://127.0.0.1/"}} | {section: value}
    vigia.write(config)
    for command in ("validate", "run", "check"):
        finished = vigia.command(command)
        assert finished.code == 2, str(finished)
        assert re.search(rf"^config\.json:\d+:\d+: {re.escape(pointer)}(/[a-z_]+)?: .",
                         finished.err, re.M), str(finished)


@pytest.mark.parametrize("key, value", [
    ("timeout", "500ms"), ("check_interval", "5m"), ("check_interval", "1d"), ("retry_delay", "0s"),
    ("alert_repeat_interval", "2h"), ("alert_repeat_interval", 0.5), ("timeout", 0.01),
    ("check_interval", 0.1)])
def test_durations_are_numbers_or_numbers_with_a_unit(vigia, key, value):
    vigia.write({"websites": {"W": "http://127.0.0.1/"}, "monitor_settings": {key: value}})
    assert vigia.command("validate").code == 0


@pytest.mark.parametrize("keys", [
    {"recipient_emails": "ana@example.org"}, {"recipient_email": "ana@example.org"},
    {"recipient_email": "vieja@example.org", "recipient_emails": ["ana@example.org"]}])
def test_the_old_and_short_forms_of_the_recipient_are_accepted(vigia, site, smtp, keys):
    email = smtp.email()
    del email["recipient_emails"]
    vigia.write(fast({"Uno": site.url}, email | keys))
    finished = vigia.command("notify-test")
    assert finished.code == 0, str(finished)
    assert [message.recipients for message in smtp.messages] == [["ana@example.org"]]


def test_a_password_without_encryption_is_a_warning(vigia, smtp, site):
    vigia.write(fast({"Uno": site.url}, smtp.email(sender_password="abierta")))
    finished = vigia.command("validate")
    assert finished.code == 0 and "/email" in finished.err + finished.out, str(finished)
    assert "abierta" not in finished.err + finished.out


def test_check_prints_a_table_and_exits_by_the_worst_state(vigia, hostile):
    up, down = hostile.http("/ok"), hostile.http("/status/503")
    vigia.write(fast({"Web uno": up, "Web dos": down}))
    finished = vigia.command("check")
    assert finished.code == 1 and "\x1b" not in finished.out, str(finished)
    row = next(line for line in finished.out.splitlines() if "Web dos" in line)
    assert "503" in row
    assert vigia.command("check", "Web uno").code == 0


def test_check_json_prints_an_array_of_monitor_objects(vigia, hostile):
    finished, monitors = vigia.check(
        fast({"Web Uno": hostile.http("/ok"), "Web Dos": hostile.http("/status/503")}))
    assert finished.code == 1
    good, bad = monitors["Web Uno"], monitors["Web Dos"]
    assert (good["id"], good["type"], good["state"], good["outcome"]) == (
        "site-web-uno", "http", "up", "up")
    assert (bad["state"], bad["outcome"]) == ("down", "down") and "503" in bad["reason"]["text"]
    assert (bad["reason"]["phase"], bad["reason"]["code"]) == ("status", "unexpected_status")
    assert good["reason"] is None
    assert all(isinstance(value, (int, float)) and 0 <= value < 10
               for value in good["timings"].values()) and good["timings"]


def test_check_finds_monitors_by_name_or_id_only(vigia, hostile):
    vigia.write(fast({"Ñandú Veloz": hostile.http("/ok"), "Otro": hostile.http("/status/500"),
                      "Tercero": {"url": hostile.http("/ok"), "id": "mi.tercero"}}))
    for names in (["Ñandú Veloz", "mi.tercero"], ["site-nandu-veloz", "Tercero"]):
        finished = vigia.command("check", "--json", *names)
        assert finished.code == 0, str(finished)
        ids = sorted(monitor["id"] for monitor in json.loads(finished.out))
        assert ids == ["mi.tercero", "site-nandu-veloz"]
    before = len(hostile.hits("/status/500"))
    assert vigia.command("check", b"\xff\xfe".decode("utf-8", "surrogateescape")).code == 2
    unknown = vigia.command("check", "Nadie", "Otro")
    assert unknown.code == 2 and "Nadie" in unknown.err, str(unknown)
    assert len(hostile.hits("/status/500")) == before


def test_ids_are_slugs_and_equal_ones_are_told_apart(vigia, hostile):
    names = ["¡Café & Té!", "cafe te", "🐦", "x" * 100]
    _, monitors = vigia.check(fast({name: hostile.http("/ok") for name in names}))
    ids = [monitors[name]["id"] for name in names]
    assert ids[0] == "site-cafe-te" and re.fullmatch("site-cafe-te-[0-9a-f]{4}", ids[1])
    assert re.fullmatch("site-[0-9a-f]{8}", ids[2]) and len(set(ids)) == 4
    assert ids[3].startswith("site-xxxx") and len(ids[3]) <= len("site-") + 64


def test_a_disabled_monitor_is_not_probed(vigia, site, hostile):
    _, monitors = vigia.check(fast({"Apagado": {"url": site.url, "enabled": False},
                                    "Otro": hostile.http("/ok")}))
    assert site.hits == [] and monitors["Otro"]["state"] == "up"


def test_the_table_fits_the_terminal_and_is_coloured_there_only(vigia, hostile):
    vigia.write(fast({"Ñandú " * 30: hostile.http("/status/503"), "Web": hostile.http("/ok")}))
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [vigia.binary, "check"], cwd=vigia.directory, start_new_session=True, stdout=terminal,
        stderr=terminal, env=vigia.environment | {"TERM": "xterm-256color"})
    os.close(terminal)
    shown = b""
    while True:
        try:
            shown += os.read(main, 65536)
        except OSError:
            break
    text = shown.decode()
    assert process.wait(10) == 1, text
    assert re.search(r"\x1b\[[0-9;]*m", text), text
    for line in re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)):
        assert len(line) <= 80, f"{len(line)} columns: {line!r}"


@pytest.fixture(scope="module")
def schema(module_vigia):
    finished = module_vigia.command("schema")
    assert finished.code == 0, str(finished)
    return json.loads(finished.out)


def test_the_schema_is_valid_draft_2020_12(schema):
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_schema_printed_is_the_one_beside_the_examples(schema):
    assert EXAMPLES and schema == json.loads((ROOT / "config" / "schema.json").read_text("utf-8"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_passes_the_schema(schema, path):
    example = json.loads(without_comments(path.read_text("utf-8").lstrip("\ufeff")))
    jsonschema.Draft202012Validator(schema).validate(example)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_valid(vigia, path):
    vigia.write(path.read_text("utf-8"))
    finished = vigia.command("validate")
    assert finished.code == 0, str(finished)


@pytest.mark.parametrize("config", [
    {"websites": {"Uno": {"url": "http://h/", "timeot": 1}}}, {"loging_settings": {}},
    {"websites": {"Uno": 5}}, {"websites": {"Uno": {"method": "GET"}}},
    {"monitor_settings": {"retry_attempts": 0}}, {"monitor_settings": {"check_interval": "soon"}},
    {"logging_settings": {"level": "LOUD"}}, {"language": "fr"},
    {"databases": {"Base": {"type": "mysql", "host": "h", "driver": "FreeTDS"}}},
    {"databases": {"Base": {"type": "odbc", "driver": "X", "options": {"DLL": "/tmp/x.so"}}}}])
def test_the_schema_refuses_what_validate_refuses(schema, config, vigia):
    complete = {"websites": {"Web": "http://127.0.0.1/"}} | config
    assert not jsonschema.Draft202012Validator(schema).is_valid(complete)
    vigia.write(complete)
    assert vigia.command("validate").code == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_stops_on_a_signal_with_exit_0(vigia, hostile, number):
    hanging = {f"Colgado {n}": hostile.http("/silence") for n in range(5)}
    running = vigia.start(config=fast(hanging | {"Uno": hostile.http("/ok")}, timeout=30))
    running.wait_logged("Iniciando monitor de servicios", "INFO")
    running.wait_logged("Verificando sitio web: Uno", "INFO")
    running.signal(number)
    assert running.wait(5) == 0


def test_run_is_the_default_command(vigia, hostile):
    vigia.write(fast({"Uno": hostile.http("/ok")}))
    running = vigia.start("-c", "config.json")
    running.wait_logged("Verificando sitio web: Uno", "INFO")
    running.stop()


def test_check_works_beside_a_running_instance(vigia, hostile):
    running = vigia.start(config=fast({"Uno": hostile.http("/ok")}))
    running.wait_logged("Verificando sitio web: Uno", "INFO")
    assert vigia.command("check").code == 0
    running.stop()


def test_notify_test_without_a_channel_is_exit_1(vigia, hostile):
    vigia.write(fast({"Uno": hostile.http("/ok")}))
    finished = vigia.command("notify-test")
    assert finished.code == 1 and (finished.out + finished.err).strip(), str(finished)
