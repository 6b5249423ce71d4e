"""Three hundred broken configurations: refused or accepted, never a crash."""

import json
import random
import re

import pytest

from support.configs import without_comments

SEEDS, PER_TEST = 300, 30
WHY = r"config\.json:\d+:\d+: .|No hay servicios configurados|No services"
RICH = """{
    // un poco de todo
    "websites": {
        "Web uno": "http://127.0.0.1:9/", "Ñandú 🐦": {"url": "https://127.0.0.1:9/x?y=z",
            "method": "POST", "headers": {"X-A": "b", "Cookie": "c"}, "body": "{}",
            "auth": {"basic": {"user": "u", "password": "p${HOME}"}},
            "expected_status": ["2xx", 301], "follow_redirects": false,
            "proxy": "http://p:q@127.0.0.1:9", "timeout": "500ms",
            "tls": {"verify": true, "server_name": "h"}, "id": "dos", "tags": ["a"],
            "group": "g", "description": "d", "enabled": true, "alert_threshold": 1}
    },
    "databases": {
        "Tres": {"type": "postgresql", "host": "127.0.0.1", "port": 9, "database": "b", "user": "u",
            "password": "p", "query": "SELECT 1; -- uno", "expect": {"value": {">=": 1, "<": 2.5},
            "rows": {"min": 1, "max": 9}}, "tls": {"mode": "verify-full", "server_name": "h"}},
        "Cuatro": {"type": "sqlserver", "host": "h.test", "database": "b", "user": "u=1",
            "password": "p;q", "driver": "FreeTDS", "options": {"APP": "x"},
            "query": "SELECT [into] FROM t /* ; */", "timeout": "500ms"}
    },
    "email": {"smtp_server": "127.0.0.1", "smtp_port": 25, "smtp_use_tls": false,
        "smtp_use_ssl": false, "sender_email": "a@b.c", "sender_password": "s",
        "recipient_emails": ["d@e.f", "g@h.i"], "sender_name": "Vigía"},
    "monitor_settings": {"check_interval": 60, "retry_attempts": 3, "retry_delay": 6.5,
        "alert_threshold": 3, "recovery_threshold": 2, "alert_repeat_interval": 20, "timeout": 1e1},
    "logging_settings": {"enable_file_logging": false, "log_file": "x.log", "max_bytes": 0,
        "backup_count": 5, "level": "INFO", "format": "text"},
    "language": "es", "notifications": {"retry_initial": 5, "retry_max": "5m", "expiry": 24},
    "_nota": [null, true, -1.5e-3], /* fin */
}
"""
VALUES = [None, True, False, 0, -1, 1e308, -1e308, 2 ** 63, 2 ** 64, 0.5, "", "x", "ñ" * 1000, [],
          {}, [[]], {"": ""}, "\u0000", "\r\n", "${HOME}", "${", "$${x}", "10s", "1e99d", "-5m",
          "999999999999999999d", "http://", "http://[::1", "http://h:0/", "\ud800"]


def mutated_bytes(rng, text):
    data = bytearray(text.encode())
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(data))
        kind = rng.randrange(5)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at:at + rng.randrange(1, 40)]
        elif kind == 2:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 8)))
        elif kind == 3:
            data[at:at] = data[at:at + rng.randrange(1, 200)]
        else:
            data[at:at] = rng.choice((b"{", b"[" * 50, b'"', b"\\", b"\\ud83d", b"//", b"/*", b"\0",
                                      b"\xff\xfe", b"\xef\xbb\xbf", b"1e999", b"-", b"${A}", b","))
        data = data or bytearray(b" ")
    return bytes(data)


def places(node, path=()):
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(
        node) if isinstance(node, list) else ()
    for key, value in items:
        yield from places(value, path + (key,))


def mutated_structure(rng, base):
    document = json.loads(json.dumps(base))
    for _ in range(rng.choice((1, 1, 2, 4))):
        path = rng.choice([path for path in places(document) if path])
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        kind = rng.randrange(4)
        if kind == 0:
            parent[path[-1]] = rng.choice(VALUES)
        elif kind == 1:
            del parent[path[-1]]
        elif kind == 2 and isinstance(parent, dict):
            name = str(path[-1])
            cut = rng.randrange(len(name) + 1)
            parent[name[:cut] + rng.choice(("", "x", "\n", "/", "~", "🐦")) + name[cut + 1:]] = (
                parent.pop(path[-1]))
        else:
            parent[path[-1]] = rng.choice(([parent[path[-1]]] * 3, {"url": parent[path[-1]]}))
        if not document:
            break
    return json.dumps(document, ensure_ascii=True).encode()


@pytest.fixture(scope="module")
def plain():
    return json.loads(without_comments(RICH))


def test_the_unbroken_configuration_is_valid(vigia):
    vigia.write(RICH)
    finished = vigia.command("validate")
    assert finished.code == 0, str(finished)


@pytest.mark.parametrize("first", range(0, SEEDS, PER_TEST))
def test_a_mutated_configuration_never_crashes(vigia, plain, first):
    codes = set()
    for seed in range(first, first + PER_TEST):
        rng = random.Random(seed)
        data = mutated_structure(rng, plain) if seed % 2 else mutated_bytes(rng, RICH)
        vigia.write(data)
        finished = vigia.command("validate", timeout=10, keep=False)
        assert finished.code in (0, 2), f"seed {seed}: {finished}\n{data!r}"
        assert finished.code == 0 or re.search(WHY, finished.err), f"seed {seed}: {finished}"
        codes.add(finished.code)
    assert 2 in codes
