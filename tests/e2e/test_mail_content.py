"""What a mail says and how it is built, and that nothing from outside can become part of either."""

import email.header
import email.utils
import html.parser
import platform
import re
import socket
import urllib.parse

import pytest

from support.configs import fast, moments, tells
from support.hostile import Site
from support.smtp import ScriptedSmtp

CLOSING = "Este es un mensaje automático del sistema de monitoreo."
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
           "Auto-Submitted", "In-Reply-To", "References", "Content-Transfer-Encoding",
           "X-Auto-Response-Suppress"}


class Text(html.parser.HTMLParser):
    """The text of an HTML part, and the tags it is made of."""

    def __init__(self, source):
        super().__init__()
        self.parts, self.tags = [], []
        self.feed(source)
        self.text = " ".join(" ".join(self.parts).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.parts.append(data)


def outage(vigia, site, smtp, name="Web uno", how="/status/503", **settings):
    """One outage of one site from beginning to end: its alert and its recovery."""
    site.down(how)
    vigia.start(config=fast({name: site.url}, smtp.email(), **settings))
    smtp.wait_messages(1)
    site.up()
    alert, recovery = smtp.wait_messages(2)
    vigia.started[-1].stop()
    return alert, recovery


@pytest.fixture(scope="module")
def spanish(module_vigia, hostile):
    return module_outage(module_vigia, hostile, "es")


@pytest.fixture(scope="module")
def english(module_vigia, hostile):
    return module_outage(module_vigia, hostile, "en")


def module_outage(program, hostile, language):
    with ScriptedSmtp() as smtp:
        messages = outage(program, Site(hostile, f"mail-{language}"), smtp,
                          how="/say/503/mantenimiento%20nocturno", language=language)
        assert smtp.violations == []
    return messages


def both_parts(message):
    return message.text, Text(message.html).text


def test_the_subject_is_encoded_and_reads_as_specified(spanish):
    alert, recovery = spanish
    assert alert.subject == "🔴 ALERTA: Servicio caído - Web uno"
    assert recovery.subject == "🟢 RECUPERADO: Servicio Web uno"
    raw = re.search(rb"^Subject:(.*\r\n(?:[ \t].*\r\n)*)", alert.raw, re.M)[1]
    assert raw.isascii() and b"=?utf-8?" in raw.lower()
    decoded = str(email.header.make_header(email.header.decode_header(
        re.sub(r"\r\n[ \t]", " ", raw.decode()).strip())))
    assert decoded == alert.subject


def test_the_english_subjects_read_as_specified(english):
    assert [message.subject for message in english] == [
        "🔴 ALERT: Service down - Web uno", "🟢 RECOVERED: Service Web uno"]


def test_a_message_has_a_text_and_an_html_part_in_utf_8(spanish):
    for message in spanish:
        assert message.message.get_content_type() == "multipart/alternative"
        parts = list(message.message.iter_parts())
        assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
        assert {part.get_content_charset() for part in parts} == {"utf-8"}
        assert message.message.defects == [] and not any(part.defects for part in parts)


def test_the_lines_are_short_and_seven_bit_clean(spanish):
    for message in spanish:
        lines = message.raw.split(b"\r\n")
        assert max(map(len, lines)) <= 998 and message.raw.isascii()
        head = message.raw.split(b"\r\n\r\n")[0]
        assert max(map(len, head.split(b"\r\n"))) <= 78


def test_the_alert_holds_every_field_of_the_specification(spanish):
    name, release = platform.system(), platform.release()
    for text in both_parts(spanish[0]):
        flat = " ".join(text.split())
        for field, value in [
                ("Servicio", "Web uno"), ("Tipo", "Sitio Web"), ("Estado", "CAÍDO"),
                ("Fecha y hora", MOMENT), ("Desde", MOMENT),
                ("Hostname", re.escape(socket.gethostname())),
                ("Sistema", re.escape(name) + r"\b.*" + re.escape(release)),
                ("Máquina", re.escape(platform.machine()))]:
            assert re.search(rf"{field}\W+{value}", flat), f"{field}: {value}\n{text}"
        assert "503" in flat and "mantenimiento nocturno" in flat
        assert "Información adicional" in flat and flat.rstrip().endswith(CLOSING)


def test_the_recovery_holds_its_state_and_how_long_it_lasted(spanish):
    alert, recovery = spanish
    since = re.search(rf"Desde\W+({MOMENT})", alert.text)[1]
    for text in both_parts(recovery):
        flat = " ".join(text.split())
        for field, value in [("Servicio", "Web uno"), ("Tipo", "Sitio Web"),
                             ("Estado", "RECUPERADO"), ("Fecha y hora", MOMENT),
                             ("Desde", since), ("Hostname", re.escape(socket.gethostname()))]:
            assert re.search(rf"{field}\W+{value}", flat), f"{field}: {value}\n{text}"
        assert re.search(r"\b\d+([.,]\d+)? ?(s|segundos?|min)\b", flat), text
        assert flat.rstrip().endswith(CLOSING)


def test_the_english_mail_has_no_spanish_in_it(english):
    for message in english:
        for text in both_parts(message):
            assert "Web uno" in text
            assert not re.search("Servicio|Estado|CAÍDO|Desde|Fecha|mensaje|Máquina|Sistema", text)


def test_the_times_are_those_of_the_first_failure_and_of_the_confirmation(vigia, site, smtp):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(), check_interval=0.7,
                                      alert_threshold=3))
    first = running.wait_for_line("Intento 1 fallido")
    confirmed = running.wait_for_line("Sitio web caído: Web")
    (alert,) = smtp.wait_messages(1)
    running.stop()
    since = re.search(rf"Desde\W+({MOMENT})", alert.text)[1]
    when = re.search(rf"Fecha y hora\W+({MOMENT})", alert.text)[1]
    assert tells(since, *moments(first.text)) and tells(when, *moments(confirmed.text)), alert.text
    assert since != when


