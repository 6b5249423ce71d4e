"""A store file, read as any SQLite tool may do while vigia runs."""

import contextlib
import sqlite3

from .loop import wait_until


class StoreFile:
    """The rows of `vigia.db`; each call is a connection of its own."""

    def __init__(self, path):
        self.path = path

    def rows(self, sql, *values):
        if not self.path.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as store:
            try:
                return store.execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:  # the tables are being made
                if "no such table" in str(error) or "unable to open" in str(error):
                    return []
                raise

    def write(self, sql):
        """What no vigia of this version does; none runs meanwhile."""
        with contextlib.closing(sqlite3.connect(self.path)) as store, store:
            store.execute(sql)

    def one(self, sql, *values):
        """The first column of the first row; None without one."""
        rows = self.rows(sql, *values)
        return rows[0][0] if rows else None

    def bad_streak(self, monitor):
        return self.one("SELECT bad_streak FROM state WHERE monitor = ?", monitor) or 0

    def statuses(self, kind):
        """The deliveries of a kind: address and status."""
        return dict(self.rows("SELECT address, status FROM notification WHERE kind = ?", kind))

    def wait(self, sql, expected, timeout=10):
        """Waits until the first column of the first row is this."""
        wait_until(lambda: self.one(sql) == expected, timeout, f"{sql}: {expected}")
