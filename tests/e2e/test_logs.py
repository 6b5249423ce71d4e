"""The log: its form, its files, and that no outside text can forge a line."""

import fcntl
import json
import os
import re

import pytest

from support.configs import fast
from support.loop import wait_until
from support.vigia import RECORD


def logging(**settings):
    return {"logging_settings": settings}


def rotated(directory, name="vigia.log"):
    return sorted(path.name for path in directory.iterdir() if path.name.startswith(name))


def test_the_file_holds_what_the_console_shows(vigia, site):
    running = vigia.start(config=fast({"Web": site.url}, **logging(log_file="vigia.log")))
    wait_until(lambda: len(site.hits) >= 3)
    running.stop()
    written = (vigia.directory / "vigia.log").read_text("utf-8")
    assert written.splitlines() == [line.text for line in running.lines]
    assert all(RECORD.fullmatch(line) for line in written.splitlines())
    assert "Configuración cargada:" in written


def test_a_log_file_is_appended_to(vigia, site):
    (vigia.directory / "vigia.log").write_text("lo de ayer\n")
    running = vigia.start(config=fast({"Web": site.url}, **logging(log_file="vigia.log")))
    running.wait_logged("Verificando sitio web: Web")
    running.stop()
    assert (vigia.directory / "vigia.log").read_text().startswith("lo de ayer\n2")


def test_a_line_that_a_full_disk_cut_short_is_ended_first(vigia, site):
    (vigia.directory / "vigia.log").write_text("2024-12-19 10:15:23 - INFO - Verifica")
    running = vigia.start(config=fast({"Web": site.url}, **logging(log_file="vigia.log")))
    running.wait_logged("Verificando sitio web: Web")
    running.stop()
    written = (vigia.directory / "vigia.log").read_text("utf-8").splitlines()
    assert written[1:] == [line.text for line in running.lines]


def test_the_log_file_lies_beside_the_configuration(vigia, site):
    (vigia.directory / "etc").mkdir()
    vigia.write(fast({"Web": site.url}, **logging(log_file="vigia.log")), "etc/config.json")
    running = vigia.start("run", "-c", "etc/config.json")
    running.wait_logged("Verificando sitio web: Web")
    running.stop()
    assert (vigia.directory / "etc" / "vigia.log").exists()


def test_rotation_keeps_that_many_files_of_that_size(vigia, sites):
    names = {f"Web {n}": site.url for n, site in enumerate(sites(8))}
    running = vigia.start(config=fast(names, check_interval=0.1, **logging(
        log_file="vigia.log", max_bytes=2000, backup_count=3)))
    wait_until(lambda: len(running.lines) > 150)
    running.stop()
    assert rotated(vigia.directory) == ["vigia.log", "vigia.log.1", "vigia.log.2", "vigia.log.3"]
    files = [vigia.directory / f"vigia.log{n}" for n in (".3", ".2", ".1", "")]
    assert all(path.stat().st_size <= 2000 for path in files)
    assert all(path.stat().st_size > 1700 for path in files[:3]), "rotated when full, not before"
    kept = "".join(path.read_text() for path in files).splitlines()
    assert kept == [line.text for line in running.lines][-len(kept):], "in order, nothing lost"


@pytest.mark.parametrize("settings", [{"max_bytes": 0}, {"max_bytes": 500, "backup_count": 0}])
def test_zero_means_never_rotate(vigia, sites, settings):
    names = {f"Web {n}": site.url for n, site in enumerate(sites(5))}
    running = vigia.start(config=fast(names, check_interval=0.1, **logging(
        log_file="vigia.log", **settings)))
    wait_until(lambda: len(running.lines) > 40)
    running.stop()
    assert rotated(vigia.directory) == ["vigia.log"]
    assert (vigia.directory / "vigia.log").read_text().splitlines() == [
        line.text for line in running.lines]


@pytest.mark.parametrize("path", ["taco/vigia.log", ".", "lleno"])
def test_an_unwritable_log_file_is_an_error_line_and_monitoring_goes_on(vigia, site, path):
    (vigia.directory / "taco").write_text("un fichero, no una carpeta")
    os.symlink("/dev/full", vigia.directory / "lleno")
    running = vigia.start(config=fast({"Web": site.url}, **logging(log_file=path, max_bytes=0)))
    running.wait_for_line(f" - ERROR - .*{re.escape(path)}")
    site.down()
    running.wait_logged("Sitio web caído: Web", "ERROR")
    running.stop()
    errors = [r for r in running.records if r.level == "ERROR" and path in r.message]
    assert len(errors) <= 3, "said, not repeated with every line"


