"""A wall clock that a test steps, for the program under test alone."""

import datetime
import mmap
import pathlib
import struct
import subprocess
import time

SOURCE = pathlib.Path(__file__).with_name("wall_clock.c")


def build(directory):
    """The library to preload, compiled."""
    library = directory / "wall_clock.so"
    subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC",
                    "-o", library, SOURCE], check=True)
    return library


class WallClock:
    """What a program with this `environment` takes for the time: the system's, and our steps."""

    def __init__(self, library, directory):
        path = directory / "wall_clock"
        path.write_bytes(struct.pack("q", 0))
        with open(path, "r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), 8)
        self._offset = 0
        self.environment = {"LD_PRELOAD": str(library), "VIGIA_TEST_WALL_CLOCK": str(path),
                            "TZ": "UTC"}

    def step(self, seconds):
        self._offset += seconds
        self._mapped[:] = struct.pack("q", self._offset)

    def now(self):
        """As a log line has it."""
        return datetime.datetime.utcfromtimestamp(time.time() + self._offset).replace(microsecond=0)
