"""A network of its own: a machine that watches, a gateway, a world behind it, and the cable."""

import contextlib
import ctypes
import http.server
import os
import subprocess
import threading

from support.loop import wait_until

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)

GATEWAY, WATCHER = "198.51.100.1", "198.51.100.2"
SITE, SILENT = "203.0.113.5", "203.0.113.6"


def permitted():
    """True if this machine lets us make network namespaces."""
    return subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0


def enter(path):
    """Takes the calling thread, and the threads and processes that it starts, into a namespace."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")
    finally:
        os.close(descriptor)


class Namespace:
    """A network namespace, held by a process that sleeps in it."""

    def __init__(self):
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.path = f"/proc/{self._holder.pid}/ns/net"
        ours = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(self.path) != ours, what="a network namespace")

    def ip(self, arguments):
        subprocess.run(["nsenter", f"--net={self.path}", "ip", *arguments.split()], check=True)

    @property
    def pid(self):
        return self._holder.pid

    @contextlib.contextmanager
    def entered(self):
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        enter(self.path)
        try:
            yield
        finally:
            LIBC.setns(before, CLONE_NEWNET)
            os.close(before)

    def close(self):
        self._holder.kill()
        self._holder.wait()


class Site:
    """A website in the world: answers with `status`, and counts."""

    def __init__(self, address, port=8080):
        site = self
        self.status, self.hits = 200, 0
        self.url = f"http://{address}:{port}/"

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.hits += 1
                self.send_response(site.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((address, port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Network:
    """`watcher` reaches `world` by one cable, whose other end is its default gateway."""

    def __init__(self):
        self.watcher, self.world = Namespace(), Namespace()
        self.watcher.ip("link set lo up")
        self.world.ip("link set lo up")
        self.watcher.ip(f"link add cable type veth peer name plug netns {self.world.pid}")
        self.world.ip(f"address add {GATEWAY}/24 dev plug")
        self.world.ip(f"address add {SITE}/32 dev lo")
        self.world.ip("link set plug up")
        self.watcher.ip(f"address add {WATCHER}/24 dev cable")
        self.watcher.ip("link set cable up")
        self.watcher.ip(f"route add default via {GATEWAY}")
        with self.world.entered():
            self.site = Site(SITE)

    def cut(self):
        """The other end goes dark: our interface, address and route stay as they are."""
        self.world.ip("link set plug down")

    def mend(self):
        self.world.ip("link set plug up")

    def pull(self):
        """Our own end goes, and the route with it."""
        self.watcher.ip("link set cable down")

    def plug_in(self):
        self.watcher.ip("link set cable up")
        self.watcher.ip(f"route add default via {GATEWAY}")

    def close(self):
        self.site.close()
        self.watcher.close()
        self.world.close()
