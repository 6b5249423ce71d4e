"""Delivery settings: encryption, passwords and certificates, tried with notify-test."""

import pytest

from support.configs import fast
from support.smtp import Aiosmtpd, ScriptedSmtp

ANA, EVA = "ana@example.org", "eva@example.org"
SECRET = ("vigia", "contraseña muy secreta")


@pytest.fixture
def server(certs):
    """Makes mail servers of the certificates: server(mode=…, auth=…, kind=…)."""
    running = []

    def make(mode, **options):
        running.append(ScriptedSmtp(certs, mode, **options).start())
        return running[-1]

    yield make
    for one in running:
        one.stop()
        assert one.violations == []


@pytest.fixture
def notify(vigia, certs):
    """Runs notify-test with this email section; our authority is trusted unless told otherwise."""
    def test(section, trusted=True, *arguments):
        section = section | ({"smtp_ca_file": str(certs.ca_file)} if trusted else {})
        vigia.write(fast({"Web": "http://127.0.0.1:9/"}, section))
        return vigia.command("notify-test", *arguments)
    return test


@pytest.mark.parametrize("mode", ["plain", "starttls", "smtps"])
@pytest.mark.parametrize("auth", [None, SECRET], ids=["open", "password"])
@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "XYZ PLAIN LOGIN"])
def test_every_kind_of_server_is_served(server, notify, mode, auth, mechanisms):
    if auth is None and mechanisms != "PLAIN":
        return  # mechanisms matter only where there is a password
    smtp = server(mode, auth=auth, mechanisms=mechanisms)
    finished = notify(smtp.email(ANA, EVA))
    assert finished.code == 0, str(finished)
    assert sorted(message.recipients for message in smtp.messages) == [[ANA], [EVA]]
    for message in smtp.messages:
        assert message.encrypted == (mode != "plain")
        assert message.user == (auth and auth[0])
    for address in (ANA, EVA):
        assert address in finished.out


def test_the_test_message_is_a_whole_message(server, notify):
    smtp = server("plain")
    notify(smtp.email(ANA))
    (message,) = smtp.messages
    assert message.subject and message["Auto-Submitted"] == "auto-generated"
    assert message.text.strip() and message.html.strip() and message["Message-ID"]
    assert "caído" not in message.subject.lower(), "a test must not look like an outage"


def test_aiosmtpd_accepts_what_is_sent(certs, notify):
    with Aiosmtpd(certs, auth=SECRET) as smtp:
        finished = notify({
            "smtp_server": "localhost", "smtp_port": smtp.port, "sender_email": "v@example.org",
            "smtp_user": SECRET[0], "sender_password": SECRET[1], "recipient_emails": [ANA]})
        assert finished.code == 0, str(finished)
        assert smtp.messages[0].encrypted and smtp.messages[0].user == SECRET[0]


def test_the_password_may_come_from_a_file_and_the_user_is_the_sender(server, notify, vigia):
    smtp = server("starttls", auth=("vigia@example.org", SECRET[1]))
    (vigia.directory / "clave.txt").write_text(SECRET[1] + "\n", "utf-8")
    section = smtp.email(ANA)
    del section["smtp_user"], section["sender_password"]
    finished = notify(section | {"sender_password_file": "clave.txt"})
    assert finished.code == 0 and smtp.messages[0].user == "vigia@example.org", str(finished)


def test_a_wrong_password_is_reported_and_nothing_is_sent(server, notify):
    smtp = server("starttls", auth=SECRET)
    finished = notify(smtp.email(ANA, sender_password="otra"))
    assert finished.code == 1 and smtp.messages == [], str(finished)
    assert ANA in finished.out + finished.err and "535" in finished.out + finished.err


@pytest.mark.parametrize("mode", ["plain", "starttls", "smtps"])
def test_a_password_where_no_auth_is_offered_is_an_error_and_nothing_is_sent(server, notify, mode):
    smtp = server(mode)
    finished = notify(smtp.email(ANA, sender_password="clave"))
    assert finished.code == 1 and smtp.messages == smtp.unacknowledged == [], str(finished)
    assert "AUTH" in finished.out + finished.err and "MAIL" not in smtp.commands