def test_level_hides_what_is_below_it(vigia, site):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, **logging(
        enable_file_logging=False, level="ERROR")))
    running.wait_logged("Sitio web caído: Web", "ERROR")
    running.stop()
    assert {record.level for record in running.records} == {"ERROR"}


def test_the_json_format_is_one_object_a_line(vigia, site):
    site.down()
    running = vigia.start(config=fast({'Web "ñ"\n🐦': site.url}, **logging(
        log_file="vigia.log", format="json")))
    line = running.wait_for_line("Sitio web ca")
    running.stop()
    record = json.loads(line.text)
    assert "ERROR" in record.values() and any(
        str(value).startswith('Sitio web caído: Web "ñ"') for value in record.values())
    lines = (vigia.directory / "vigia.log").read_text("utf-8").splitlines()
    assert lines == [line.text for line in running.lines]
    assert all(isinstance(json.loads(line), dict) for line in lines)


EVIL = {
    "line": ("Web\n2024-12-19 10:15:23 - INFO - Sitio web recuperado: Web", r"Web\n2024-12-19"),
    "return": ("Web\rtodo bien", r"Web\rtodo bien"),
    "escape": ("Web \x1b[2Jborrado \x07", r"Web \x1b[2Jborrado \x07"),
    "bidirectional": ("Web \u202eodanac", r"Web \u202eodanac"),
    "isolate": ("Web \u2066x\u2069", r"Web \u2066x\u2069"),
    "c1": ("Web \u009b31m\u0085", r"Web \u009b31m\u0085"),
    "line separator": ("Web \u2028 fin", r"Web \u2028 fin"),
}


@pytest.mark.parametrize("name, shown", EVIL.values(), ids=EVIL.keys())
def test_no_name_forges_a_line(vigia, site, name, shown):
    site.down()
    running = vigia.start(config=fast({name: site.url}))
    line = running.wait_for_line("- ERROR - Sitio web caído: Web")
    running.stop()
    assert shown in line.text
    for line in running.lines:
        assert RECORD.fullmatch(line.text), f"not a record: {line.text!r}"
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", line.text)


def test_no_answer_of_a_mail_server_forges_a_line(vigia, site, smtp):
    smtp.fault("rcpt", "550-no\r\n550 \x1b[31mno\x1b[0m \u202e hola")
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    running.wait_for_line("Error enviando correo a ana@example.org: ")
    running.stop()
    for line in running.lines:
        assert RECORD.fullmatch(line.text), f"not a record: {line.text!r}"
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", line.text)


def test_a_console_that_is_closed_stops_nothing(vigia, sites):
    """The reader of standard output goes away; monitoring does not."""
    (site,) = sites(1)
    vigia.write(fast({"Web": site.url}, **logging(log_file="vigia.log")))
    reader, writer = os.pipe()
    process = vigia.open(("run",), preexec_fn=lambda: os.dup2(writer, 1))
    os.close(writer)
    wait_until(lambda: len(site.hits) >= 1)
    os.close(reader)
    try:
        wait_until(lambda: len(site.hits) >= 6)
        site.down()
        wait_until(lambda: "Sitio web caído: Web" in (vigia.directory / "vigia.log").read_text())
        assert process.poll() is None
        process.terminate()
        assert process.wait(5) == 0
    finally:
        process.kill()


def test_a_console_nobody_reads_delays_nothing(vigia, sites):
    """A pipe that is full: the log waits or drops, the checks go on."""
    watched = sites(20)
    vigia.write(fast({f"Web {n}": s.url for n, s in enumerate(watched)}, check_interval=0.1))
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    process = vigia.open(("run",), preexec_fn=lambda: os.dup2(writer, 1))
    os.close(writer)
    try:
        wait_until(lambda: sum(len(s.hits) for s in watched) > 500, 30)  # 30 KB of lines
        process.terminate()
        assert process.wait(5) == 0
    finally:
        process.kill()
        os.close(reader)
