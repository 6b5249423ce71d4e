"""A real nginx, run by whoever runs the tests, in a temporary directory."""

import os
import shutil
import signal
import socket
import subprocess

from .loop import wait_until
from .ports import ReservedPort

CONFIG = """
daemon off;
master_process off;
worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 256; }}
http {{
    access_log {dir}/access.log;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    default_type text/plain;
    gzip on;
    gzip_min_length 1;
    gzip_types text/plain;
    ssl_certificate {certs}/good.pem;
    ssl_certificate_key {certs}/good.key;
    server {{
        listen 127.0.0.1:{http} reuseport;
        listen 127.0.0.1:{https} ssl reuseport;
        root {dir}/html;
        location = / {{ return 200 "nginx en marcha\\n"; }}
        location = /busy {{ return 503 "ocupado\\n"; }}
        location = /away {{ return 302 /; }}
        location = /secure {{ return 301 https://127.0.0.1:{https}/; }}
        location = /private {{
            auth_basic "privado";
            auth_basic_user_file {dir}/htpasswd;
            try_files /page.txt =404;
        }}
        location = /page {{ try_files /page.txt =404; }}
    }}
    server {{
        listen 127.0.0.1:{mutual} ssl reuseport;
        ssl_client_certificate {certs}/ca.pem;
        ssl_verify_client on;
        location = / {{ return 200 "hola $ssl_client_s_dn\\n"; }}
    }}
}}
"""


class Nginx:
    """http, https and mutual-TLS ports that survive stop() and start(), so outages can be played.

    Paths: / /busy (503) /away (302) /secure (301 to https) /private (basic, USER:PASSWORD) /page.
    """

    USER, PASSWORD = "ana", "clave-de-ana"

    def __init__(self, directory, certs):
        self._directory, self._process = directory, None
        self._http, self._https, self._mutual = (ReservedPort() for _ in range(3))
        (directory / "html").mkdir(parents=True)
        (directory / "html" / "page.txt").write_text("una página de texto\n" * 200)
        (directory / "htpasswd").write_text(f"{self.USER}:{{PLAIN}}{self.PASSWORD}\n")
        (directory / "nginx.conf").write_text(CONFIG.format(
            dir=directory, certs=certs.directory, http=self._http.number,
            https=self._https.number, mutual=self._mutual.number))
        self.http = f"http://127.0.0.1:{self._http.number}"
        self.https = f"https://127.0.0.1:{self._https.number}"
        self.mutual = f"https://127.0.0.1:{self._mutual.number}"

    def start(self):
        binary = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert binary, "nginx is not installed (Debian package nginx-light)"
        with open(self._directory / "console.log", "ab") as console:
            self._process = subprocess.Popen(
                [binary, "-p", str(self._directory), "-e", str(self._directory / "error.log"),
                 "-c", str(self._directory / "nginx.conf")],
                stdout=console, stderr=console, stdin=subprocess.DEVNULL)
        wait_until(self._answers, what="nginx answering")
        return self

    def stop(self):
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)
            self._process = None

    def close(self):
        self.stop()
        for port in (self._http, self._https, self._mutual):
            port.close()

    def _answers(self):
        log = (self._directory / "console.log").read_text()
        assert self._process.poll() is None, f"nginx ended: {log}"
        try:
            socket.create_connection(("127.0.0.1", self._mutual.number), 1).close()
            return True
        except OSError:
            return False
