"""FreeTDS as a client: a configuration of its own, so that the machine's has no say."""

CONFIGURATION = """[global]
    tds version = {version}
    encryption = {encryption}
    client charset = UTF-8
    connect timeout = {seconds}
    timeout = {seconds}
{more}
"""


def configuration(directory, version="7.4", encryption="request", seconds=5, more=""):
    """Writes a freetds.conf; the environment that makes FreeTDS read it."""
    path = directory / "freetds.conf"
    path.write_text(CONFIGURATION.format(version=version, encryption=encryption, seconds=seconds,
                                         more=more))
    return {"FREETDSCONF": str(path), "TDSVER": version}