def test_the_headers_are_those_of_an_automatic_message(spanish):
    for message in spanish:
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["To"] == "ana@example.org" and "vigia@example.org" in message["From"]
        assert abs(message.message["Date"].datetime.timestamp()
                   - email.utils.localtime().timestamp()) < 3600
        assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", message["Message-ID"])
        assert set(message.message.keys()) <= HEADERS, message.message.keys()
        assert len(message.message.keys()) == len(set(message.message.keys()))


def test_the_recovery_belongs_to_the_thread_of_its_alert(spanish):
    alert, recovery = spanish
    assert recovery["Message-ID"] != alert["Message-ID"]
    assert recovery["In-Reply-To"] == alert["Message-ID"]
    assert alert["Message-ID"] in recovery["References"]


def test_the_next_incident_begins_a_thread_of_its_own(vigia, site, smtp):
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(), alert_threshold=1,
                                      recovery_threshold=1))
    for count in (1, 3):
        site.down()
        smtp.wait_messages(count)
        site.up()
        smtp.wait_messages(count + 1)
    running.stop()
    first, _, second, last = smtp.messages
    assert len({message["Message-ID"] for message in smtp.messages}) == 4
    assert last["In-Reply-To"] == second["Message-ID"]
    assert first["Message-ID"] not in (second["References"] or "")


def test_the_sender_may_have_a_name(vigia, site, smtp):
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email(
        sender_name='Vigía "la ñ", S.A.')))
    (alert,) = smtp.wait_messages(1)
    running.stop()
    address = alert["From"].addresses[0]
    assert (address.addr_spec, address.display_name) == ("vigia@example.org", 'Vigía "la ñ", S.A.')
    assert alert.sender == "vigia@example.org"


@pytest.mark.parametrize("key, value", [
    ("sender_name", "Vigía\r\nBcc: x@y.z"), ("sender_email", "v@example.org\r\nBcc: x@y.z"),
    ("sender_email", "v@example.org>\r\nRCPT TO:<x@y.z"), ("recipient_emails", "a@b.c\nBcc: x@y.z"),
    ("recipient_emails", ["a@b.c> <x@y.z"])])
def test_an_address_that_would_break_out_is_a_configuration_error(vigia, smtp, key, value):
    vigia.write(fast({"Web": "http://127.0.0.1:9/"}, smtp.email(**{key: value})))
    finished = vigia.command("notify-test")
    assert finished.code == 2 and f"/email/{key}" in finished.err, str(finished)
    assert smtp.connections == []


