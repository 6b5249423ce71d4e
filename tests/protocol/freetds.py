"""FreeTDS as a client: a configuration of its own, so that the machine's has no say."""

CONFIGURATION = """[global]
    tds version = {version}
    encryption = {encryption}
    client charset = UTF-8
    connect timeout = 1
    timeout = 1
{more}
"""


def configuration(directory, version="7.4", encryption="request", more=""):
    """Writes a freetds.conf; the environment that makes FreeTDS read it."""
    path = directory / f"freetds-{version}-{encryption}.conf"
    path.write_text(CONFIGURATION.format(version=version, encryption=encryption, more=more))
    return {"FREETDSCONF": str(path), "TDSVER": version}