def test_an_auth_with_unknown_mechanisms_only_is_an_error(server, notify):
    smtp = server("starttls", auth=SECRET, mechanisms="XYZ")
    finished = notify(smtp.email(ANA))
    assert finished.code == 1 and smtp.messages == [] and "MAIL" not in smtp.commands


def test_an_empty_password_means_no_auth(server, notify):
    smtp = server("plain")
    assert notify(smtp.email(ANA, sender_password="")).code == 0
    assert "AUTH" not in smtp.commands


def test_starttls_where_none_is_offered_is_an_error_and_nothing_is_sent(server, notify):
    smtp = server("plain", auth=SECRET)
    finished = notify(smtp.email(ANA, smtp_use_tls=True))
    assert finished.code == 1 and smtp.messages == [], str(finished)
    assert "STARTTLS" in finished.out + finished.err
    assert "AUTH" not in smtp.commands and "MAIL" not in smtp.commands


def test_starttls_is_the_default(server, notify):
    smtp = server("plain")
    section = smtp.email(ANA)
    del section["smtp_use_tls"], section["smtp_use_ssl"]
    assert notify(section).code == 1 and smtp.messages == []


def test_a_refused_starttls_is_an_error_and_nothing_is_sent(server, notify):
    smtp = server("starttls", auth=SECRET)
    smtp.fault("starttls", "454 TLS not available")
    finished = notify(smtp.email(ANA))
    assert finished.code == 1 and smtp.messages == [] and "AUTH" not in smtp.commands


@pytest.mark.parametrize("mode", ["starttls", "smtps"])
@pytest.mark.parametrize("kind", ["expired", "self_signed", "wrong_host"])
def test_a_bad_certificate_is_refused_unless_verification_is_off(server, notify, mode, kind):
    smtp = server(mode, kind=kind, auth=SECRET)
    finished = notify(smtp.email(ANA))
    assert finished.code == 1 and smtp.messages == [], str(finished)
    assert "AUTH" not in smtp.commands, "no password over a connection that is not trusted"
    finished = notify(smtp.email(ANA, smtp_verify_certificate=False))
    assert finished.code == 0 and len(smtp.messages) == 1, str(finished)


@pytest.mark.parametrize("mode", ["starttls", "smtps"])
def test_an_unknown_authority_is_refused(server, notify, mode):
    smtp = server(mode)
    assert notify(smtp.email(ANA), False).code == 1 and smtp.messages == []


def test_a_self_signed_certificate_may_be_its_own_authority(server, notify, certs):
    smtp = server("smtps", kind="self_signed")
    section = smtp.email(ANA, smtp_ca_file=str(certs.cert_file("self_signed")))
    assert notify(section, False).code == 0


def test_the_outcome_is_told_for_each_recipient(server, notify):
    smtp = server("plain")
    smtp.fault("rcpt", "550 5.1.1 no such user", only=EVA)
    finished = notify(smtp.email(ANA, EVA))
    assert finished.code == 1, str(finished)
    assert [message.recipients for message in smtp.messages] == [[ANA]]
    said = finished.out + finished.err
    assert ANA in said and any(EVA in line and "550" in line for line in said.splitlines())


@pytest.mark.parametrize("arguments, code", [
    (("--channel", "email"), 0), (("--channel", "palomas"), 2)])
def test_a_channel_may_be_named(server, notify, arguments, code):
    smtp = server("plain")
    finished = notify(smtp.email(ANA), True, *arguments)
    assert finished.code == code and len(smtp.messages) == (1 if code == 0 else 0), str(finished)


def test_a_refused_connection_is_told_at_once(server, notify):
    smtp = server("plain")
    smtp.refuse()
    finished = notify(smtp.email(ANA))
    assert finished.code == 1 and ANA in finished.out + finished.err, str(finished)
