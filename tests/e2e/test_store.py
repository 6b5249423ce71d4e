"""The store file: where it is, what becomes of a bad one, and of a good one in trouble."""

import hashlib
import signal
import sqlite3

import pytest

from support.configs import fast
from support.disks import fill
from support.loop import wait_until
from support.store import StoreFile

DOWN = "Sitio web caído: Web"
IN_MEMORY = r" - WARNING - .*/vigia\.db: no se puede abrir el almacén: .*solo en memoria"


@pytest.fixture
def store(vigia):
    return StoreFile(vigia.directory / "vigia.db")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def at(path, site, **more):
    return fast({"Web": site.url}, storage={"path": str(path)}, **more)


def fails_to_start(vigia, pattern):
    """`run` ends with 1 and one CRITICAL line."""
    finished = vigia.command("run")
    assert finished.code == 1, str(finished)
    lines = [line for line in finished.out.splitlines() if " - CRITICAL - " in line]
    assert len(lines) == 1 and pattern in lines[0], str(finished)


@pytest.fixture
def good_file(vigia, site, store):
    """A store that a run has left behind."""
    site.down()
    running = vigia.start(config=fast({"Web": site.url}))
    running.wait_logged(DOWN)
    running.stop()
    return store.path


def test_it_is_beside_the_configuration_and_readable_by_its_owner_only(good_file):
    names = {path.name for path in good_file.parent.iterdir() if path.name.startswith("vigia.db")}
    assert names == {"vigia.db", "vigia.db.lock", "vigia.db.reserve"}, "a clean stop leaves no log"
    for name in names:
        assert (good_file.parent / name).stat().st_mode & 0o777 == 0o600


def test_a_service_has_it_in_its_state_directory(vigia, site, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    running = vigia.start(config=fast({"Web": site.url}), env={"STATE_DIRECTORY": str(state)})
    running.wait_logged("Verificando sitio web: Web")
    running.stop()
    assert (state / "vigia.db").exists() and not (vigia.directory / "vigia.db").exists()


def test_commands_that_end_by_themselves_open_none(vigia, site, smtp):
    vigia.write(fast({"Web": site.url}, smtp.email()))
    for command in ("check", "validate", "notify-test"):
        assert vigia.command(command).code == 0
    assert not list(vigia.directory.glob("vigia.db*"))


def test_results_are_kept_in_few_bytes_and_a_kill_costs_none_of_them(vigia, site, store):
    running = vigia.start(config=fast({"Web": site.url}))
    kept = "SELECT sum(count) FROM journal"
    wait_until(lambda: (store.one(kept) or 0) >= 5)
    before = store.one(kept)
    running.kill()
    assert store.one(kept) >= before
    assert store.rows("SELECT id, state FROM monitor") == [("site-web", "up")]
    running = vigia.start()
    wait_until(lambda: store.one(kept) > before + 5)
    assert store.one("SELECT max(length(results) / count) FROM journal") <= 16
    running.stop()


def test_a_second_instance_says_so_and_leaves_the_first_alone(vigia, site, store):
    running = vigia.start(config=fast({"Web": site.url}))
    running.wait_logged("Verificando sitio web: Web")
    fails_to_start(vigia, "vigia.db: otro vigia en marcha tiene este almacén")
    assert vigia.command("check").code == 0
    site.down()
    running.wait_logged(DOWN)
    running.stop()
    assert store.one("SELECT count(*) FROM incident") == 1


def test_a_file_that_is_no_store_is_refused_and_left_as_it_is(vigia, site):
    path = vigia.directory / "fotos.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE fotos (name TEXT)")
    other.commit()
    other.close()
    text = vigia.directory / "vigia.db"
    text.write_text("Querido diario:\n" * 400, encoding="utf-8")
    for file, config in ((path, at(path, site)), (text, fast({"Web": site.url}))):
        before = digest(file)
        vigia.write(config)
        fails_to_start(vigia, f"{file}: esto no es un almacén de vigia")
        assert digest(file) == before


