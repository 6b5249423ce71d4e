"""Disks that fail under a running program, and are mended."""

import contextlib
import os
import resource
import shutil
import subprocess

MIB = 1024 * 1024


def mounted(directory, mebibytes):
    """True if a file system of this size could be mounted at the directory, which is made."""
    directory.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "tmpfs", str(directory)]
    return os.geteuid() == 0 and subprocess.run(["mount", *options], check=False).returncode == 0


def unmount(directory):
    subprocess.run(["umount", "-l", str(directory)], check=True)


def fill(directory):
    """Takes all the room that is left, in a file `filler`."""
    with open(directory / "filler", "ab", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"x" * 4096)
    assert shutil.disk_usage(directory).free == 0


class FullDisk:
    """A disk that is full, with no room for a reserve from the beginning on."""

    def __init__(self, directory):
        self.directory = directory
        (directory / "ballast").write_bytes(bytes(3 * MIB))

    def fail(self, running):
        fill(self.directory)

    def mend(self, running):
        (self.directory / "filler").unlink()
        (self.directory / "ballast").unlink()


class RefusingDisk:
    """A disk that can be read and no longer written: every write to a file is an error.

    Made by a limit on the size of files, since a file system that is in use cannot be made
    read-only: the errors differ in their name alone.
    """

    def __init__(self, directory):
        self.directory = directory

    def fail(self, running):
        self._limit(running, 0)

    def mend(self, running):
        self._limit(running, resource.RLIM_INFINITY)

    @staticmethod
    def _limit(running, size):
        _, hard = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (size, hard))
