"""The configuration of the specification, key by key as it stands there, works unchanged."""

import json
import re

import pytest

from support.configs import FAST
from support.smtp import ScriptedSmtp

# As in the specification; only the hosts are replaced, and `databases` is empty.
SPECIFIED = """{
    "websites": {
        "Web uno": "https://www.direccionwebuno.com",
        "Web dos": "https://www.direccionwebdos.com"
    },
    "databases": {},
    "email": {
        "smtp_server": "mail.servidor.com",
        "smtp_port": 587,
        "smtp_use_tls": true,
        "smtp_use_ssl": false,
        "sender_email": "ejemplo@tucorreo.com",
        "sender_password": "tu_password",
        "recipient_emails": [
            "ejemplo@tucorreo.com",
            "ejemplo@tucorreo.com"
        ]
    },
    "monitor_settings": {
        "check_interval": 60,
        "retry_attempts": 3,
        "retry_delay": 6,
        "alert_threshold": 3,
        "recovery_threshold": 2,
        "alert_repeat_interval": 20
    },
    "logging_settings": {
        "enable_file_logging": false,
        "max_bytes": 5242880,
        "backup_count": 5,
        "log_file": "monitor_servicios.log"
    }
}
"""


@pytest.fixture
def mail_server(certs):
    credentials = ("ejemplo@tucorreo.com", "tu_password")
    with ScriptedSmtp(certs, "starttls", auth=credentials) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def specified(hostile, sites, mail_server):
    """The text with our hosts, and the two sites."""
    one, two = sites(2)
    text = (SPECIFIED.replace("https://www.direccionwebuno.com", one.url)
            .replace("https://www.direccionwebdos.com", two.url)
            .replace("mail.servidor.com", "127.0.0.1").replace("587", str(mail_server.port)))
    return text, one, two


def test_it_is_valid_and_checks_its_sites(vigia, specified):
    text, one, two = specified
    vigia.write(text)
    assert vigia.command("validate").code == 0
    checked = vigia.command("check")
    assert checked.code == 0 and "Web uno" in checked.out and "Web dos" in checked.out
    assert len(one.hits) == len(two.hits) == 1


def test_it_runs_with_the_log_lines_of_the_specification(vigia, specified):
    text, one, two = specified
    one.down()
    running = vigia.start(config=text)
    running.wait_logged("Iniciando monitor de servicios", "INFO")
    running.wait_for_line("- INFO - Configuración cargada:")
    running.wait_logged("Verificando sitio web: Web uno", "INFO")
    running.wait_logged("Verificando sitio web: Web dos", "INFO")
    running.wait_logged("Intento 1 fallido (status code: 503): Web uno", "WARNING")
    running.stop()
    assert len(running.records) == len(running.lines), "every line is a log record"
    first = running.records[0]
    assert (first.level, first.message) == ("INFO", "Iniciando monitor de servicios")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", first.time)
    assert not (vigia.directory / "monitor_servicios.log").exists()
    assert len(one.hits) == 1, "the retry comes after retry_delay = 6 s"


def test_its_mail_settings_deliver_once_to_the_address_listed_twice(vigia, specified, certs,
                                                                    mail_server):
    text, one, _ = specified
    config = json.loads(text)
    config["monitor_settings"] |= FAST
    config["email"]["smtp_ca_file"] = str(certs.ca_file)  # our authority is not the system's
    one.down()
    running = vigia.start(config=config)
    running.wait_logged("Sitio web caído: Web uno", "ERROR")
    running.wait_logged("Correo enviado exitosamente a ejemplo@tucorreo.com", "INFO")
    one.up()
    running.wait_logged("Sitio web recuperado: Web uno", "INFO")
    mail_server.wait_messages(2)
    running.stop()
    assert [message.subject for message in mail_server.messages] == [
        "🔴 ALERTA: Servicio caído - Web uno", "🟢 RECUPERADO: Servicio Web uno"]
    for message in mail_server.messages:
        assert message.encrypted and message.user == message.sender == "ejemplo@tucorreo.com"
        assert message.recipients == ["ejemplo@tucorreo.com"]


def test_its_file_logging_is_on_by_default_in_the_working_directory(vigia, specified):
    config = json.loads(specified[0])
    del config["logging_settings"]
    running = vigia.start(config=config)
    running.wait_logged("Verificando sitio web: Web uno")
    running.stop()
    written = (vigia.directory / "monitor_servicios.log").read_text("utf-8")
    assert " - INFO - Iniciando monitor de servicios\n" in written
    assert written.splitlines() == [line.text for line in running.lines]