@pytest.mark.parametrize("damage", ["holes", "half"])
def test_a_damaged_store_is_refused_and_left_as_it_is(vigia, good_file, damage):
    whole = good_file.read_bytes()
    if damage == "half":
        good_file.write_bytes(whole[:len(whole) // 2])
    else:
        good_file.write_bytes(whole[:4096] + b"\x5a" * (len(whole) - 4096))
    before = digest(good_file)
    fails_to_start(vigia, "el almacén está dañado")
    assert digest(good_file) == before


def test_a_newer_store_is_refused_and_left_as_it_is(vigia, good_file):
    newer = sqlite3.connect(good_file)
    newer.execute("PRAGMA user_version = 999")
    newer.close()
    before = digest(good_file)
    fails_to_start(vigia, "el almacén es de un vigia más nuevo (versión 999")
    assert digest(good_file) == before


def test_an_explicit_place_that_cannot_be_had_is_fatal(vigia, site):
    vigia.write(at("/dev/null/vigia.db", site))
    fails_to_start(vigia, "/dev/null/vigia.db: no se puede abrir el almacén")


def test_a_default_place_that_cannot_be_had_is_a_loud_warning(vigia, site, smtp):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()),
                          env={"STATE_DIRECTORY": "/dev/null"})
    running.wait_for_line(IN_MEMORY)
    smtp.wait_messages(1)
    running.stop()


def test_a_reload_leaves_it_where_it_is_and_says_so(vigia, site, store):
    running = vigia.start(config=fast({"Web": site.url}))
    running.wait_logged("Verificando sitio web: Web")
    vigia.write(at(vigia.directory / "otro.db", site))
    running.signal(signal.SIGHUP)
    running.wait_logged('"storage" ha cambiado: tendrá efecto en el próximo arranque', "WARNING")
    site.down()
    running.wait_logged(DOWN)
    running.stop()
    assert store.one("SELECT count(*) FROM incident") == 1
    assert not (vigia.directory / "otro.db").exists()


def test_with_the_file_taken_away_alerts_go_out_all_the_same_and_are_written_once_it_is_back(
        vigia, site, smtp, store):
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(), alert_threshold=1))
    store.wait("SELECT health FROM state", "up")
    away = store.path.with_suffix(".away")
    store.path.rename(away)
    site.down()
    failing = running.wait_for_line(
        " - ERROR - No se puede escribir en el almacén, .*el archivo se borró o se reemplazó")
    running.wait_for_line(" - CRITICAL - El almacén lleva 30 s", timeout=40, after=failing.index)
    smtp.wait_messages(1, timeout=20)
    away.rename(store.path)
    running.wait_logged("El almacén vuelve a escribirse", "WARNING", timeout=15)
    store.wait("SELECT status FROM notification", "delivered")
    site.up()
    smtp.wait_messages(2)
    running.stop()
    assert len(smtp.messages) == 2 and store.one("SELECT count(*) FROM incident") == 1


def test_on_a_full_disk_the_reserve_is_given_up_for_an_alert(vigia, sites, smtp, small_disk):
    first, second = sites(2)
    path = small_disk / "v.db"
    store = StoreFile(path)
    running = vigia.start(config=fast({"Web": first.url, "Otra": second.url}, smtp.email(),
                                      storage={"path": str(path)}))
    store.wait("SELECT count(*) FROM state", 2)
    fill(small_disk)
    # The log has some room of its own: whatever that takes, the next transition needs the reserve.
    for _ in range(3):
        for site, name in ((first, "Web"), (second, "Otra")):
            last = len(running.lines)
            site.down()
            running.wait_logged(f"Sitio web caído: {name}", timeout=20, after=last - 1)
            site.up()
            running.wait_logged(f"Sitio web recuperado: {name}", timeout=20, after=last - 1)
    wait_until(lambda: len(smtp.messages) == 12)
    assert not [record for record in running.records if record.level == "CRITICAL"]
    running.kill()
    (small_disk / "filler").unlink()
    again = vigia.start()
    again.wait_logged("Verificando sitio web: Web")
    store.wait("SELECT count(*) FROM notification WHERE status = 'pending'", 0)
    again.stop()
    assert store.one("SELECT count(*) FROM incident") == 6
    assert store.one("PRAGMA integrity_check") == "ok"