EVIL_NAMES = {
    "line breaks": "Web\r\nBcc: evil@example.org\r\n\r\n<b>hola</b>",
    "line feed": "Web\nX-Evil: sí",
    "carriage return": "Web\rX-Evil: sí",
    "unicode line ends": "Web\u2028X-Evil: sí\u2029\u0085fin",
    "emoji and accents": "Ñandú 🐦👩‍👩‍👧 Größe 東京",
    "bidirectional": "Web \u202egro.live\u202c \u2066x\u2069",
    "escape sequences": "Web \x1b[31mrojo\x1b]0;título\x07",
    "long": "Ñ" * 400,
    "markup": "<script>alert('x')</script> & \"comillas\" <img src=x onerror=y>",
    "encoded word": "=?utf-8?B?RXZpbA==?= =?utf-8?Q?=0D=0ABcc:_x?=",
    "dots": ".\r\n.\r\nMAIL FROM:<a@b>",
}


@pytest.mark.parametrize("name", EVIL_NAMES.values(), ids=EVIL_NAMES.keys())
def test_no_name_becomes_a_header_a_command_or_markup(vigia, site, smtp, name):
    alert, recovery = outage(vigia, site, smtp, name)
    for message, prefix in ((alert, "🔴 ALERTA: Servicio caído - "),
                            (recovery, "🟢 RECUPERADO: Servicio ")):
        assert message.subject.startswith(prefix)
        assert set(message.message.keys()) <= HEADERS, message.message.keys()
        assert message.recipients == ["ana@example.org"]
        assert not re.search(r"[\x00-\x1f\x7f\x85\u2028-\u202e\u2066-\u2069]", message.subject)
        shown = Text(message.html)
        assert not [tag for tag, _ in shown.tags if tag in ("script", "img")]
        assert not [a for _, attributes in shown.tags for a in attributes if a.startswith("on")]
        assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\u2066]", message.text.replace("\r\n", ""))
    assert len(smtp.messages) == 2


@pytest.mark.parametrize("key", ["emoji and accents", "encoded word", "markup"])
def test_a_harmless_name_arrives_as_it_is(vigia, site, smtp, key):
    name = EVIL_NAMES[key]
    alert, _ = outage(vigia, site, smtp, name)
    assert alert.subject == "🔴 ALERTA: Servicio caído - " + name
    assert name in alert.text and " ".join(name.split()) in Text(alert.html).text


EVIL_ANSWERS = {
    "line breaks": "uno\r\n.\r\nMAIL FROM:<x@y>\r\n.\r\nDATA\r\n",
    "bare ends": "uno\n.\ndos\r.\rtres\n",
    "markup": "<script>alert(1)</script></pre></html>",
    "binary": "\x00\x01\x1b[2J\x7f\x9b",
    "not UTF-8": b"\xff\xfe\xc3\x28 \xed\xa0\x80",
    "long line": "x" * 5000,
    "bidirectional": "abc \u202e cba",
    "boundary": "--=_\r\nContent-Type: text/html\r\n\r\n<b>no</b>\r\n--",
}


@pytest.mark.parametrize("answer", EVIL_ANSWERS.values(), ids=EVIL_ANSWERS.keys())
def test_no_answer_of_the_target_becomes_a_header_a_command_or_markup(vigia, site, smtp, answer):
    quoted = urllib.parse.quote(answer, safe="")
    alert, _ = outage(vigia, site, smtp, how=f"/say/500/{quoted}")
    assert len(smtp.messages) == 2 and set(alert.message.keys()) <= HEADERS
    assert [part.get_content_type() for part in alert.message.iter_parts()] == [
        "text/plain", "text/html"]
    assert not [tag for tag, _ in Text(alert.html).tags if tag == "script"]
    assert max(map(len, alert.raw.split(b"\r\n"))) <= 998 and len(alert.raw) < 30_000
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202e]", alert.text.replace("\r\n", ""))
    assert alert.text.rstrip().endswith(CLOSING)


def test_a_merged_message_is_one_of_its_thread(vigia, site, smtp):
    smtp.refuse()
    site.down()
    running = vigia.start(config=fast({"Web": site.url}, smtp.email()))
    running.wait_logged("Sitio web caído: Web")
    site.up()
    back = running.wait_logged("Sitio web recuperado: Web")
    running.wait_for_line("Error enviando correo", after=back.index)
    smtp.accept()
    (merged,) = smtp.wait_messages(1)
    running.stop()
    assert merged.subject == "🟢 RECUPERADO: Servicio Web"
    assert set(merged.message.keys()) <= HEADERS
