"""That a SQLite file, and the log of writes beside it, are still those that were opened.

SQLite does not look: what it saves in a file that was deleted or replaced meanwhile is saved nowhere. So each
connection is asked as it is lent and as it comes back. Once one is not what lies there, none is lent any more for as
long as this process lives, and all are closed: what goes on beside it, or comes after, then finds all that was saved.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from bridge.store.sql import failures

_NOWHERE: Final = (0, 0)
Place = tuple[tuple[int, int], tuple[int, int]]
"""Which file, and which log beside it, by device and number; a number is not given anew while a file is open."""


class StaysPut:
    """Watches the connections of one engine. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self._path, self._log = path, path.with_name(f"{path.name}-wal")
        self._asked = str(path), str(self._log)  # before every unit of work: a path is made a text each time
        self._open: dict[int, Place] = {}
        self._is_moved, self._lock = False, threading.Lock()

    def watch(self, engine: sa.Engine) -> None:
        """From now on."""

        def lent(driver: Any, record: sa.pool.ConnectionPoolEntry, _: object) -> None:
            if self._let_go(driver, record):
                engine.dispose()  # of those that nobody uses
                raise failures.moved(self._path)

        sa.event.listen(engine, "do_connect", self._allow)
        sa.event.listen(engine, "connect", self._opened)
        sa.event.listen(engine, "checkout", lent)
        sa.event.listen(engine, "checkin", self._let_go)
        sa.event.listen(engine, "close", self._closed)

    def _allow(self, *_: object) -> None:
        """Raises: TransientError ``store.moved``, before anything is made anew in the place of what was there."""
        with self._lock:
            here = self._here()
            self._is_moved = self._is_moved or not all(_is_same(place, here) for place in self._open.values())
            if self._is_moved:
                raise failures.moved(self._path)

    def _opened(self, driver: sqlite3.Connection, _: object) -> None:
        driver.execute("SELECT 1 FROM sqlite_schema LIMIT 1").close()  # opens the log too
        with self._lock:
            self._open[id(driver)] = self._here()

    def _closed(self, driver: sqlite3.Connection, _: object) -> None:
        with self._lock:
            self._open.pop(id(driver), None)

    def _let_go(self, driver: Any, record: sa.pool.ConnectionPoolEntry) -> bool:
        """Close one whose file or log is not what lies there any more; whether it was. None is closed already.

        What is only in a log that was deleted goes into the file first, unless somebody wrote another log since.
        """
        held, here = self._open.get(id(driver)), self._here()
        if driver is None or held is None:
            return False
        if _is_same(held, here) and not self._is_moved:
            self._open[id(driver)] = here
            return False
        self._is_moved = True
        if held[0] == here[0] and not (self._log.exists() and self._log.stat().st_size):
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        record.invalidate()
        return True

    def _here(self) -> Place:
        file, log = self._asked
        return _which(file), _which(log)


def _is_same(held: Place, here: Place) -> bool:
    """A file that nothing was written to yet has no log."""
    return held[0] == here[0] and held[1] in (here[1], _NOWHERE)


def _which(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 - of a text
    except OSError:
        return _NOWHERE
    return found.st_dev, found.st_ino
