"""Real database servers, in temporary directories, on ports that survive stop() and start()."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys

from .loop import wait_until
from .ports import ReservedPort

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "protocol"))
from running import Running  # noqa: E402  the servers that Debian does not have

PASSWORD = "contraseña 'con' \"todo\" \\;{}%"
DATABASE = "nombre_db"
USER = "usuario"


def _program(name, *directories):
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *directories)))
    assert found, f"{name} is not installed"
    return found


def _unprivileged(directory):
    """Database servers refuse to run as root: the user for them, who then owns the directory."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for parent in directory.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    directory.chmod(0o755)
    for path in (directory, *directory.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class _Server:
    """A server process with its log; what differs is in the two below."""

    def __init__(self, directory, password=PASSWORD):
        self.directory, self.password = directory, password
        self._process, self._reserved = None, ReservedPort()
        self.port = self._reserved.number
        self._identity = _unprivileged(directory)

    def _run(self, *command, **options):
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.directory,
                              timeout=120, **self._identity, **options)
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self):
        with open(self.directory / "console.log", "wb") as console:
            self._process = subprocess.Popen(self._command(), cwd=self.directory,
                                             stdin=subprocess.DEVNULL, stdout=console,
                                             stderr=console, **self._identity)
        wait_until(self._answers, 60, what=f"{type(self).__name__} answering")
        return self

    def stop(self):
        if self._process:
            self._process.send_signal(self.STOP)
            self._process.wait(60)
            self._process = None

    def close(self):
        self.stop()
        self._reserved.close()

    def _answers(self):
        log = (self.directory / "console.log").read_text("utf-8", "replace")
        assert self._process.poll() is None, f"it ended: {log}"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return self.READY in log

    def monitor(self, **more):
        """Its entry in `databases`."""
        return {"type": self.TYPE, "host": "localhost", "port": self.port, "database": DATABASE,
                "user": USER, "password": self.password, **more}


class Postgres(_Server):
    TYPE, STOP, READY = "postgresql", signal.SIGINT, "ready to accept connections"
    BINARIES = "/usr/lib/postgresql/15/bin"

    def __init__(self, directory, password=PASSWORD):
        super().__init__(directory, password)
        (directory / "pw").write_text(password)
        (directory / "pw").chmod(0o644)
        self._run(_program("initdb", self.BINARIES), "-D", "data", "-N", "-U", USER, "-A",
                  "scram-sha-256", "--pwfile", "pw", "-E", "UTF8", "--locale", "C.UTF-8")
        single = [_program("postgres", self.BINARIES), "--single", "-D", "data", "postgres"]
        self._run(*single, input=f"CREATE DATABASE {DATABASE}\n")

    def _command(self):
        return [_program("postgres", self.BINARIES), "-D", "data", "-p", str(self.port),
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                "-c", "fsync=off", "-c", "shared_buffers=4MB"]

    def statements(self):
        """What other sessions run at present."""
        out = subprocess.run(
            ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", DATABASE, "-Atc",
             "SELECT query FROM pg_stat_activity WHERE state = 'active' "
             "AND pid <> pg_backend_pid()"],
            env=os.environ | {"PGPASSWORD": self.password}, capture_output=True, text=True, check=True)
        return out.stdout


class MariaDb(_Server):
    TYPE, STOP, READY = "mysql", signal.SIGTERM, "ready for connections"

    def __init__(self, directory, password=PASSWORD):
        super().__init__(directory, password)
        user = ["--user=nobody"] if os.geteuid() == 0 else []
        self._run(_program("mariadb-install-db", "/usr/bin"), "--no-defaults",
                  f"--datadir={directory}/data", "--auth-root-authentication-method=normal",
                  "--skip-test-db", *user)
        escaped = password.replace("\\", "\\\\").replace("'", "\\'")
        (directory / "init.sql").write_text(
            f"CREATE DATABASE IF NOT EXISTS {DATABASE};\n"
            f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{escaped}';\n"
            f"GRANT ALL ON {DATABASE}.* TO '{USER}'@'%';\n")

    def _command(self):
        directory = self.directory
        return [_program("mariadbd", "/usr/sbin"), "--no-defaults", f"--datadir={directory}/data",
                f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={directory}/s",
                f"--pid-file={directory}/pid", f"--init-file={directory}/init.sql",
                "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=8M", "--performance-schema=off"]


class SqlServer(Running):
    """A SQL Server that tests/protocol plays; certs: it shows their good certificate."""

    TYPE = "sqlserver"

    def __init__(self, certs, password=PASSWORD):
        super().__init__("tds_server.py", users={USER: password}, databases=["master", DATABASE],
                         certificate=str(certs.cert_file("good")), key=str(certs.key_file("good")))
        self.password = password

    def logins(self):
        return self.stats()["logins"]

    def monitor(self, **more):
        return {"type": self.TYPE, "host": "localhost", "port": self.port, "database": DATABASE,
                "user": USER, "password": self.password, **more}
